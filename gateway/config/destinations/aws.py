"""What the destinations at AWS have in common: the region, the endpoint, the credentials."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gateway.config.destinations.base import DestinationSection
from gateway.config.problems import shown
from gateway.config.secret import Secret
from gateway.config.section import web_url

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
_KEY_ID = re.compile(r"[!-~]{1,128}")
_GROUP = re.compile(r"[!-~]{1,128}")


def in_text(text: str) -> str | None:
    """The region that an AWS URL's host or an ARN names."""
    return next((part for part in re.split("[.:/]", text) if _REGION.fullmatch(part)), None)


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise ValueError(f"must be a region such as eu-central-1, not {shown(text)}")
    return text


def _endpoint(text: str) -> str:
    url = web_url(text, "http://127.0.0.1:4566")
    if url.query or url.fragment:
        raise ValueError("must have no ? and no #")
    return text.rstrip("/")


def _key_id(text: str) -> str:
    if not _KEY_ID.fullmatch(text):
        raise ValueError("must be an access key id such as AKIAIOSFODNN7EXAMPLE")
    return text


def _group(text: str) -> str:
    if not _GROUP.fullmatch(text):
        raise ValueError(
            f"must be 1 to 128 letters, digits and punctuation, such as orders, not {shown(text)}"
        )
    return text


EndpointUrl = Annotated[str, AfterValidator(_endpoint)]


class AwsSection(DestinationSection):
    """A place at AWS. Without `access_key`: the default credential chain, environment to instance role."""

    extra = "aws"
    package = "aiobotocore"

    region: Annotated[str, AfterValidator(_region)] | None = None
    endpoint_url: EndpointUrl | None = None
    access_key: Annotated[str, AfterValidator(_key_id)] | None = None
    secret_key: Secret | None = Field(None, examples=['"${AWS_SECRET_ACCESS_KEY}"'])

    @model_validator(mode="after")
    def _fits_together(self) -> AwsSection:
        told = in_text(self.place)
        if self.region is None and told is None:
            raise ValueError("needs a region; write for example region: eu-central-1")
        if told not in (None, self.region, in_text(self.region or self.place)):
            raise ValueError(f"names the region {told}, but region is {self.region}; correct either")
        if self.secret_key is not None and self.access_key is None:
            raise ValueError("has a secret_key without access_key; write both, or neither")
        return self

    @property
    def place(self) -> str:
        """The URL, ARN or name of the queue, topic or bus."""
        raise NotImplementedError

    @property
    def region_name(self) -> str:
        """The region, as stated or as the place tells it."""
        return self.region or in_text(self.place) or ""

    @property
    def credentials(self) -> dict[str, str]:
        """What the client library takes as explicit credentials; none: it looks for them."""
        if self.access_key is None:
            return {}
        secret = self.secret_key.get_secret_value() if self.secret_key else None
        keys = {"aws_access_key_id": self.access_key, "aws_secret_access_key": secret}
        return {name: value for name, value in keys.items() if value is not None}

    @property
    def summary(self) -> str:
        return f"{self.type} {self.place}"

    @property
    def needed_secrets(self) -> tuple[str, ...]:
        return ("secret_key",) if self.access_key else ()

    @property
    def shown_secrets(self) -> tuple[str, ...]:
        return (self.secret_key.masked,) if self.secret_key else ()


class QueueOrTopic(AwsSection):
    """What can be FIFO: its name then ends in `.fifo`. `group` is the message group of all events."""

    group: Annotated[str, AfterValidator(_group)] | None = None

    @property
    def is_fifo(self) -> bool:
        """Whether it keeps the order within a group, and takes an id once."""
        return self.place.endswith(".fifo")

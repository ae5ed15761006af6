"""What a caller states as JSON: the bodies of the operations that act."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.api.v1.operation import Asking
from gateway.api.v1.questions import (
    LATEST,
    NAME,
    SINCE,
    SOURCE,
    SUBSCRIPTION,
    Cursor,
    Moment,
    Text,
    plain_number,
)
from gateway.operate.replaying import RATE
from gateway.store.records import Query

Ids = Annotated[list[Text], Field(min_length=1, max_length=1000)]
DRY_RUN = Field(False, description="Say what would be done, and do nothing.")
AT_ONCE = Field(1000, description="How many at most; `more` says that there are others.")
AtOnce = Annotated[int, Field(ge=1, le=10_000), BeforeValidator(plain_number)]

Rate = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(plain_number)]
RATED = Field(RATE, description="How many become due in a second.")


class ReplayIds(Asking):
    """Which events and deliveries to deliver anew."""

    ids: Ids = Field(description="Event ids, providers' ids or delivery ids; an event goes to every "
                                 "subscription that wants it now, a delivery to its own again.")  # fmt: skip
    subscription: Text | None = Field(None, description="To this subscription instead.")
    rate: Rate | None = Field(None, description="How many become due in a second; without it all at once.")
    dry_run: bool = DRY_RUN


class ReplayEvents(Asking):
    """Which events to deliver anew, by when they were received."""

    since: Moment = Field(description="Not before this time. Unix ms.")
    until: Moment | None = Field(None, description="Before this time. Unix ms.")
    source: Text | None = SOURCE
    name: Text | None = NAME
    subscription: Text | None = Field(None, description="To this subscription, whatever its patterns.")
    rate: Rate = RATED
    limit: AtOnce = Field(1000, description="How many deliveries at most; with more, none is made.")
    dry_run: bool = DRY_RUN

    def query(self) -> Query:
        """As the store asks it."""
        return Query(source=self.source, name=self.name, since=self.since)


class WhichDeliveries(Asking):
    """Deliveries by what they are of, so many at a time."""

    since: Moment | None
    subscription: Text | None = SUBSCRIPTION
    source: Text | None = SOURCE
    name: Text | None = NAME
    limit: AtOnce = AT_ONCE
    dry_run: bool = DRY_RUN

    def query(self) -> Query:
        """As the store asks it, in whatever state they are."""
        return Query(source=self.source, name=self.name, since=self.since, subscription=self.subscription)


class ReplayDead(WhichDeliveries):
    """Which dead letters to deliver anew. One that has a later delivery is left alone."""

    since: Moment | None = Field(None, description="Only those that ended since then. Unix ms.")
    until: Moment | None = Field(None, description="Only those that ended before then. Unix ms.")
    rate: Rate = RATED


class CancelIds(Asking):
    """Which deliveries to end; an event's id stands for all of its pending ones."""

    ids: Ids
    dry_run: bool = DRY_RUN


class CancelPending(WhichDeliveries):
    """Which pending deliveries to end: all that match, so with no filter all."""

    since: Moment | None = Field(None, description="Only those that were made since then. Unix ms.")

    def query(self) -> Query:
        """As the store asks it."""
        return replace(super().query(), state="pending")


class Pausing(Asking):
    """Why a subscription is held back."""

    reason: Text | None = Field(None, description="Shown wherever the pause is.")


class Release(Asking):
    """Which quarantined requests to verify again."""

    source: Text
    since: Moment | None = SINCE
    cursor: Cursor | None = Field(None, description="`next` of the answer before, to go on behind it.")
    limit: Annotated[int, Field(ge=1, le=1000), BeforeValidator(plain_number)] = Field(
        100, description="How many at most, the oldest first."
    )
    dry_run: bool = DRY_RUN


class Purge(Asking):
    """How old is what goes."""

    older_than: Annotated[int, Field(ge=0, le=LATEST), BeforeValidator(plain_number)] | None = Field(
        None,
        description="ms: events, duplicates and rejections that were received longer ago; without it what "
        "`store.retention` lets go.",
    )
    dry_run: bool = DRY_RUN


class Erase(Asking):
    """Which event goes."""

    id: Text = Field(description="The event's id, or the provider's.")
    dry_run: bool = DRY_RUN


class Backfill(Asking):
    """What to read from a provider."""

    source: Text
    since: Moment | None = Field(
        None, description="From there on; without it on from where the last one ended. Unix ms."
    )
    undelivered: bool = Field(
        False, description="Only what no endpoint at the provider has acknowledged: quick."
    )
    account: Text | None = Field(None, description="Of this connected account, not of the key's own.")
    rate: Rate | None = Field(None, description="Events a second that are taken in at most.")
    dry_run: bool = DRY_RUN


class Samples(Asking):
    """Which sample to receive, and how often."""

    type: Text | None = Field(None, description="The provider's type of event; without it one that it has.")
    id: Text | None = Field(None, description="The provider's id of the event; without it a new one.")
    copies: Annotated[int, Field(ge=1, le=100), BeforeValidator(plain_number)] = Field(
        1, description="How often the same request comes."
    )


class Connect(Asking):
    """Which endpoint there should be at the provider."""

    url: Text = Field(description="Where the provider reaches us; a host alone gets the source's path.")
    update: bool = Field(False, description="Where one with this URL is there, set its event types.")
    connected: bool = Field(False, description="For what happens in connected accounts.")
    api_version: Text | None = Field(None, description="Of its events; without it that of the account.")
    dry_run: bool = DRY_RUN


class Hand(Asking):
    """Which events to hand to a listener."""

    ids: Annotated[list[Text], Field(min_length=1, max_length=100)] = Field(
        description="Event ids or providers' ids."
    )

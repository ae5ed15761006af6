"""What an adapter declares, in words: for `gateway adapters`, and for its page in docs/providers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch

from pydantic.fields import FieldInfo

from adapters.asymmetric import AsymmetricSignature, EcdsaSignature, Ed25519Signature
from adapters.base import Adapter, Scheme
from adapters.jwt import JwtSignature
from adapters.mac import HmacSignature
from adapters.naming import event_name
from adapters.passwords import BasicAuth, SharedToken
from adapters.standard import StandardSignature
from adapters.times import DAY
from adapters.vectors import Vector

BEGIN, END = "<!-- facts -->", "<!-- /facts -->"
TRY, TRIED = "<!-- try -->", "<!-- /try -->"
"""What stands between these lines of a page is made from the adapter; the rest is written by hand."""


@dataclass(frozen=True, slots=True)
class Facts:
    """An adapter in words. `vectors` counts them, `sources` says where they come from."""

    name: str
    title: str
    docs: str
    scheme: str
    setup: str
    key: str
    tolerance: str
    retries: str
    vectors: int
    sources: tuple[str, ...]
    options: Mapping[str, str]
    sample: str
    forwarder: str | None

    @classmethod
    def of(cls, kind: type[Adapter], vectors: Sequence[Vector] = ()) -> Facts:
        """The facts of an adapter's class, which may need options that nobody has given yet."""
        return cls(
            name=kind.name,
            title=kind.title,
            docs=kind.docs,
            scheme=kind.proof or scheme_words(kind.scheme),
            setup=_setup(kind),
            key=kind.key,
            tolerance="none: no time is signed" if kind.tolerance is None else duration(kind.tolerance),
            retries=duration(kind.retry_horizon) if kind.retry_horizon else "none, or not published",
            vectors=len(vectors),
            sources=tuple(dict.fromkeys(vector.source for vector in vectors)),
            options={name: _default(field) for name, field in kind.Options.model_fields.items()},
            sample=kind.first_sample,
            forwarder=kind.forwarder,
        )


def duration(seconds: float) -> str:
    """Seconds as people say them: 300 s is 5 min, 259,200 s is 3 days."""
    for size, unit in ((DAY, "day"), (3600, "h"), (60, "min")):
        if seconds >= size and round(seconds / size, 1) == seconds / size:
            number = f"{seconds / size:g}"
            return f"{number} {unit}" + ("s" if unit == "day" and number != "1" else "")
    return duration(round(seconds / DAY, 1) * DAY) if seconds > DAY else f"{seconds:g} s"


@singledispatch
def scheme_words(scheme: Scheme | None) -> str:
    """How a scheme proves who sent a request."""
    return "stated in config.yaml" if scheme is None else type(scheme).__name__


@scheme_words.register
def _(scheme: HmacSignature) -> str:
    names = scheme.header if isinstance(scheme.header, str) else " and ".join(scheme.header)
    where = f"in the header `{names}`" if names else f"at `{scheme.place}`"
    over = f" over `{scheme.signed}`" if scheme.signed else ""
    return f"HMAC-{scheme.algorithm.upper()}, {scheme.encoding}, {where}{over}"


@scheme_words.register
def _(scheme: AsymmetricSignature) -> str:
    kind = "RSA"
    if isinstance(scheme, Ed25519Signature):
        kind = "Ed25519"
    elif isinstance(scheme, EcdsaSignature):
        kind = f"ECDSA {scheme.curve}"
    where = f"in the header `{scheme.header}`" if scheme.header else f"at `{scheme.place}`"
    return f"{kind} signature, {where}"


@scheme_words.register
def _(scheme: JwtSignature) -> str:
    body = "with the hash of the body" if scheme.body_hash_claim else "which does not cover the body"
    return f"signed token ({', '.join(scheme.algorithms)}) in the header `{scheme.header}`, {body}"


@scheme_words.register
def _(scheme: SharedToken) -> str:
    where = f"header `{scheme.header}`" if scheme.header else f"query parameter `{scheme.query}`"
    return f"shared token in the {where}; the body is not signed"


@scheme_words.register
def _(scheme: BasicAuth) -> str:
    return "Basic credentials; the body is not signed"


@scheme_words.register
def _(scheme: StandardSignature) -> str:
    return "Standard Webhooks: HMAC-SHA256 or Ed25519 over id, time and body"


def filled(page: str, facts: Facts) -> str:
    """`page` with what is made from the adapter; how to try it only where its markers are there.

    Raises ValueError where the page lacks the markers of the facts.
    """
    page = _between(page, BEGIN, END, _table(facts), facts.name)
    return _between(page, TRY, TRIED, _trial(facts), facts.name) if TRY in page else page


def _between(page: str, begin: str, end: str, text: str, name: str) -> str:
    """`page` with `text` between its lines `begin` and `end`. Raises ValueError where they are not there."""
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page of {name} lacks the lines {begin} and {end}")
    return f"{before}{begin}\n{text}\n{end}{after}"


def blank(facts: Facts) -> str:
    """A page for an adapter that has none yet."""
    by_hand = "## Set-up\n\nWhere to click, which secret, which URL.\n\n## Try it\n"
    return filled(f"# {facts.title}\n\n{BEGIN}\n{END}\n\n{by_hand}\n{TRY}\n{TRIED}\n", facts)


def index(all_facts: Iterable[Facts]) -> str:
    """The page that lists them all."""
    rows = [
        f"| [{one.title}]({one.name}.md) | `{one.name}` | {one.scheme} | {one.setup} | {one.key} "
        f"| {one.retries} | {one.vectors}: {_cell('; '.join(one.sources))} |"
        for one in sorted(all_facts, key=lambda one: one.title.lower())
    ]
    head = [
        "# Providers",
        "",
        f"The {len(rows)} adapters that come with the gateway. This page is made from them by `make docs`; a",
        "source in config.yaml names one with `adapter:`. For a provider that is not here see",
        "[adapters/README.md](../../adapters/README.md), or use `hmac`, `token`, `basic` or",
        "`standard_webhooks` with a few config keys.",
        "",
        "| provider | adapter | scheme | set-up request | dedupe key | retries for | vectors, from |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def _table(facts: Facts) -> str:
    rows = {
        "adapter": f"`{facts.name}`",
        "proof": facts.scheme,
        "signed time may be off by": facts.tolerance,
        "set-up request": facts.setup,
        "dedupe key": facts.key,
        "the provider retries for": facts.retries,
        "vectors": f"{facts.vectors}: {'; '.join(facts.sources)}" if facts.vectors else "none",
        "provider's page": f"<{facts.docs}>",
    }
    rows |= {f"key `{name}`": default for name, default in facts.options.items()}
    lines = [f"| {name} | {_cell(value)} |" for name, value in rows.items()]
    return "\n".join(["", "| | |", "|---|---|", *lines, ""])


def _trial(facts: Facts) -> str:
    """How to send a sample, and what then is to be seen."""
    event, forwarder = event_name(facts.name, facts.sample), facts.forwarder
    real = forwarder and forwarder.format(url=f"http://127.0.0.1:8080/webhooks/{facts.name}")
    forwarded = [f"Real ones come to your machine by `{real}`.", ""] if real else []
    lines = [
        "",
        "With the source in `config.yaml`, `gateway serve --dev` makes the secrets that are not set. Then,",
        "from another terminal, a sample that is signed as the provider would:",
        "",
        "```sh",
        f"gateway trigger {facts.name} {facts.sample}",
        "```",
        "",
        f"It prints the answer, a 2xx, and `gateway events --name '{facts.name}/*'` then shows",
        f"`{event}`. With what the provider sends it is the same; what was refused is in",
        "`gateway rejections`, with the reason.",
        "",
        *forwarded,
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _setup(kind: type[Adapter]) -> str:
    unsigned = kind.handshake is not Adapter.handshake
    signed = kind.challenge is not Adapter.challenge
    answered = {(True, True): "answered, signed or not", (True, False): "answered"}
    return answered.get((unsigned, signed), "answered once its signature is right" if signed else "none")


def _default(field: FieldInfo) -> str:
    said = f"{field.description}; " if field.description else ""
    if field.is_required() or field.validate_default:
        return f"{said}required"
    value = field.get_default(call_default_factory=True)
    return said + ("none by default" if value in (None, "", (), [], {}) else f"default `{value}`")

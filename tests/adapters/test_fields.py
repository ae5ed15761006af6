"""Places, composite ids, digests, words of types, batches and forms."""

import hashlib

import orjson
import pytest

from adapters.base import Headers, PayloadError, VerificationError, WebhookRequest
from adapters.batch import MAX_ITEMS, BatchAdapter, read_items
from adapters.fields import Fields
from adapters.plain import PlainAdapter, form_document
from adapters.request import MAX_FORM
from adapters.schemes import HmacSignature

NOW = 1_800_000_000


def post(body: object, **headers: str) -> WebhookRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return WebhookRequest("POST", "https://gateway.example/x", Headers.of(named), raw, NOW)


def digest(*values: object) -> str:
    return hashlib.sha256(orjson.dumps(list(values))).hexdigest()


LONG = "x" * 200
IDS = [
    # id, body, headers, what it is
    (("body.a", "body.b"), {"a": "x", "b": 7}, {}, "x:7"),
    (("body.a", "body.b", "header.X-C"), {"a": "x", "b": True}, {"X_C": "c"}, "x:true:c"),
    (("body.a", "body.b"), {"b": "y"}, {}, ":y"),  # an empty part keeps its place
    (("body.a", "body.b"), {"a": LONG, "b": LONG}, {}, hashlib.sha256(f"{LONG}:{LONG}".encode()).hexdigest()),
    ("header.X-Id|body.id", {"id": "b"}, {"X_Id": "a"}, "a"),
    ("header.X-Id|body.id", {"id": "b"}, {}, "b"),
    ("header.X-Id|body.id", {"id": "b"}, {"X_Id": ""}, "b"),
    ("header.X-Id|digest", {}, {}, hashlib.sha256(b"{}").hexdigest()),
    ("digest:body.a,header.X-B", {"a": {"n": 1}}, {"X_B": "b"}, digest({"n": 1}, "b")),
    ("digest:body.a,body.b", {"a": "ab", "b": ""}, {}, digest("ab", "")),  # not that of "a" and "b"
]  # fmt: skip


@pytest.mark.parametrize(("id", "body", "headers", "expected"), IDS)
def test_what_makes_the_id(id, body, headers, expected):
    assert Fields(id=id, type="=a.b").event(post(body, **headers)).id == expected


@pytest.mark.parametrize(
    ("id", "body"), [(("body.a", "body.b"), {}), (("body.a", "body.b"), {"a": "x", "b": []})]
)
def test_an_id_of_which_a_part_is_no_text_is_refused(id, body):
    with pytest.raises(PayloadError, match="event id"):
        Fields(id=id, type="=a.b").event(post(body))


TYPES = [
    # the facts, body, type
    ({"type": "body.t", "type_prefix": "jira:"}, {"t": "jira:issue_updated"}, "issue_updated"),
    ({"type": ("body.t", "body.u"), "words": "lower"}, {"t": "Issue", "u": "Create"}, "issue.create"),
    ({"type": "body.t", "words": "snake"}, {"t": "SpamComplaint"}, "spam_complaint"),
    ({"type": "body.t|=inbound", "words": "snake"}, {}, "inbound"),
    ({"type": ("body.t", "body.u"), "rename": {"Tag Hook": "tag"}}, {"t": "Tag Hook", "u": "new"}, "tag.new"),
    ({"type": "body.t"}, {"t": "orders/create"}, "orders/create"),  # the gateway's name has the dot
]  # fmt: skip


@pytest.mark.parametrize(("facts", "body", "type"), TYPES)
def test_the_words_of_a_type(facts, body, type):
    assert Fields(id="digest", **facts).event(post(body)).type == type


def test_a_dedupe_key_of_its_own():
    event = Fields(id="body.id", type="=a.b", key=("body.a", "body.b")).event(post({"id": 1, "a": 2, "b": 3}))
    assert (event.id, event.key) == ("1", "2:3")


def test_a_sample_is_written_where_it_is_read():
    fields = Fields(id=("body.id", "body.n"), type=("body.t", "form.u"), type_prefix="p:", time="header.T")
    draft = fields.draft("seen.twice", NOW, "e1", {"n": 5})
    assert draft.document == {"n": 5, "id": "e1", "t": "p:seen"}
    assert draft.form == {"u": "twice"} and draft.headers["T"].startswith("2027-01-15T08:00:00")


class Batch(BatchAdapter):
    name, title, docs = "batch", "Batch", "https://example.com"
    items = "body.events"
    fields = Fields(id="item.id|digest", type="item.type", time="item.at", attributes={"hook": "body.hook"})


def test_each_item_is_an_event_with_facts_of_its_envelope():
    items = [{"id": "a", "type": "x.y", "at": NOW}, {"type": "x.z"}]
    first, second = Batch().parse(post({"hook": "h", "events": items}))
    assert (first.id, first.type, first.ts, first.attributes) == ("a", "x.y", NOW * 1000, {"hook": "h"})
    assert first.payload == items[0]
    assert second.id == hashlib.sha256(b'{"type":"x.z"}').hexdigest()


def test_an_empty_batch_is_no_event_and_no_mistake():
    assert Batch().parse(post({"events": []})) == []


ITEMS = [
    # path, body, how many
    ("body", [{}, {}], 2),
    ("body.a.b", {"a": {"b": [{}]}}, 1),
    ("body.entry.*.changes", {"entry": [{"changes": [{}, {}]}, {"changes": [{}]}]}, 3),
    ("body.entry.*.changes", {"entry": []}, 0),
]


@pytest.mark.parametrize(("path", "body", "count"), ITEMS)
def test_where_the_items_are(path, body, count):
    assert len(list(read_items(body, path))) == count


NO_ITEMS = [
    ("body", {}), ("body", None), ("body", [1]), ("body", [[]]), ("body.a", []), ("body.a", {"a": {}}),
    ("body.entry.*.changes", {"entry": {}}), ("body.entry.*.changes", {"entry": [1]}), ("body.a", {}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body"), NO_ITEMS)
def test_what_holds_no_items_is_refused(path, body):
    with pytest.raises(PayloadError):
        list(read_items(body, path))


def test_a_batch_is_bounded_and_taken_whole_or_not():
    item = {"id": 1, "type": "a.b"}
    assert len(Batch().parse(post({"events": [item] * MAX_ITEMS}))) == MAX_ITEMS
    for events in ([item] * (MAX_ITEMS + 1), [item, {"id": 2}]):
        with pytest.raises(PayloadError):
            Batch().parse(post({"events": events}))


FORMS = [
    # body, fields (None: refused)
    (b"", {}),
    (b"a=1&b=&a=2", {"a": ["1", "2"], "b": [""]}),
    (b"a+b=%C3%A9%26", {"a b": ["é&"]}),
    (b"a=%ff", None),
    (b"\xff=1", None),
    (b"a=%zz", None),
    (b"a=100%", None),
    (b"a", None),
    (b"a=1&&b=2", None),
    (b"&".join(b"a=1" for _ in range(MAX_FORM)), {"a": ["1"] * MAX_FORM}),
    (b"&".join(b"a=1" for _ in range(MAX_FORM + 1)), None),
]


@pytest.mark.parametrize(("body", "fields"), FORMS)
def test_a_form_is_read_strictly(body, fields):
    if fields is None:
        with pytest.raises(PayloadError, match="not a form"):
            post(body).form  # noqa: B018 - reading it is the test
    else:
        assert post(body).form == fields


class Form(PlainAdapter):
    name, title, docs = "form", "Form", "https://example.com"
    form = True
    fields = Fields(id="body.Sid", type="body.Status")
    examples = {"call.*": {"To": "+1"}, "sent": {"Media": ["a", "b"]}}


def test_a_form_is_an_object_of_its_fields():
    [event] = Form().parse(post(b"Sid=S1&Status=sent&Media=a&Media=b"))
    assert (event.id, event.type) == ("S1", "sent")
    assert event.payload == {"Sid": "S1", "Status": "sent", "Media": ["a", "b"]}


def test_a_sample_is_made_of_the_example_of_its_type():
    assert form_document(Form().sample("call.ringing", NOW, "1")) == {
        "To": "+1",
        "Status": "call.ringing",
        "Sid": "1",
    }
    assert form_document(Form().sample("sent", NOW, "1"))["Media"] == ["a", "b"]
    assert form_document(Form().sample("other", NOW, "1")) == {"Status": "other", "Sid": "1"}


def test_json_of_any_kind():
    assert post([1]).json_list == [1] and post(b"7").document == 7
    for read in (lambda: post({}).json_list, lambda: post([]).json, lambda: post(b"").document):
        with pytest.raises(PayloadError):
            read()


CONTRADICTIONS = [
    # facts of an HmacSignature, what the message says
    ({}, "state header, or place"),
    ({"header": "A", "place": "body.s"}, "state one of the two"),
    ({"place": "body.s"}, "holds the signature itself"),
    ({"header": "A", "signed": "{timestamp}", "timestamp": "T"}, "lacks {body}"),
    ({"header": ("A", "b c")}, "'b c' is not the name"),
    ({"header": "A", "signed": "{timestamp}", "timestamp": "body.t"}, "lacks {body}"),
    ({"place": "nowhere", "signed": "{body.a}", "unsigned_body": "so"}, "no place in a request"),
]


@pytest.mark.parametrize(("facts", "message"), CONTRADICTIONS)
def test_a_signature_that_cannot_be_right_is_refused(facts, message):
    with pytest.raises(ValueError, match=message):
        HmacSignature(**facts)


def test_one_of_several_headers_is_enough_and_each_must_be_clean():
    scheme = HmacSignature(header="D-*")
    request = scheme.sign(post({}), "new", NOW)
    good = request.headers.get("D-1")
    for headers in ({"D_1": good}, {"D_1": "00", "D_2": good}, {"D_7": good}):
        assert scheme.verify(post({}, **headers), ["old", "new"], NOW, None) == 1
    for headers in ({}, {"D_101": good}, {"D_0": good}, {"D_1": good, "D_2": "é"}, {"D_1": good, "D_2": ""}):
        with pytest.raises(VerificationError):
            scheme.verify(post({}, **headers), ["new"], NOW, None)


def test_a_key_can_be_derived_and_a_prefix_left_out():
    derived = HmacSignature(header="S", derive=lambda key: hashlib.sha1(key).digest())
    prefixed = HmacSignature(header="S", secret_prefix="whsec_", secret_encoding="base64")
    assert derived.key("private") == hashlib.sha1(b"private").digest()
    assert prefixed.key("whsec_a2V5") == prefixed.key("a2V5") == b"key"
    with pytest.raises(ValueError, match="empty"):
        prefixed.check_secret("whsec_")


UNITS = [("iso", "2027-01-15T08:00:00+00:00"), ("s", 1_800_000_000), ("ms", 1_800_000_000_000)]


@pytest.mark.parametrize(("unit", "written"), UNITS)
def test_a_sample_writes_the_time_in_the_providers_unit(unit, written):
    fields = Fields(id="body.id", type="body.type", time="body.at", time_unit=unit)
    assert fields.draft("a", 1_800_000_000, "1", {}).document["at"] == written

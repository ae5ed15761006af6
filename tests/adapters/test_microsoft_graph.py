"""Microsoft Graph: names, ids and what is kept; the vectors show the clientState."""

import pytest

import adapters
from adapters.base import VerificationError
from adapters.plain import json_request

NOW = 1_800_000_000.0
Graph = adapters.load("microsoft_graph")()


def request(*items):
    return json_request("microsoft_graph", {"value": list(items)}, NOW)


def item(kind=None, **fields):
    data = {"@odata.type": kind, "@odata.etag": fields.pop("etag", None)}
    return {"subscriptionId": "s", "changeType": "created", "resource": "r", "resourceData": data, **fields}


NAMES = [
    (item("#Microsoft.Graph.Message"), "message.created"),
    (item("#microsoft.graph.chatMessage", changeType="deleted"), "chatMessage.deleted"),
    (item(None, changeType="updated"), "resource.updated"),  # OneDrive sends no type
    (item("#a b"), "resource.created"),
    ({"lifecycleEvent": "missed", "subscriptionId": "s"}, "missed"),
]


@pytest.mark.parametrize(("item", "type"), NAMES)
def test_names(item, type):
    [event] = Graph.parse(request(item))
    assert event.type == type


def test_the_id_is_graphs_own_or_what_was_changed_or_new():
    tagged, plain = item(etag="1"), item()
    events = Graph.parse(request(item(id="n1"), tagged, tagged, item(etag="2"), plain, plain))
    ids = [event.id for event in events]
    assert ids[0] == "n1"
    assert ids[1] == ids[2] != ids[3]
    assert ids[4] != ids[5], "two changes that look the same are two"


def test_the_secret_is_not_kept_in_the_event():
    [event] = Graph.parse(request(item(id="n1", clientState="a-secret")))
    assert "clientState" not in event.payload


def test_many_wrong_states_are_refused_without_trying_each():
    with pytest.raises(VerificationError, match="clientState"):
        Graph.verify(request(*(item(clientState=str(n)) for n in range(9000))), ["a-secret"], NOW)


def test_a_client_state_has_128_characters_at_most():
    Graph.check_secret("x" * 128)
    with pytest.raises(ValueError, match="128"):
        Graph.check_secret("x" * 129)

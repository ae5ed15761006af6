"""Deepgram's answers, told apart by what they hold, and the two places of its secret."""

import orjson
import pytest

import adapters
from adapters.base import VerificationError

DEEPGRAM = adapters.load("deepgram")()
META = {"request_id": "req-1", "created": "2027-01-15T08:00:00Z"}
KEY_ID = "0f5b1d9e-3c0a-4d5f-8a57-0c1b6a3f2e10"


def post(document: object):
    return DEEPGRAM.sample("transcription.completed", 0, "x").with_body(orjson.dumps(document))


ANSWERS = [
    # body, type, id; None: the digest
    ({"metadata": META, "results": {"channels": []}}, "transcription.completed", "req-1"),
    ({"metadata": META, "results": {"summary": {"text": "short"}}}, "analysis.completed", "req-1"),
    ({"err_code": "X", "err_msg": "y", "request_id": "req-1"}, "request.failed", "req-1"),
    ({"err_code": "X", "err_msg": "y"}, "request.failed", None),
    # a live stream sends many under one request_id
    ({"type": "Results", "metadata": META, "start": 0.0}, "results", None),
    ({"type": "UtteranceEnd", "last_word_end": 2.1}, "utterance_end", None),
]


@pytest.mark.parametrize(("document", "type", "id"), ANSWERS)
def test_what_an_answer_is(document, type, id):
    [event] = DEEPGRAM.parse(post(document))
    assert event.type == type
    assert event.id == id if id else len(event.id) == 64


@pytest.mark.parametrize("secret", ["user:pass:word", KEY_ID])
def test_a_secret_with_a_colon_is_credentials_and_one_without_the_older_token(secret):
    request = DEEPGRAM.sign(post({"metadata": META}), secret, 0)
    assert DEEPGRAM.verify(request, ["user:other", secret, "x"], 0) == 1
    assert (request.headers.get("dg-token") == secret) == (":" not in secret)
    with pytest.raises(VerificationError):
        DEEPGRAM.verify(request, [secret + "1"], 0)


def test_neither_header_is_kept():
    assert DEEPGRAM.secret_headers() == {"authorization", "dg-token"}

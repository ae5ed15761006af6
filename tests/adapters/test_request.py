"""The request as adapters see it."""

import pytest

from adapters.base import MAX_HEADER, Headers, PayloadError, VerificationError, WebhookRequest


def request(body: bytes = b"{}", *headers: tuple[bytes, bytes]) -> WebhookRequest:
    return WebhookRequest("POST", "https://gateway.example/webhooks/x", Headers(headers), body, 0)


PROOFS = [
    # the values of the header, what the message says (None: accepted)
    ([b"v1=ab"], None),
    ([b"a" * MAX_HEADER], None),
    ([], "is missing"),
    ([b"a", b"a"], "came 2 times"),
    ([b""], "has 0 bytes"),
    ([b"a" * (MAX_HEADER + 1)], "has 8193 bytes"),
    ([b"caf\xc3\xa9"], "not printable ASCII"),
    ([b"a\tb"], "not printable ASCII"),
    ([b"a\x7f"], "not printable ASCII"),
]


@pytest.mark.parametrize(("values", "message"), PROOFS)
def test_a_header_that_proves_something(values, message):
    headers = Headers([(b"other", b"x"), *((b"x-proof", value) for value in values)])
    if message is None:
        assert headers.proof("X-Proof") == values[0].decode()
        return
    with pytest.raises(VerificationError, match=message):
        headers.proof("X-Proof")


def test_headers_are_found_in_any_case_and_all_of_them():
    headers = request(b"", (b"x-a", b"1"), (b"x-a", b"\xe9")).headers
    assert headers.all("X-A") == [b"1", b"\xe9"]
    assert headers.get("x-a") == "1"
    assert headers.get("x-b") is None
    assert list(headers) == [("x-a", "1"), ("x-a", "\xe9")]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"a"', b"null", b"\xff", b'{"a":NaN}', b"[" * 5000])
def test_a_body_that_is_no_json_object(body):
    with pytest.raises(PayloadError, match="the body is"):
        _ = request(body).json


def test_copies_leave_the_first_as_it_was():
    first = request(b"{}", (b"x-a", b"1"))
    second = first.with_headers({"X-B": "2"}).with_url("https://other.example")
    assert list(second.headers) == [("x-a", "1"), ("x-b", "2")]
    assert (second.url, len(first.headers.raw)) == ("https://other.example", 1)

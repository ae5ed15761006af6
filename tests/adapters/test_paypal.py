"""What PayPal's proof covers, and whose certificate counts; genuine requests are in the vectors."""

import zlib
from dataclasses import replace

import pytest
from pydantic import ValidationError

import adapters
from adapters.base import NeedsKey

NOW = 1_800_000_000
PAYPAL = adapters.load("paypal")
ADAPTER = PAYPAL({"webhook_id": "WH-1"})
KEY = ADAPTER.generate_secret()


def signed(adapter=ADAPTER):
    return adapter.sign(adapter.sample("payment.capture.completed", NOW, "WH-EVENT-1"), KEY, NOW)


@pytest.mark.parametrize("options", [{}, {"webhook_id": ""}, {"webhookid": "WH-1"}])
def test_a_source_without_the_webhooks_id_is_refused(options):
    with pytest.raises(ValidationError, match="webhook"):
        PAYPAL(options)


def test_the_certificate_is_asked_for_once_and_by_its_url():
    request = signed()
    [url] = request.keys
    with pytest.raises(NeedsKey) as question:
        ADAPTER.verify(replace(request, keys={}), [], NOW)
    assert question.value.url == url
    assert ADAPTER.verify(request, [], NOW) == 0


def test_a_sample_is_in_capitals_and_its_name_is_not():
    request = signed()
    [event] = ADAPTER.parse(request)
    assert request.json["event_type"] == "PAYMENT.CAPTURE.COMPLETED"
    assert (event.type, event.attributes["environment"]) == ("payment.capture.completed", "sandbox")


def test_a_body_with_the_same_crc_is_not_told_apart():
    """Why the documentation says to fetch what matters: PayPal signs a checksum, not a hash."""
    request = signed()
    forged = b'{"id":"forged"}' + b"\0" * 4
    wanted = zlib.crc32(request.body)
    tail = _tail(forged[:-4], wanted)
    assert ADAPTER.verify(request.with_body(forged[:-4] + tail), [], NOW) == 0


def _tail(start: bytes, wanted: int) -> bytes:
    """The four bytes after `start` that make its CRC-32 `wanted`; CRC is linear: they can be solved for."""
    base = zlib.crc32(start + bytes(4))
    effect = [zlib.crc32(start + (1 << bit).to_bytes(4, "little")) ^ base for bit in range(32)]
    basis: dict[int, tuple[int, int]] = {}
    for bit, value in enumerate(effect):
        mask = 1 << bit
        while value and (top := value.bit_length()) in basis:
            value, mask = value ^ basis[top][0], mask ^ basis[top][1]
        if value:
            basis[value.bit_length()] = (value, mask)
    rest, found = wanted ^ base, 0
    while rest:
        value, mask = basis[rest.bit_length()]
        rest, found = rest ^ value, found ^ mask
    return found.to_bytes(4, "little")

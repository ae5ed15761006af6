"""The word that stands for a secret which is not known yet."""

import pytest

from adapters.base import Headers, VerificationError, WebhookRequest
from adapters.schemes import HmacSignature
from adapters.setup import SETUP, SetupSignature, in_setup

REQUEST = WebhookRequest("POST", "https://gateway.example/", Headers([]), b"{}", 0)
SIGNATURE = SetupSignature(header="X-Signature")


@pytest.mark.parametrize(
    ("secrets", "open"),
    [
        ([], True),
        ([SETUP], True),
        (["a", SETUP], True),
        (["a"], False),
        (["Setup"], False),
        (["setup "], False),
    ],
)
def test_set_up_is_open_while_the_word_is_there(secrets, open):
    assert in_setup(secrets) == open


def test_the_word_is_taken_as_a_secret_and_proves_nothing():
    SIGNATURE.check_secret(SETUP)
    forged = HmacSignature(header="X-Signature").sign(REQUEST, SETUP, 0)
    with pytest.raises(VerificationError, match="secret 1 is unusable"):
        SIGNATURE.verify(forged, [SETUP], 0, None)
    with pytest.raises(ValueError, match="proves nothing"):
        SIGNATURE.sign(REQUEST, SETUP, 0)


def test_other_secrets_beside_the_word_go_on_proving():
    assert SIGNATURE.verify(SIGNATURE.sign(REQUEST, "real", 0), [SETUP, "real"], 0, None) == 1
    with pytest.raises(ValueError, match="empty"):
        SIGNATURE.check_secret("")

"""The word that stands for a secret which is not known yet."""

import pytest

from adapters.base import Headers, VerificationError, WebhookRequest
from adapters.schemes import HmacSignature
from adapters.setup import SETUP, SetupSignature, in_setup

REQUEST = WebhookRequest("POST", "https://gateway.example/", Headers([]), b"{}", 0)
SIGNATURE = SetupSignature(header="X-Signature")


SECRETS = [
    # secrets, whether a request that tells the secret `told` is answered
    ([], True),
    ([SETUP], True),
    (["a", SETUP], True),
    (["a"], False),
    (["a", "told"], True),
    (["Setup"], False),
    (["setup "], False),
    (["\udc80"], False),
]


@pytest.mark.parametrize(("secrets", "answered"), SECRETS)
def test_set_up_is_open_while_the_word_is_there_and_for_a_secret_that_is_known(secrets, answered):
    assert in_setup(secrets, "told") == answered


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

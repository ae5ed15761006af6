"""Makes the vectors of the adapters of clouds, identity, storage and messaging providers.

    PYTHONPATH=FOLDER NPM_FOLDER=OTHER python tests/vectors/making/cloud.py

FOLDER needs (PyPI): workos==10.8.0 boxsdk==10.18.0 telnyx==4.189.0 pynacl google-auth==2.63.0 stripe==16.1.0
OTHER (npm): sns-validator@0.3.5 whatsapp-api-js@6.3.0 webflow-api@3.3.4

Box's library signs by itself; the rest is signed by the openssl command and must be accepted by the
provider's own library, where it has one, before it is written down. Keys are new at each run.
"""

import cloud_aws
import cloud_keys
import cloud_macs
import cloud_storage
import cloud_tokens

PROVIDERS = (
    cloud_aws.aws_sns,
    cloud_aws.stripe_envelopes,
    cloud_tokens.aws_eventbridge,
    cloud_tokens.datadog,
    cloud_tokens.telegram,
    cloud_tokens.okta,
    cloud_tokens.auth0,
    cloud_tokens.microsoft_graph,
    cloud_macs.meta,
    cloud_macs.workos,
    cloud_storage.dropbox,
    cloud_storage.box,
    cloud_macs.segment,
    cloud_macs.customerio,
    cloud_macs.circleci,
    cloud_macs.webflow,
    cloud_storage.airtable,
    cloud_keys.telnyx,
    cloud_keys.google_pubsub,
    cloud_keys.monday,
)

if __name__ == "__main__":
    for provider in PROVIDERS:
        provider()

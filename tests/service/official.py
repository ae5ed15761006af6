"""Sends what the first argument says with the official package; prints the ids, or what it raised."""

import json
import os
import sys

import inngest

client = inngest.Inngest(
    app_id="shop",
    event_key=os.environ["EVENT_KEY"],
    event_api_base_url=os.environ["GATEWAY_URL"],
    is_production=True,
)
try:
    print(json.dumps({"ids": client.send_sync([inngest.Event(**each) for each in json.loads(sys.argv[1])])}))
except Exception as error:
    print(json.dumps({"error": str(error)}))

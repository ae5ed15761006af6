"""A handler as one writes it for Stripe, which knows nothing of a gateway; docs/recipes.md delivers to it.

STRIPE_WEBHOOK_SECRET=whsec_… python examples/stripe_handler.py    listens on 127.0.0.1:9001
"""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer

import stripe


class Webhook(BaseHTTPRequestHandler):
    """What Stripe sends, verified by Stripe's library."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = stripe.Webhook.construct_event(body, self.headers["stripe-signature"] or "", SECRET)
        except (ValueError, stripe.SignatureVerificationError):
            return self.answer(400)
        print(event["type"], event["id"], flush=True)  # the work
        self.answer(200)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing but the work."""


if __name__ == "__main__":
    SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]
    server = HTTPServer(("127.0.0.1", 9001), Webhook)
    print("waiting for Stripe on port 9001", flush=True)
    server.serve_forever()

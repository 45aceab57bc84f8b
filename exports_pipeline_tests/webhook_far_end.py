"""A server on loopback that takes Standard Webhooks as their specification says, with the reference verifier."""

import json

from standardwebhooks import Webhook, WebhookVerificationError

from exports_pipeline_tests.http_far_end import MoodyHandler, served

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class WebhookHandler(MoodyHandler):
    """Verifies by `server.secret` where there is one; `server.answer` is the status, body and headers it says then."""

    def answer_to(self, body):
        if self.server.secret is None:
            return self.server.answer
        headers = dict(self.headers)
        try:
            Webhook(self.server.secret).verify(body, {name.lower(): value for name, value in headers.items()})
        except WebhookVerificationError:
            return 401, b""
        self.server.taken.append((self.path, headers, json.loads(body)))
        return self.server.answer


def served_webhooks(*, tls=None):
    """The server; `taken` are path, headers and body of every message that was verified."""
    return served(WebhookHandler, tls=tls, secret=SECRET, taken=[], answer=(200, b"thanks"))

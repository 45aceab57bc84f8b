"""Amazon SES on loopback: moto behind a server that knows its one access key, and is in a mood."""

import json

from moto.moto_server.werkzeug_app import create_backend_app
from moto.ses.models import ses_backends
from werkzeug.test import Client

from exports_pipeline_tests.http_far_end import MoodyHandler, served

REGION, ACCOUNT = "eu-central-1", "123456789012"
ACCESS_KEY, SECRET_KEY = "AKIASESSESSESSES", "a secret/of+SES"
_STRANGER = {"__type": "UnrecognizedClientException", "message": "The security token is invalid."}


class Ses(MoodyHandler):
    """Hands requests on to moto, but for the account, which moto does not know.

    The server's `answer` comes first, where there is one; `asked` counts its requests.
    """

    refusal = b'{"__type": "MessageRejected", "message": "Email address is not verified."}'

    def answer_to(self, body):
        self.server.asked += 1
        if f"Credential={ACCESS_KEY}/" not in self.headers["Authorization"]:
            return 403, json.dumps(_STRANGER).encode()
        if self.server.answer is not None:
            status, code = self.server.answer
            return status, json.dumps({"__type": code, "message": f"{code} it is."}).encode()
        if self.path == "/v2/email/account":
            return 200, json.dumps({"SendingEnabled": self.server.sending}).encode()
        answer = self.server.moto.open(self.path, method=self.command, data=body, headers=dict(self.headers))
        return answer.status_code, answer.get_data()


def served_ses():
    """The server; what it took is in `sent_mails`."""
    return served(Ses, moto=Client(create_backend_app("sesv2")), answer=None, sending=True, asked=0)


def backend():
    """What moto keeps of SES."""
    return ses_backends[ACCOUNT][REGION]


def sent_mails():
    """What SES sent, in order."""
    return list(backend().sent_messages)

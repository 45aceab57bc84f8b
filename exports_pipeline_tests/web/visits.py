"""Visits of the pages without a browser: somebody signs in, follows addresses and sends forms."""

import re
from contextlib import contextmanager

import httpx

from exports_pipeline_tests.api_client import token_of


class Visit:
    """A client with a session; forms carry its secret."""

    def __init__(self, client):
        self.client, self.get, self.csrf = client, client.get, ""

    def send(self, path, **fields):
        """Send a form; a list is a field of several values."""
        return self.client.post(path, data={"csrf": self.csrf, **fields})

    def begin(self, token):
        """Sign in; whether one was let in."""
        answer = self.client.post("/sign-in", data={"token": token})
        if answer.status_code == 303:
            self.csrf = re.search('name="csrf" value="([^"]+)"', self.get("/datasets").text)[1]
        return bool(self.csrf)


@contextmanager
def signed_in_as(url, user="ann", *permissions, **claims):
    """A visit of a user with these permissions."""
    with signed_in_with(url, token_of(user, *permissions, **claims)) as visit:
        yield visit


@contextmanager
def signed_in_with(url, token, *, is_let_in=True):
    """A visit of whoever a token or key names."""
    with httpx.Client(base_url=url, timeout=60) as client:
        visit = Visit(client)
        assert visit.begin(token) is is_let_in
        yield visit

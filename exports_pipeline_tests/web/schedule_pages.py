"""A person at the pages of schedules without scripts, and schedules for them to find there."""

import re
from dataclasses import replace
from html import unescape

import httpx

from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.usecases.enqueue_recurring import enqueue_recurring
from exports_pipeline.usecases.keep_schedules import create_schedule
from exports_pipeline_tests.api_client import token_of
from exports_pipeline_tests.builders import a_schedule, requester

HOSTILE = "<script>alert(1)</script> \N{RIGHT-TO-LEFT OVERRIDE}olleh \N{PILE OF POO}" + "x" * 150


class Person:
    """Somebody who is signed in, with a client that keeps cookies."""

    def __init__(self, url, name="ann", *permissions, accept="en-GB", zone="Europe/Prague", **claims):
        cookies, headers = {"exports_zone": zone}, {"Accept-Language": accept}
        self.client = httpx.Client(base_url=url, cookies=cookies, headers=headers, timeout=60)
        self.client.post("/sign-in", data={"token": token_of(name, *permissions, **claims)})
        self.csrf = re.search('name="csrf" value="([^"]+)"', self.get("/datasets").text)[1]

    def get(self, path):
        return self.client.get(path)

    def post(self, path, **fields):
        return self.client.post(path, data={"csrf": self.csrf, **fields})


def words_of(answer):
    """The text of a page, as somebody reads it."""
    return " ".join(unescape(re.sub("<[^>]+>", " ", answer.text)).split())


def scheduled(ports, user="ann", **changes):
    """A schedule of a user, who gets a message by Telegram each time."""
    recipients = (Recipient(channel=Channel.TELEGRAM, address="42"),)
    new = replace(a_schedule(user), **{"recipients": recipients, **changes})
    return create_schedule(new, requester(user), ports=ports)


def ticked(ports, *, hours):
    """Let time pass, and the schedules have their turn."""
    ports.clock.advance(3600 * hours)
    return enqueue_recurring(ports)

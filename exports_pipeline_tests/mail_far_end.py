"""A mail server on loopback: aiosmtpd, in a mood."""

import asyncio
from contextlib import contextmanager
from threading import Thread

from aiosmtpd.smtp import SMTP, AuthResult

from exports_pipeline_tests.contracts.sender_contract import Mood

USER, PASSWORD = "exports", "p@ss:w/rd %?"


class Mailbox:
    """What the server does with mail; `mails` are pairs of envelope and bytes."""

    def __init__(self):
        self.mails = []
        self.mood = Mood.OPEN
        self.taken_back = 0
        """How many mails were begun and then taken back."""
        self.answers = {}
        """Answers to RCPT TO by mailbox, other than 250."""
        self.final = "250 2.0.0 queued as 17"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - named by aiosmtpd
        answer = self.answers.get(address, "250 2.1.5 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_RSET(self, server, session, envelope):  # noqa: N802 - named by aiosmtpd
        self.taken_back += 1
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - named by aiosmtpd
        if self.mood is Mood.HANGS:
            await asyncio.sleep(60)
        if self.mood is Mood.CUTS_OFF:
            server.transport.abort()
        elif self.mood is Mood.OPEN:
            self.mails.append(envelope)
        return {Mood.REFUSES: "554 5.7.1 looks like spam", Mood.FAILS: "451 4.3.0 later"}.get(self.mood, self.final)


def knows(_server, _session, _envelope, _mechanism, login):
    """Whether a login is right."""
    return AuthResult(success=(login.login, login.password) == (USER.encode(), PASSWORD.encode()), handled=False)


@contextmanager
def served_mail(*, starttls=None, tls=None, **options):
    """A mail server's port and its `Mailbox`; logins are known, and demanded, where it has STARTTLS."""
    mailbox, loop = Mailbox(), asyncio.new_event_loop()
    facts = {
        "tls_context": starttls,
        "require_starttls": starttls is not None,
        "authenticator": knows,
        "auth_required": starttls is not None,
        "enable_SMTPUTF8": True,
        **options,
    }
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(mailbox, loop=loop, hostname="mx.test", **facts), "127.0.0.1", 0, ssl=tls)
    )
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1], mailbox
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _closed(server):
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)

"""Deliveries to whatever Apprise can reach over HTTPS."""

import logging
import re
from collections.abc import Iterator

import apprise
from apprise.common import PersistentStoreMode

from exports_pipeline.adapters.senders.apprise_services import is_self_hosted, read_service
from exports_pipeline.adapters.senders.given import secret
from exports_pipeline.adapters.target_guard import TargetGuard
from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable
from exports_pipeline.core.message import Message, Target

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]+\]")
_STATUS = re.compile(r"error=(\d{3})")
_LATER = frozenset({408, 409, 425, 429})
_TRIAL = "This is a trial of a destination for exports. Nothing needs to be done."


class AppriseSender:
    """`Sender` for the secret `url` of a target, as Apprise spells it.

    Apprise asks DNS a second time after the guard: that whoever answers is who was meant, their certificate says. So
    servers without TLS are for `allow_plain` only, which is for closed networks.
    """

    def __init__(self, guard: TargetGuard, *, allow_plain: bool = False, timeout_s: float = 10.0) -> None:
        self._guard = guard
        self._allow_plain = allow_plain
        self._timeout_s = timeout_s
        for name in ("apprise", "urllib3"):  # below WARNING they log URLs, which hold tokens
            logging.getLogger(name).setLevel(logging.WARNING)
        log = logging.getLogger("apprise")
        log.propagate = False  # what went wrong is read from its results; as a log it may hold addresses
        log.handlers = [logging.NullHandler()]

    def send(self, target: Target, message: Message) -> str:
        """Send a message as title and text, and return the name of the service that took it.

        Raises:
            TargetForbidden: the host is one that only we can reach.
            DeliveryRefused: the URL is not one that may be used here, or the service refuses it.
            DeliveryUnavailable: the service does not answer, or not now.
        """
        return self._notify(self._service(target), message.subject, message.text)

    def trial(self, target: Target) -> Iterator[str]:
        """Send a message that says what it is: no service can be tried otherwise."""
        yield "resolve"
        service = self._service(target)
        yield "write"
        self._notify(service, "Trial", _TRIAL)

    def _service(self, target: Target) -> apprise.NotifyBase:
        url = secret(target, "url")
        service = read_service(url, self._asset())
        if is_self_hosted(url, service):
            if not service.secure and not self._allow_plain:
                raise DeliveryRefused("Servers of your own are reached over TLS only; write the scheme with an s.")
            self._guard.resolve(_host_of(service), service.port or (443 if service.secure else 80))
        service.socket_connect_timeout = service.socket_read_timeout = self._timeout_s
        return service

    def _asset(self) -> apprise.AppriseAsset:
        return apprise.AppriseAsset(
            app_id="Exports",
            app_desc="Exports",
            async_mode=False,
            http_redirects=False,
            interpret_escapes=False,
            interpret_emojis=False,
            storage_mode=PersistentStoreMode.MEMORY,
            service_timeout=3 * self._timeout_s,
        )

    def _notify(self, service: apprise.NotifyBase, subject: str, text: str) -> str:
        title = "".join(each if each.isprintable() else " " for each in subject)
        with apprise.Apprise(service, asset=service.asset).notify(body=text, title=title) as result:
            if result:
                return str(service.service_name)
            found = [int(each) for entry in result.logs() for each in _STATUS.findall(entry.message)]
        if found and 400 <= found[-1] < 500 and found[-1] not in _LATER:
            raise DeliveryRefused(f"{service.service_name} answers {found[-1]}; check the URL and its token.")
        said = f"answers {found[-1]}" if found else "does not answer"
        raise DeliveryUnavailable(f"{service.service_name} {said}.")


def _host_of(service: apprise.NotifyBase) -> str:
    host = str(service.host)
    if not _HOST.fullmatch(host):
        raise DeliveryRefused("The host of this URL is not spelled as one.")
    return host

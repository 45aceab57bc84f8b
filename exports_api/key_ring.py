"""Who asks, when it is a program that sends an API key, or acts for somebody."""

import hmac
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

from exports_api.remembered import Remembered
from exports_pipeline.adapters.nudge import Nudge
from exports_pipeline.core.api_key import ApiKey, acting_for, key_digest, known_prefix, may_act_for
from exports_pipeline.core.catalog import user_id
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.core.refusals import InvalidToken, NotAllowed
from exports_pipeline.core.requester import Requester

FRESH_S = 5.0
"""For so long another process takes a key that was revoked meanwhile."""
_NOTED_EVERY = timedelta(minutes=1)
_MAX_NAME_LENGTH = 500
_UNKNOWN = "There is no such API key here."


class KeyRing:
    """Checks API keys, and for whom service accounts act.

    Keys and users are remembered for a few seconds; the process that revokes a key forgets it at once. When a key was
    last used is noted in the background.
    """

    def __init__(
        self,
        ports: ExportPorts,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        note_soon: Callable[[], None] | None = None,
    ) -> None:
        self._ports = ports
        self._keys = Remembered(ports.keys.find, fresh_s=FRESH_S, monotonic=monotonic)
        self._users = Remembered(ports.users.requester, fresh_s=FRESH_S, monotonic=monotonic)
        self._note_soon = note_soon or Nudge(self.note_uses, name="key_uses")
        self._uses: dict[UUID, datetime] = {}
        self._used_at: dict[UUID, datetime] = {}
        self._lock = Lock()

    async def requester(self, text: str) -> tuple[Requester, tuple[str, ...]]:
        """Whose key it is, with the rights it carries now, and for whom it may act.

        Raises:
            InvalidToken: it is mistyped, none of ours, revoked or expired, or its user may no longer come in.
            LedgerUnavailable: nobody can tell at this moment.
        """
        found = await self._found(text)
        return await self._requester(found), found.act_for

    async def begin(self, text: str) -> ApiKey:
        """The key that a session of the pages begins with, which `visitor` knows by its prefix from then on.

        Raises:
            InvalidToken, LedgerUnavailable: as `requester`.
        """
        found = await self._found(text)
        await self._requester(found)
        return found

    async def visitor(self, prefix: str) -> Requester:
        """Who goes on with a session that a key began; a key that is revoked ends it.

        Raises:
            InvalidToken, LedgerUnavailable: as `requester`.
        """
        found = await self._keys.get(prefix)
        if found is None:
            raise InvalidToken(_UNKNOWN)
        return await self._requester(found[0])

    async def _found(self, text: str) -> ApiKey:
        prefix = known_prefix(text)
        if prefix is None:
            raise InvalidToken("The API key is mistyped or cut off; copy all of it.")
        found = await self._keys.get(prefix)
        if found is None or not hmac.compare_digest(found[1], key_digest(text)):
            raise InvalidToken(_UNKNOWN)
        return found[0]

    async def _requester(self, key: ApiKey) -> Requester:
        now = self._ports.clock()
        if not key.is_valid(now):
            what = "was revoked" if key.revoked_at else "has expired"
            raise InvalidToken(f"The API key {what}; make a new one.")
        user = await self._users.get(key.user_id)
        if user is None:
            raise InvalidToken("The user of this API key was deactivated.")
        if user.owner_key != key.owner_key and not key.is_of_service:
            raise InvalidToken("The user of this API key owns other rows now; make a new key.")
        self._note(key.id, now)
        return key.requester(user)

    async def person(self, headers: Sequence[str], account: Requester, act_for: Iterable[str]) -> Requester:
        """The person for whom an account asks, by id or name, with the rights that both have.

        Raises:
            NotAllowed: the account may not act for them, or nobody knows them; or there are several headers.
        """
        name = headers[0].strip()
        if len(headers) > 1 or not 0 < len(name) <= _MAX_NAME_LENGTH:
            raise NotAllowed("The header X-Act-For names one user, by id or name.")
        person = await self._users.get(user_id(name)) if act_for else None
        if person is None or not may_act_for(person, act_for):
            raise NotAllowed("You may not act for this user.")
        return acting_for(person, account)

    def revoked(self, prefix: str) -> None:
        """Take a key that was revoked no more."""
        self._keys.forget(prefix)

    def note_uses(self) -> None:
        """Write when keys were last used."""
        with self._lock:
            uses, self._uses = self._uses, {}
        self._ports.keys.used(uses)

    def _note(self, key_id: UUID, now: datetime) -> None:
        last = self._used_at.get(key_id)
        if last is None or now - last >= _NOTED_EVERY:
            self._used_at[key_id] = now
            with self._lock:
                self._uses[key_id] = now
            self._note_soon()

"""The address of a widget: what it shows and in whose name, sealed, since no cookie comes along from another site."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from exports_pipeline.core.refusals import NotAllowed
from exports_pipeline.core.requester import Permission

WIDGET = "/insights/widget"
_AUDIENCE = "exports-widget"
_KEPT = ("sub", "owner", "permissions", "roles")
_COUNTING = (Permission.VIEW_INSIGHTS_ALL, Permission.MANAGE_EXPORTS)
"""The permissions on which it depends whose exports are counted; no other goes along."""


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """What the address of a widget says."""

    claims: Mapping[str, Any]
    """Of whoever made it, as `requester_of` reads them; what they may do is looked up at each opening."""
    fields: Mapping[str, str]
    """Those of the insights' address."""
    zone: str


class WidgetSeals:
    """Seals and opens the addresses of widgets; nothing of them is kept on the server.

    Such an address shows figures and nothing else: it is no session, and names no export.
    """

    def __init__(self, secret: str, *, origins: Sequence[str]) -> None:
        self._key = hashlib.sha256(b"exports widgets\x00" + secret.encode()).digest()
        self.origins = tuple(origins)
        """The sites that may show a widget."""

    def seal(self, claims: Mapping[str, Any], fields: Mapping[str, str], *, zone: str, expires_at: int) -> str:
        """The path of a widget that is good until then, in Unix seconds."""
        told = {name: claims[name] for name in _KEPT if claims.get(name) is not None}
        if "permissions" in told:
            told["permissions"] = [each for each in told["permissions"] if each in _COUNTING]
        told |= {"fields": dict(fields), "zone": zone, "aud": _AUDIENCE, "exp": expires_at}
        return f"{WIDGET}?seal={jwt.encode(told, self._key, algorithm='HS256')}"

    def open(self, seal: str) -> Sealed:
        """What was sealed.

        Raises:
            NotAllowed: it is none of ours, or too old.
        """
        try:
            claims = jwt.decode(seal, self._key, algorithms=["HS256"], audience=_AUDIENCE)
        except jwt.ExpiredSignatureError as error:
            raise NotAllowed(
                "The address of this widget is too old; make a new one on the page of the insights."
            ) from error
        except jwt.PyJWTError as error:
            raise NotAllowed("The address of this widget is not complete; copy it again.") from error
        return Sealed(claims=claims, fields=claims["fields"], zone=claims["zone"])

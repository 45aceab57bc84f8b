"""What a bearer token must say besides its signature: issuer, audience, times."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt

from exports_pipeline.core.refusals import InvalidToken
from exports_pipeline.settings import Settings

EXPIRED = "The bearer token has expired; ask for a new one."
_TIMES = ("exp", "nbf", "iat")
_END_OF_TIME = 253_402_300_799
"""The last second of the year 9999: whoever writes a later one means no time."""


@dataclass(frozen=True, kw_only=True)
class TokenRules:
    """What a deployment asks of tokens."""

    issuer: str | None = None
    """What `iss` must be; None: nobody asks."""
    audience: frozenset[str] = frozenset()
    """One of these must be in `aud`; empty: nobody asks."""
    leeway: timedelta = timedelta(seconds=30)
    """How far the clocks of issuer and service may be apart."""

    @classmethod
    def of(cls, settings: Settings) -> "TokenRules":
        """The rules of a deployment."""
        return cls(
            issuer=settings.jwt_issuer,
            audience=frozenset(settings.jwt_audiences),
            leeway=timedelta(seconds=settings.jwt_leeway_s),
        )

    def claims(self, token: str, key: Any, *, algorithms: list[str]) -> dict[str, Any]:
        """The claims of a token that this key signed with one of these algorithms, and that is meant for us now.

        Raises:
            InvalidToken: it did not, or it is for others, has expired, or is not yet valid.
        """
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=algorithms,
                leeway=self.leeway,
                issuer=self.issuer,
                audience=sorted(self.audience) or None,
                options={
                    "require": ["exp", "sub"],
                    "verify_aud": bool(self.audience),
                    "verify_iss": self.issuer is not None,
                },
            )
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken(EXPIRED) from error
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError) as error:
            raise InvalidToken("The bearer token was not signed by us.") from error
        except (jwt.InvalidIssuerError, jwt.InvalidAudienceError) as error:
            raise InvalidToken("The bearer token is by another issuer, or for another service.") from error
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise InvalidToken("The token is not whole, lacks something, or is not valid yet.") from error
        _check_times(claims)
        return claims


def _check_times(claims: dict[str, Any]) -> None:
    """Refuse times that are no numbers (RFC 7519, 2): the library reads texts and truths as well."""
    for name in _TIMES:
        value = claims.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidToken(f"The claim {name} is no number.")
        if not math.isfinite(value) or value > _END_OF_TIME:
            raise InvalidToken(f"The claim {name} is no time.")

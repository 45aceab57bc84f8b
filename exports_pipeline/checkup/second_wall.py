"""The second wall: does Postgres keep the API from rows of others, or can it do whatever it likes?"""

from collections.abc import Iterator

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from exports_pipeline.checkup.finding import Finding, broken, fine, skipped, warning
from exports_pipeline.settings import Settings

_PART = "second wall"
_TIMEOUT_S = 3
_ROLE = """
    SELECT current_user::text, rolsuper, rolbypassrls, EXISTS (
        SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND pg_has_role(current_user, relowner, 'usage'))
    FROM pg_roles WHERE rolname = current_user"""


def check_wall(settings: Settings) -> Iterator[Finding]:
    """Log in as the API does, and ask what that role may."""
    secret = settings.api_database_url or settings.database_url
    if secret is None:
        yield skipped(_PART, "EXPORTS_API_DATABASE_URL is not set.")
        return
    try:
        url = make_url(secret.get_secret_value()).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False), connect_timeout=_TIMEOUT_S) as connection:
            row = connection.execute(_ROLE).fetchone()
    except ArgumentError:
        yield broken(_PART, "EXPORTS_API_DATABASE_URL is no URL.", "Write it as EXPORTS_DATABASE_URL is written.")
    except psycopg.OperationalError:
        advice = "Let the role log in; docs/operations tells how. Then check EXPORTS_API_DATABASE_URL."
        yield broken(_PART, "Postgres does not let the role of the API in.", advice)
    else:
        yield _judged(*row) if row else skipped(_PART, "Postgres does not tell.")


def _judged(role: str, is_super: bool, bypasses: bool, owns: bool) -> Finding:
    reasons = {"is a superuser": is_super, "has BYPASSRLS": bypasses, "owns tables": owns}
    why = ", ".join(reason for reason, holds in reasons.items() if holds)
    if not why:
        return fine(_PART, f"The API is {role}, whom Postgres shows the rows of whoever asks.")
    advice = "Set EXPORTS_API_DATABASE_URL and EXPORTS_PIPELINE_DATABASE_URL; docs/operations tells how."
    return warning(_PART, f"The API is {role}, who {why}: Postgres keeps it from nothing.", advice)

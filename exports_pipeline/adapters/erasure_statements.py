"""What erases a person from the ledger, table by table, in the order in which it must happen."""

from collections.abc import Mapping
from types import MappingProxyType

_BLANK = """
    SET address = CASE WHEN address = '' THEN '' ELSE 'erased:' || id END,
        occasion = CASE WHEN occasion = '' THEN '' ELSE 'erased:' || id END, about = '{}', receipt = NULL,
        last_error = CASE WHEN last_error IS NOT NULL THEN 'Erased.' END,
        state = CASE WHEN state IN ('pending', 'sending') THEN 'failed' ELSE state END,
        settled_at = coalesce(settled_at, :now), next_try_at = NULL"""
_THEIRS = "job_id IN (SELECT id FROM export_jobs WHERE requester = :person)"

STATEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "links": f"DELETE FROM links WHERE {_THEIRS}",  # noqa: S608 - words of ours
        "deliveries": f"""
            UPDATE deliveries {_BLANK}
            WHERE {_THEIRS} OR user_id = :person OR lower(address) = ANY (CAST(:addresses AS text[]))""",
        "destinations": "DELETE FROM destinations WHERE user_id = :person",
        "schedules": """
            UPDATE schedules
            SET name = 'erased:' || id, body = '{}', key = '{}', recipients = '[]', is_active = false,
                next_due_at = NULL, paused_reason = 'Its owner was erased.', updated_at = :now
            WHERE user_id = :person""",
        "windows": """
            UPDATE schedule_windows SET withheld = '{}', digests = '{}'
            WHERE schedule_id IN (SELECT id FROM schedules WHERE user_id = :person)""",
        "manifests": f"DELETE FROM manifests WHERE {_THEIRS}",  # noqa: S608 - words of ours
        "invitations": "DELETE FROM telegram_invitations WHERE user_id = :person",
        "keys": "DELETE FROM api_keys WHERE user_id = :person",
        "memberships": "DELETE FROM team_members WHERE user_id = :person",
        "users": """
            UPDATE users
            SET email = NULL, telegram_chat_id = NULL, owner_key = :mark, permissions = '{}',
                claimed_roles = NULL, roles = '{}',
                deactivated_at = coalesce(deactivated_at, :now), seen_at = least(seen_at, :now)
            WHERE id = :person""",
    }
)  # fmt: skip
"""Statements by the name under which their rows are counted. Parameters: person, addresses, mark, now."""

RECIPIENTS = """
    UPDATE schedules AS plan
    SET recipients = coalesce(
            (SELECT jsonb_agg(listed ORDER BY place)
             FROM jsonb_array_elements(plan.recipients) WITH ORDINALITY AS each (listed, place)
             WHERE lower(coalesce(listed ->> 'address', '')) <> ALL (CAST(:addresses AS text[]))),
            '[]'),
        updated_at = :now
    WHERE plan.user_id <> :person AND EXISTS (
        SELECT FROM jsonb_array_elements(plan.recipients) AS listed
        WHERE lower(listed ->> 'address') = ANY (CAST(:addresses AS text[])))
    RETURNING plan.id"""
"""Takes a person out of the schedules of others, and names those. Parameters: person, addresses, now."""

OWNER_KEYS = """
    SELECT owner_key FROM users WHERE id = :person
    UNION SELECT owner_key FROM export_jobs WHERE requester = :person
    UNION SELECT owner_key FROM job_kinds WHERE user_id = :person AND owner_key IS NOT NULL
    ORDER BY 1"""
"""All owner keys that a person ever had. Parameter: person."""

KINDS = """
    UPDATE job_kinds
    SET owner_key = :mark,
        digest = kind_digest(level, user_id, :mark, type, dataset, tags, format, destinations, list, plan, status,
                             error_code)
    WHERE user_id = :person AND owner_key = :key"""
"""Renames an owner key among the figures; a kind is found by the digest of all that it names."""

FILES = """
    SELECT encode(sha256(convert_to(coalesce(string_agg(
               id || ' ' || (metadata ->> 'sha256') || chr(10), '' ORDER BY id), ''), 'UTF8')), 'hex')
    FROM export_jobs WHERE requester = :person AND metadata ? 'sha256'"""
"""SHA-256 over a line `job id, space, SHA-256 of its file` for each result, ordered by id; rows that stay."""

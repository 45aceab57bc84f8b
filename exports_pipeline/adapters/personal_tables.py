"""Where the ledger holds something about a person: what an archive shows of it, and what an erasure does to it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Held:
    """One table with rows about a person."""

    table: str
    of: str
    """Which rows are about the person, as a condition with the parameters `person`."""
    order: str
    columns: str
    """What an archive shows; never a secret."""
    fate: str
    """What an erasure does, in words."""


_JOBS = "job_id IN (SELECT id FROM export_jobs WHERE requester = :person)"
HELD = (
    Held(
        table="users",
        of="id = :person",
        order="id",
        columns="id, owner_key, email, telegram_chat_id, created_at, seen_at, served_at, permissions, deactivated_at, "
        "claimed_roles, roles",
        fate="address, chat, owner key and rights are blanked; the id stays",
    ),
    Held(
        table="export_jobs",
        of="requester = :person",
        order="created_at, id",
        columns="id, type, status, attempt, owner_key, permissions, dataset, format, filters, options, recipients, "
        "metadata, error_code, error_sentence, created_at, started_at, completed_at, expires_at, triggered_by, "
        "export_type, tag_summary, volume, idempotency_key",
        fate="owner key, filters, parameters, recipients and texts are blanked; ids, times, counts, digests stay",
    ),
    Held(table="manifests", of=_JOBS, order="job_id", columns="job_id, manifest", fate="deleted"),
    Held(
        table="deliveries",
        of=f"{_JOBS} OR user_id = :person",
        order="created_at, id",
        columns="id, job_id, kind, channel, address, destination_id, about, state, tries, receipt, last_error, "
        "created_at, settled_at",
        fate="address, receipt and texts are blanked",
    ),
    Held(
        table="links",
        of=_JOBS,
        order="created_at, id",
        columns="id, delivery_id, job_id, created_at, expires_at, revoked_at, opened, last_opened_at",
        fate="deleted",
    ),
    Held(
        table="destinations",
        of="user_id = :person",
        order="name, id",
        columns="id, name, channel, address, options, secret_names, created_at, updated_at",
        fate="deleted, with their secrets",
    ),
    Held(
        table="api_keys",
        of="user_id = :person",
        order="created_at, id",
        columns="id, prefix, owner_key, name, scopes, act_for, created_by, created_at, expires_at, "
        "last_used_at, revoked_at",
        fate="deleted",
    ),
    Held(
        table="team_members",
        of="user_id = :person",
        order="team_id",
        columns="team_id, is_lead",
        fate="deleted",
    ),
    Held(
        table="schedules",
        of="user_id = :person",
        order="created_at, id",
        columns="id, name, kind, body, formats, cron, timezone, recipients, is_active, catch_up, condition, key, "
        "per_recipient, expires_at, created_at, updated_at, failures_in_row, paused_reason, next_due_at",
        fate="stopped; name, contents and recipients are blanked",
    ),
    Held(
        table="schedule_windows",
        of="schedule_id IN (SELECT id FROM schedules WHERE user_id = :person)",
        order="schedule_id, due_at",
        columns="schedule_id, due_at, state, reason, by_hand, is_late, started_at, settled_at, job_ids, withheld",
        fate="what was withheld from whom is blanked",
    ),
    Held(
        table="telegram_invitations",
        of="user_id = :person",
        order="expires_at",
        columns="expires_at",
        fate="deleted",
    ),
    Held(
        table="audit_log",
        of="actor = :person OR subject = :person",
        order="at, id",
        columns="id, at, actor, subject, service, key_id, action, entity_type, entity_id, job_id, before, after, "
        "details, outcome, request_id, address, agent, personal",
        fate="address, program and personal details are blanked; the chain verifies as before",
    ),
    Held(
        table="activity_rollups",
        of="actor = :person AND granularity = 'day'",
        order="bucket, action",
        columns="bucket, action, entries, first_at, last_at",
        fate="stays: it counts actions of an id",
    ),
    Held(
        table="job_kinds",
        of="user_id = :person AND level = 'job'",
        order="id",
        columns="id, user_id, owner_key, type, dataset, tags, format, destinations, list, plan, status, error_code",
        fate="the owner key is blanked; the figures stay",
    ),
    Held(
        table="erasures",
        of="user_id = :person",
        order="began_at",
        columns="id, asked_by, began_at, counts, digests, erased_at, certified_at",
        fate="stays: it is the proof",
    ),
)
"""The tables that name a person, in the order of an archive."""
TELL_NOTHING = {
    "activity_tail": "entries of the audit log that wait to be counted, in `activity_rollups` within the hour",
    "audit_log_default": "a part of `audit_log`",
}
"""Tables that name a person, too, and say nothing that those above do not; and why."""

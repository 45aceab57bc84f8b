"""Which jobs a page of the list in memory shows."""

from exports_pipeline.core.lifecycle import Status


def is_on(job, page):
    """Whether a job ended when the page wants it, and is one that its filter means."""
    since, until = page.completed_since, page.completed_until
    ended_at = job.completed_at
    has_ended_then = ended_at and not (since and ended_at < since) and not (until and ended_at >= until)
    is_wanted = page.shared is None or is_shared_by_another(job, job.requester.user_id, page.shared)
    return (has_ended_then or not (since or until)) and is_wanted and is_meant(job, page.jobs)


def is_shared_by_another(thing, owner, shared):
    """Whether somebody else shares it with the user."""
    return owner != shared.user_id and not shared.teams.isdisjoint(thing.shared_with)


def is_meant(job, wanted):
    """Whether every condition that is given holds."""
    has_failed = job.error is not None and job.status is Status.FAILED
    facts = {
        "dataset": (job.dataset,),
        "type": (job.type,),
        "tag": job.tag_summary or ("",),
        "format": (job.format,),
        "destination": tuple(each.channel for each in job.recipients) or ("manual",),
        "list": (job.labels.list,),
        "plan": (job.labels.plan,),
        "status": (job.status,),
        "error_code": (job.error.code if has_failed else "",),
        "user_id": (job.requester.user_id,),
    }
    return all(getattr(wanted, name) in (None, *known) for name, known in facts.items())

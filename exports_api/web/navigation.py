"""The pages that lead everywhere else, for those who may see them."""

from exports_pipeline.core.requester import Requester

_FOR_ALL = (
    ("/datasets", "Datasets"),
    ("/exports", "My exports"),
    ("/reports", "Reports"),
    ("/schedules", "Schedules"),
    ("/insights", "Insights"),
    ("/campaigns", "Campaigns"),
)


def navigation(caller: Requester | None) -> tuple[tuple[str, str], ...]:
    """The address and the word of each page; before it is known who looks, those that are for everybody."""
    if caller is None:
        return _FOR_ALL
    audits = (("/activity", "Activity"), ("/audit", "Audit log")) if caller.views_audit else ()
    operates = (("/operations", "Operations"),) if caller.manages_exports or caller.administers else ()
    return (*_FOR_ALL, *audits, *operates)

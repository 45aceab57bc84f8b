"""Launches the run of an export job's attempt."""

from uuid import UUID

from exports_pipeline.adapters.dagster_runs import DagsterRuns
from exports_pipeline.core.export_job import ExportJob

DAGSTER_JOBS = {"export": "dataset_export", "report": "report"}
"""The Dagster job that runs each type of export job."""
JOB_ID_TAG = "exports/job_id"
ATTEMPT_TAG = "exports/attempt"
SCHEDULE_TAG = "exports/schedule"
PAGE_TAG = "exports/page"
TRACE_TAG = "exports/traceparent"
"""Leads an operator from a run to its trace; the run itself finds its trace in the ledger."""


class ExportRuns:
    """`Runs` over Dagster's GraphQL client."""

    def __init__(self, runs: DagsterRuns, *, public_url: str = "") -> None:
        self._runs, self._public_url = runs, public_url

    def launch(self, job: ExportJob) -> str:
        """Launch the run of a job's current attempt and return the run's id."""
        tags = run_tags(job, public_url=self._public_url)
        return self._runs.launch(job_name=DAGSTER_JOBS[job.type], run_config=run_config(job), tags=tags)

    def give_up(self, run_id: str) -> None:
        """Have a run that never began end as cancelled."""
        self._runs.terminate(run_id)

    def ping(self) -> None:
        """Ask whether Dagster answers and has our code location."""
        self._runs.ping()


def page_of(job_id: UUID, public_url: str) -> str:
    """The address of a job's page."""
    return f"{public_url}/exports/{job_id}"


def run_config(job: ExportJob) -> dict[str, str | int]:
    """The configuration of a run: which attempt, and nothing else."""
    return {"job_id": str(job.id), "attempt": job.attempt}


def run_tags(job: ExportJob, *, public_url: str = "") -> dict[str, str]:
    """What an operator filters runs by, and the address of the job's page, where it is known what that begins with."""
    traced = {TRACE_TAG: job.traceparent} if job.traceparent else {}
    led = {PAGE_TAG: page_of(job.id, public_url)} if public_url else {}
    return (
        traced
        | led
        | _schedule_tags(job)
        | {f"exports/{name}": text for name, text in job.labels.given.items()}
        | {
            JOB_ID_TAG: str(job.id),
            ATTEMPT_TAG: str(job.attempt),
            "exports/user": str(job.requester.user_id),
            "exports/dataset": job.dataset,
            "exports/format": str(job.format),
        }
    )


def _schedule_tags(job: ExportJob) -> dict[str, str]:
    if job.schedule is None:
        return {}
    return {
        SCHEDULE_TAG: str(job.schedule.schedule_id),
        "exports/window": job.schedule.window,
        "exports/recipient_count": str(len(job.recipients)),
    }


def attempt_of_tags(tags: dict[str, str]) -> tuple[UUID, int] | None:
    """The job and the attempt that a run was launched for; None for runs of something else."""
    if JOB_ID_TAG not in tags or ATTEMPT_TAG not in tags:
        return None
    return UUID(tags[JOB_ID_TAG]), int(tags[ATTEMPT_TAG])

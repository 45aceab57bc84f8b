"""Links into Dagster's pages, for those who operate the service."""

from starlette.requests import Request

from exports_pipeline.core.export_job import ExportJob


def run_link(request: Request, job: ExportJob) -> str:
    """The page of the run of a job's current attempt; empty before there is one."""
    return f"{request.app.state.dagster_url}/runs/{job.run_id}" if job.run_id else ""

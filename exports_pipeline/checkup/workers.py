"""The broker and the run workers behind it."""

from collections.abc import Iterator, Mapping
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from exports_pipeline.checkup.finding import Finding, broken, fine, skipped, warning
from exports_pipeline.settings import Settings

_ANSWER_WITHIN_S = 2.0
_CONNECT = {"max_retries": 1, "socket_connect_timeout": 2, "socket_timeout": 2}


def check_workers(settings: Settings) -> Iterator[Finding]:
    """Reach the broker, and ask through it who works."""
    if settings.broker_url is None:
        yield skipped("broker", "EXPORTS_BROKER_URL is not set.")
        yield skipped("workers", "They are asked through the broker.")
        return
    app = Celery(broker=settings.broker_url.get_secret_value(), set_as_current=False)
    app.conf.update(broker_transport_options=_CONNECT, broker_connection_timeout=2, broker_connection_max_retries=1)
    try:
        with app.connection_for_read() as connection:
            where = connection.as_uri()  # hides the password
            try:
                connection.ensure_connection(max_retries=1, interval_start=0, timeout=_ANSWER_WITHIN_S)
            except (OperationalError, OSError):
                advice = "Is it running, is the password right? Check EXPORTS_BROKER_URL."
                yield broken("broker", f"The broker at {where} does not answer.", advice)
                yield skipped("workers", "They are asked through the broker.")
                return
            yield fine("broker", f"{where} answers.")
        answers = app.control.inspect(timeout=_ANSWER_WITHIN_S).stats() or {}
        yield judge_workers(answers, wanted=settings.workers)
    finally:
        app.close()


def judge_workers(answers: Mapping[str, Mapping[str, Any]], *, wanted: int) -> Finding:
    """Judge what the workers said of themselves, by name."""
    if not answers:
        advice = "Start one: `celery -A exports_pipeline.celery_worker worker -P prefork -Q dagster -c N`; see its log."
        return broken("workers", "No worker answers: exports stay pending.", advice)
    children = sum(int(stats.get("pool", {}).get("max-concurrency", 0)) for stats in answers.values())
    names = ", ".join(sorted(answers))
    if children == wanted:
        return fine("workers", f"{names}: room for {children} exports at the same time.")
    sentence = f"{names}: room for {children} exports, but EXPORTS_WORKERS is {wanted}."
    return warning("workers", sentence, "Let the `-c` of all workers, added up, be EXPORTS_WORKERS.")

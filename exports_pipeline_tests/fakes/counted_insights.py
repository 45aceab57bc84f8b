"""Insights that are counted, job by job, over a ledger in memory."""

from collections import defaultdict
from itertools import product

from exports_pipeline.core.figures import SECONDS_BUCKETS
from exports_pipeline.core.insights import Counted, Openings, SecondsCounts, Stored, Tally
from exports_pipeline.core.job_filter import MANUAL
from exports_pipeline.core.lifecycle import Status
from exports_pipeline_tests.fakes.job_filter import is_meant


class CountedInsights:
    """`InsightReader` over the jobs of a ledger; it counts its questions in `asked`."""

    def __init__(self, ledger):
        self.ledger, self.asked = ledger, 0

    def count(self, jobs, spans, by=(), *, among=None):
        self.asked += 1
        tallies = defaultdict(Tally)
        for place, span in enumerate(spans):
            for job in self._ended(jobs, span):
                for key in product(*(_values(job, jobs)[facet] for facet in by)):
                    if among is None or key[0] in among:
                        tallies[place, key] += _tally(job)
        return [Counted(span=place, key=key, tally=tally) for (place, key), tally in tallies.items()]

    def longest(self, jobs, span, by, *, limit):
        ordered = sorted(self.count(jobs, [span], by), key=lambda each: (-each.tally.jobs, each.key))
        return ordered[:limit], max(0, len(ordered) - limit)

    def seconds(self, jobs, span):
        self.asked += 1
        counts = (len(self._ended(jobs, span)), *[0] * (len(SECONDS_BUCKETS) - 1))
        return SecondsCounts(queue=counts, run=counts)

    def openings(self, jobs, spans):
        self.asked += 1
        return [
            Openings(span=place, channel=MANUAL, openings=count, bytes=1_000 * count)
            for place, span in enumerate(spans)
            if (count := len(self._ended(jobs, span)))
        ]

    def largest(self, jobs, span, *, limit):
        self.asked += 1
        done = [job for job in self._ended(jobs, span) if job.status is Status.COMPLETED]
        return sorted(done, key=lambda job: -job.progress.rows)[:limit]

    def stored(self, jobs, *, now):
        self.asked += 1
        kept = [job for job in self.ledger.jobs.values() if job.result and is_meant(job, jobs)]
        return [Stored(dataset=job.dataset, format=job.format, files=1, bytes=job.progress.bytes) for job in kept]

    def roll_up(self):
        return 0

    def _ended(self, jobs, span):
        ended = [job for job in self.ledger.jobs.values() if job.completed_at]
        return [job for job in ended if span.since <= job.completed_at < span.until and is_meant(job, jobs)]


def _values(job, asked):
    """What a job counts for; of tags and destinations the one alone that is asked for."""
    return {
        "tag": (asked.tag,) if asked.tag else job.tag_summary or ("",),
        "destination": (asked.destination,)
        if asked.destination
        else tuple(str(each.channel) for each in job.recipients) or (MANUAL,),
        "format": (str(job.format),),
        "dataset": (job.dataset,),
        "type": (job.type,),
        "list": (job.labels.list,),
        "plan": (job.labels.plan,),
        "user": (str(job.requester.user_id),),
        "status": (str(job.status),),
        "error": (job.error.code if job.error else "",),
    }


def _tally(job):
    ended_as = {str(job.status): 1}
    return Tally(**ended_as, rows=job.progress.rows, bytes=job.progress.bytes, ran=1, queue_us=10, run_us=1_000)

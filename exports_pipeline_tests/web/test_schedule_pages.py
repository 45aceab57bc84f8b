"""The pages of schedules: what is shown to whom, and what their buttons do."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from uuid import uuid4

from exports_api.web.schedule_facts import MARKS
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.schedule import Window, WindowState
from exports_pipeline.core.team import Member
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.schedule_pages import HOSTILE, scheduled, ticked, words_of

MOST_BYTES = 60_000
MAIL = (Recipient(channel=Channel.EMAIL, address="secret@example.com"),)


def test_an_empty_list_says_what_schedules_are_for(ann):
    words = words_of(ann.get("/schedules"))
    assert "Nothing recurs yet." in words
    assert "New schedule" in words


def test_a_list_tells_health_and_next_and_last_run(ann, ports):
    schedule = scheduled(ports, cron="0 12 * * *", timezone="UTC")
    ticked(ports, hours=25)
    words = words_of(ann.get("/schedules"))
    assert "Every day at 12:00 (UTC)" in words
    assert "Next Tue, 3 Mar 2026, 13:00 CET" in words
    assert "Last Mon, 2 Mar 2026, 13:00 CET, at work" in words
    assert "Has not run yet" in words
    [window] = ports.schedules.windows(schedule.id, limit=9)
    assert f'href="/exports/{window.job_ids[0]}"' in ann.get("/schedules").text, "a tick leads to its job"


def test_the_list_says_how_each_fares(ann, ports):
    schedule = scheduled(ports)
    for changes, words in (
        ({"is_active": False}, "Paused"),
        ({"is_active": False, "paused_reason": "Ten failures."}, "Stopped"),
        ({"failures_in_row": 1}, "Failed last time"),
        ({"failures_in_row": 3}, "Failed 3 times in a row"),
        ({"next_due_at": None}, "Over"),
    ):
        ports.schedules.schedules[schedule.id] = replace(schedule, **changes)
        assert words in words_of(ann.get("/schedules"))


def test_every_outcome_has_a_shape_and_words_beside_its_colour(ann, ports):
    schedule = scheduled(ports)
    noted = AuditEntry(at=NOON, actor=schedule.user_id, action="schedule.run_by_hand")
    for hours, state in enumerate(WindowState):
        at = NOON.replace(hour=hours)
        window = Window(schedule_id=schedule.id, due_at=at, start_at=at, state=state, reason="Because.")
        ports.schedules.add_window(window, noted)
    page = ann.get(f"/schedules/{schedule.id}")
    assert len({mark.shape for mark in MARKS.values()}) == len(WindowState)
    for mark in MARKS.values():
        assert f'<span aria-hidden="true">{mark.shape}</span>' in page.text
        assert f"CET: {mark.words}" in words_of(page)
    assert words_of(page).count("Because.") == len(WindowState)


def test_buttons_pause_resume_run_and_delete(ann, ports):
    path = f"/schedules/{scheduled(ports).id}"
    assert ann.post(f"{path}/pause").headers["location"] == f"{path}?did=paused"
    assert "does not run" in words_of(ann.get("/schedules"))
    assert ann.post(f"{path}/resume", **{"from": "list"}).headers["location"] == "/schedules?did=resumed"
    assert ann.post(f"{path}/run").status_code == 303
    [job] = ports.jobs.jobs.values()
    assert "It runs now, once" in words_of(ann.get(f"{path}?did=run"))
    assert f"/exports/{job.id}" in ann.get(path).text
    assert ann.post(f"{path}/delete").headers["location"] == "/schedules?did=deleted"
    assert ann.get(path).status_code == 404


def test_a_button_without_the_sessions_secret_does_nothing(ann, ports):
    schedule = scheduled(ports)
    answer = ann.client.post(f"/schedules/{schedule.id}/delete", data={"csrf": "guessed"})
    assert answer.status_code == 403
    assert ports.schedules.get(schedule.id) == schedule


def test_schedules_of_others_are_not_there(people, ports):
    path = f"/schedules/{scheduled(ports, 'ann').id}"
    bob = people("bob")
    assert "Daily sales" not in bob.get("/schedules").text
    assert bob.get(path).status_code == 404
    assert bob.post(f"{path}/run").status_code == 404
    assert bob.get(f"/schedules/{uuid4()}").status_code == 404


def test_who_manages_schedules_sees_everybodys(people, ports):
    path = f"/schedules/{scheduled(ports, 'ann').id}"
    boss = people("boss", "EXPORT", "MANAGE_SCHEDULES")
    assert "Daily sales" not in boss.get("/schedules").text
    assert "Daily sales" in boss.get("/schedules?of=all").text
    assert "Somebody else made it" in words_of(boss.get(path))


def test_who_shares_a_team_may_run_it_and_is_not_told_addresses(people, ports):
    team, bob = uuid4(), requester("bob")
    ports.users.seen(bob, at=NOON)
    ports.users.members[team, bob.user_id] = Member(user_id=bob.user_id, is_lead=False)
    schedule = scheduled(ports, "ann", shared_with=(team,), recipients=MAIL)
    person = people("bob")
    assert "Daily sales" in person.get("/schedules?of=shared").text
    page = person.get(f"/schedules/{schedule.id}")
    assert "It is shared with you" in words_of(page)
    assert "secret@example.com" not in page.text
    assert "/edit" not in page.text
    assert person.post(f"/schedules/{schedule.id}/run").status_code == 303
    assert person.post(f"/schedules/{schedule.id}/delete").status_code == 403


def test_who_may_not_export_is_told_whom_to_ask(people):
    viewer = people("vic", roles=["viewer"])
    words = words_of(viewer.get("/schedules"))
    assert "Ask your administrator" in words
    assert "New schedule" not in words


def test_pages_of_many_schedules_and_runs_stay_small_and_lead_to_the_older_ones(ann, ports):
    noted = AuditEntry(at=NOON, actor=requester("ann").user_id, action="schedule.run_by_hand")
    for each in range(13):
        schedule = scheduled(ports, name=HOSTILE)
        ports.clock.advance(1)
        for minute in range(61 if each == 12 else 10):
            at = NOON + timedelta(minutes=minute)
            ran = Window(schedule_id=schedule.id, due_at=at, start_at=at, state=WindowState.RAN, job_ids=(uuid4(),))
            ports.schedules.add_window(ran, noted)
    first, one = ann.get("/schedules").text, ann.get(f"/schedules/{schedule.id}").text
    assert first.count('<li class="card">') == 12
    for page, older in ((first, "Older schedules"), (one, "Earlier runs")):
        assert len(page.encode()) < MOST_BYTES
        further = ann.get(unescape(re.search(f'<a href="([^"]+)">{older}</a>', page)[1]))
        assert further.status_code == 200
        assert f">{older}<" not in further.text


def test_a_hostile_name_breaks_no_page(ann, ports):
    path = f"/schedules/{scheduled(ports, name=HOSTILE).id}"
    for page in (ann.get("/schedules").text, ann.get(path).text):
        assert "<script>alert" not in page
        assert f"<bdi>{HOSTILE.replace('<', '&lt;').replace('>', '&gt;')}</bdi>" in page

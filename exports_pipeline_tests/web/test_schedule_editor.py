"""The form of a schedule: filled from what there is, saved as it says, and given back with errors beside its fields."""

import re

from exports_pipeline.core.recipient import Channel, Recipient
from exports_pipeline.core.refusals import InvalidDestination
from exports_pipeline_tests.api_client import ApiClient
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.schedule_client import DAILY, REPORT, created
from exports_pipeline_tests.web.schedule_pages import HOSTILE, scheduled, words_of

FILLED = {
    "kind": "export",
    "thing": "sales",
    "name": "Sales of the week",
    "days": "last_week",
    "tag_ids": ["food", "toys"],
    "columns": ["day", "amount"],
    "style": ["xlsx", "csv-german"],
    "cadence": "weekly",
    "weekday": ["MON", "THU"],
    "at": "07:30",
    "timezone": "Europe/Prague",
    "channel": ["email", "telegram"],
    "address": ["me", "42"],
    "condition": "changed",
    "key": "day",
    "catch_up": "none",
    "ends": "2026-12-31",
    "do": "save",
}

WRONG = (
    ({"name": " "}, "name", "Give it a name"),
    ({"weekday": []}, "when", "Choose at least one day"),
    ({"cadence": "cron", "cron": "0 25 * * *"}, "when", "hour: 25 is not between"),
    ({"timezone": "Europe/Atlantis"}, "timezone", "There is no time zone"),
    ({"style": []}, "style", "Choose at least one kind of file"),
    ({"style": ["csv", "csv-german"]}, "style", "one kind of CSV"),
    ({"days": "fixed", "start_date": "2026-02-02", "end_date": "2026-01-01"}, "days", "before the start"),
    ({"columns": ["nothing"]}, "columns", "nothing"),
    ({"channel": ["email", "email"], "address": ["", "nonsense"]}, "line.1", "e-mail address"),
    ({"ends": "2026-01-01"}, "ends", "expire before it comes due"),
    ({"ends": "soon"}, "ends", "Write the last day"),
    ({"destination": "email:nonsense"}, "destination", "destination"),
    ({"per_recipient": "true", "address": ["", "42"]}, "per_recipient", "person of the system"),
)
"""What is wrong, the field it is told beside, and in which words."""


def saved(ports):
    [schedule] = ports.schedules.schedules.values()
    return schedule


def fields_of(page):
    """What is filled into a form, by name; what has no value is left out."""
    text, found = page.text, {}
    for tag in re.findall("<input[^>]+>", text):
        name, value = re.search('name="([^"]+)"', tag), re.search('value="([^"]*)"', tag)
        if name and value and ("checked" in tag or not re.search('type="(checkbox|radio)"', tag)):
            found.setdefault(name[1], []).append(value[1])
    for name, choices in re.findall('<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', text, flags=re.DOTALL):
        chosen = re.findall('<option(?: value="([^"]*)")? selected>([^<]*)', choices)
        found.setdefault(name, []).extend(value or words for value, words in chosen)
    for name, inside in re.findall('<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', text, flags=re.DOTALL):
        found[name] = [inside]
    return {name: values for name, values in found.items() if any(values)}


def test_what_is_filled_in_is_saved(ann, ports):
    answer = ann.post("/schedules/new", **FILLED)
    schedule = saved(ports)
    assert answer.headers["location"] == f"/schedules/{schedule.id}?did=created"
    assert (schedule.name, schedule.cron, schedule.timezone) == (
        "Sales of the week",
        "30 7 * * MON,THU",
        "Europe/Prague",
    )
    assert schedule.formats == ("xlsx", "csv")
    body = dict(schedule.body)
    assert body.pop("options") == {"timezone": "Europe/Prague", "bom": True, "decimal_comma": True}
    filters = {"period": "last_week", "tag_ids": ["food", "toys"], "columns": ["day", "amount"]}
    assert body == {"dataset_id": "sales", **filters}
    assert [(each.channel, each.address) for each in schedule.recipients] == [
        (Channel.EMAIL, str(schedule.user_id)),
        (Channel.TELEGRAM, "42"),
    ]
    assert (schedule.condition, schedule.key, schedule.catch_up) == ("changed", ("day",), "none")
    assert schedule.expires_at.isoformat() == "2026-12-31T23:00:00+00:00", "the midnight after it in Prague"


def test_the_form_of_a_schedule_shows_it_as_it_is_and_saves_it_unchanged(ann, ports):
    ann.post("/schedules/new", **FILLED)
    before = saved(ports)
    page = ann.get(f"/schedules/{before.id}/edit")
    shown = fields_of(page)
    again = {name: value for name, value in FILLED.items() if name != "do"}
    for name, value in again.items():
        assert sorted(shown[name]) == sorted([value] if isinstance(value, str) else value), name
    answer = ann.post(f"/schedules/{before.id}/edit", **{**shown, "csrf": ann.csrf, "do": "save"})
    assert answer.headers["location"] == f"/schedules/{before.id}?did=changed"
    after = saved(ports)
    for name in ("name", "body", "cron", "timezone", "recipients", "condition", "key", "catch_up", "expires_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert set(after.formats) == set(before.formats)


def test_the_zone_of_the_file_follows_that_of_the_schedule(ann, ports):
    ann.post("/schedules/new", **FILLED)
    ann.post(f"/schedules/{saved(ports).id}/edit", **{**FILLED, "timezone": "Asia/Kolkata"})
    assert (saved(ports).timezone, saved(ports).body["options"]["timezone"]) == ("Asia/Kolkata", "Asia/Kolkata")


def test_who_manages_schedules_changes_them_with_the_rights_of_their_owner(people, ports):
    herself = Recipient(channel=Channel.EMAIL, address=str(requester("ann").user_id))
    before = scheduled(ports, "ann", recipients=(herself,))
    boss = people("boss", "EXPORT", "MANAGE_SCHEDULES")
    page = boss.get(f"/schedules/{before.id}/edit")
    shown = fields_of(page)
    assert shown["address"] == ["me"]
    assert "reaches them" in words_of(page)
    boss.post(f"/schedules/{before.id}/edit", **{**shown, "csrf": boss.csrf, "do": "save", "name": "Renamed"})
    after = saved(ports)
    assert (after.name, after.user_id, after.recipients) == ("Renamed", before.user_id, (herself,))


def test_options_that_the_form_does_not_show_stay(ann, app, ports):
    body = {"dataset_id": "sales", "options": {"compression": "gzip"}, "labels": {"plan": "spring"}}
    made = created(ApiClient(app), body=body)
    shown = fields_of(ann.get(f"/schedules/{made['id']}/edit"))
    ann.post(f"/schedules/{made['id']}/edit", **{**shown, "csrf": ann.csrf, "do": "save", "name": "Other"})
    after = saved(ports)
    assert after.name == "Other"
    assert after.body["options"] == {"compression": "gzip"}, "and no other zone of the file either"
    assert after.body["labels"] == {"plan": "spring"}


def test_an_error_stands_beside_its_field_and_nothing_is_lost(ann, ports):
    for wrong, beside, sentence in WRONG:
        answer = ann.post("/schedules/new", **{**FILLED, **wrong})
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.text
        told = re.search(rf'<p class="fault" id="f-{re.escape(beside)}">([^<]+)', answer.text)
        assert told, wrong
        assert sentence in told[1]
        shown = fields_of(answer)
        for name in {"at", "ends", "catch_up", "columns", "tag_ids"} - set(wrong):
            assert shown[name] == ([FILLED[name]] if isinstance(FILLED[name], str) else FILLED[name]), (wrong, name)
    assert ports.schedules.schedules == {}


def test_a_job_becomes_a_schedule_of_its_month(ann, app, ports):
    asked = {"start_date": "2026-02-01", "end_date": "2026-02-28", "tag_ids": ["food"], "columns": ["amount"]}
    job = ApiClient(app).export(options={"bom": True, "decimal_comma": True}, **asked).json()["job_id"]
    shown = fields_of(ann.get(f"/schedules/new?from_job={job}"))
    assert shown["days"] == ["last_month"], "noon of 1 March is when it was asked for"
    assert (shown["tag_ids"], shown["columns"], shown["style"]) == (["food"], ["amount"], ["csv-german"])
    assert shown["name"] == ["Sales"]


def test_other_days_of_a_job_stay_as_they_are(ann, app):
    job = ApiClient(app).export(start_date="2026-01-02").json()["job_id"]
    shown = fields_of(ann.get(f"/schedules/new?from_job={job}"))
    assert (shown["days"], shown["start_date"]) == (["fixed"], ["2026-01-02"])


def test_somebody_elses_job_becomes_nothing(people, app):
    job = ApiClient(app).export().json()["job_id"]
    assert people("bob").get(f"/schedules/new?from_job={job}").status_code == 404


def test_a_report_is_scheduled_as_it_was_filled(ann, ports):
    filled = {"dataset": "sales", "metrics": "amount", "by": "kind", "timezone": "Asia/Kolkata"}
    asked = ann.post("/reports/metrics_summary", do="schedule", format="xlsx", **filled)
    page = ann.get(asked.headers["location"])
    shown = fields_of(page)
    assert (shown["param.dataset"], shown["param.metrics"], shown["style"]) == (["sales"], ["amount"], ["xlsx"])
    assert "param.timezone" not in shown, "the days of a schedule are those of its own zone"
    answer = ann.post("/schedules/new", **{**shown, "csrf": ann.csrf, "do": "save"})
    assert answer.status_code == 303, words_of(answer)
    schedule = saved(ports)
    assert (schedule.kind, schedule.formats) == ("report", ("xlsx",))
    assert schedule.body["params"]["by"] == "kind"
    again = fields_of(ann.get(f"/schedules/{schedule.id}/edit"))
    assert again["param.metrics"] == ["amount"]
    told = words_of(ann.get(f"/schedules/{schedule.id}"))
    assert "Metrics amount By kind" in told, "by the titles of the form"
    assert "Dataset Sales Period last 30 days" in told


def test_an_error_of_a_report_stands_beside_its_field(ann, ports):
    page = ann.get("/schedules/new?from_report=metrics_summary&dataset=sales")
    fields = {**fields_of(page), "csrf": ann.csrf, "do": "save", "param.by": "nothing"}
    answer = ann.post("/schedules/new", **fields)
    assert answer.status_code == 422
    assert 'id="f-param.by"' in answer.text
    assert ports.schedules.schedules == {}


def test_a_report_that_was_asked_for_becomes_a_schedule(ann, app):
    job = ApiClient(app).post("/api/analytics/reports", json=REPORT | {"format": "html"}).json()["job_id"]
    shown = fields_of(ann.get(f"/schedules/new?from_job={job}"))
    assert (shown["kind"], shown["thing"], shown["style"]) == (["report"], ["metrics_summary"], ["html"])
    assert shown["param.period"] == ["all"]


def test_the_choice_of_what_recurs_comes_first(ann):
    words = words_of(ann.get("/schedules/new"))
    assert "What should be made again and again?" in words
    assert "Sales" in words
    assert "Payroll" not in words
    assert "Metrics summary" in words
    for other in ("dataset=payroll", "from_report=nothing"):
        assert ann.get(f"/schedules/new?{other}").status_code in {404, 422}


def test_times_are_explained_while_they_are_chosen(ann):
    told = ann.post("/schedules/explain", cadence="daily", at="09:00", timezone="America/New_York")
    words = words_of(told)
    assert words.startswith("Every day at 09:00 (America/New_York)")
    assert "Mon, 2 Mar 2026, 09:00 EST = for you Mon, 2 Mar 2026, 15:00 CET" in words
    assert "no time zone" in words_of(ann.post("/schedules/explain", timezone="Mars"))


def test_a_place_is_saved_within_the_form_and_tried_out(ann, ports):
    place = {
        "place.channel": "email",
        "place.name": "Desk",
        "place.address": "desk@example.com",
        "place.attach": "true",
    }
    page = ann.post("/schedules/new", **{**FILLED, **place, "do": "save_place"})
    [destination] = ports.destinations.kept.values()
    assert (destination.name, destination.options) == ("Desk", {"attach": True})
    value = f"email:{destination.id}"
    assert fields_of(page)["destination"] == [value], "it is chosen at once"
    assert "place.name" not in fields_of(page)
    assert "reached the server" in words_of(ann.post("/schedules/new", **{**FILLED, "do": f"try:{value}"}))
    ann.post("/schedules/new", **{**FILLED, "destination": value})
    assert saved(ports).recipients[-1].destination_id == destination.id
    assert "Desk" in words_of(ann.get(f"/schedules/{saved(ports).id}"))


def test_a_place_that_cannot_be_is_told_beside_its_field_and_its_secret_is_not_given_back(ann, ports):
    place = {"place.channel": "email", "place.name": "Desk", "place.address": "nonsense", "place.token": "hush"}
    page = ann.post("/schedules/new", **{**FILLED, **place, "do": "save_place"})
    assert 'id="f-place.address"' in page.text
    assert "hush" not in page.text
    assert fields_of(page)["place.address"] == ["nonsense"]
    assert ports.destinations.kept == {}


def test_an_address_is_tried_out_without_saving_anything(ann, ports):
    filled = {**FILLED, "address": ["", "42"]}
    assert "✓ reached the server" in words_of(ann.post("/schedules/new", **{**filled, "do": "try:1"}))
    ports.senders["telegram"].error = InvalidDestination("The bot was blocked.")
    assert "Not reached the server: The bot was blocked." in words_of(
        ann.post("/schedules/new", **{**filled, "do": "try:1"})
    )
    assert ann.post("/schedules/new", **{**filled, "do": "try:7"}).status_code == 200
    assert ports.schedules.schedules == {}
    assert [each.action for each in ports.jobs.audit].count("destination.tried") == 2


def test_one_line_more_is_offered_for_another_address(ann):
    page = ann.post("/schedules/new", **{**FILLED, "do": "more"})
    assert page.text.count('name="address"') == 3


def test_who_may_not_export_makes_and_changes_no_schedule(people, app):
    made = created(ApiClient(app), **DAILY)
    viewer = people("ann", roles=["viewer"])
    for path in ("/schedules/new", "/schedules/new?dataset=sales", f"/schedules/{made['id']}/edit"):
        assert viewer.get(path).status_code == 403
    assert viewer.post("/schedules/new", **FILLED).status_code == 403


def test_values_are_searched_among_ones_own_rows_and_those_chosen_stay(ann, app):
    app.state.parts.ports.warehouse.rows_by_dataset["sales"][0]["kind"] = "f" * 200
    page = ann.post("/schedules/new", **{**FILLED, "do": "find", "find_tag": "to", "tag_ids": ["food"]})
    assert "<details open><summary>Only some rows" in page.text
    assert fields_of(page)["tag_ids"] == ["food"]
    assert 'name="tag_ids" value="toys"' in page.text
    assert "f" * 200 not in page.text


def test_hostile_words_break_no_form(ann, ports):
    typed = {"name": HOSTILE, "tag_ids": HOSTILE, "address": [HOSTILE, HOSTILE], "timezone": HOSTILE, "cron": HOSTILE}
    page = ann.post("/schedules/new", **{**FILLED, **typed})
    assert page.status_code == 422
    assert "<script>alert" not in page.text
    assert page.text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 5

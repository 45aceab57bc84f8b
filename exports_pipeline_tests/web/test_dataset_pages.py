"""The pages of datasets: what they show of them, and what their form makes of its fields."""

from exports_pipeline.core.destination import Destination
from exports_pipeline.core.recipient import Channel
from exports_pipeline_tests.builders import entry, new_job, requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.web.visits import signed_in_as


def only_job(ports):
    [job] = ports.jobs.jobs.values()
    return job


def saved(ports, user="ann", **changes):
    """A destination of a user."""
    given = {"name": "Month end", "channel": Channel.EMAIL, "address": "books@example.com"} | changes
    job = new_job(user)
    place = Destination(id=job.id, user_id=job.requester.user_id, created_at=NOON, updated_at=NOON, **given)
    ports.destinations.add(place, None, entry(job))
    return place


def test_a_card_tells_how_much_of_it_is_the_visitors(url):
    with signed_in_as(url) as visit:
        assert 'data-extent="/datasets/sales/extent"' in visit.get("/datasets").text
        assert "3 rows, the last of 3 Jan 2026" in visit.get("/datasets/sales/extent").text
        assert visit.get("/datasets/payroll/extent").status_code == 404


def test_the_form_asks_for_all_that_the_api_takes(url, ports):
    place = saved(ports)
    with signed_in_as(url) as visit:
        assert "Month end" in visit.get("/datasets/sales").text
        made = visit.send(
            "/datasets/sales",
            do="export",
            style="csv-german",
            packed="on",
            start_date="2026-01-01",
            end_date="2026-01-31",
            account_ids=["1"],
            tag_ids=["food"],
            columns=["amount", "day"],
            destination=[f"email:{place.id}"],
            to_email="boss@example.com\r\n\r\n team@example.com ",
            plan="spring",
            timezone="Europe/Prague",
            download="1",
        )
    job = only_job(ports)
    assert made.headers["location"] == f"/exports/{job.id}?download=1"
    assert [(each.address, each.destination_id) for each in job.recipients] == [
        ("", place.id),
        ("boss@example.com", None),
        ("team@example.com", None),
    ]
    assert (job.options.decimal_comma, job.options.compression, job.options.timezone) == (True, "gzip", "Europe/Prague")
    assert (job.filters.columns, job.filters.tag_ids, job.labels.plan) == (("amount", "day"), ("food",), "spring")


def test_what_was_filled_in_is_there_again_after_a_refusal(url, ports):
    place = saved(ports)
    with signed_in_as(url) as visit:
        refused = visit.send(
            "/datasets/sales",
            do="export",
            to_email="nobody",
            destination=[f"email:{place.id}"],
            plan="a <b>",
            style="csv",
        )
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert ">nobody</textarea>" in refused.text
    assert f'value="email:{place.id}" checked' in refused.text
    assert 'value="a &lt;b&gt;"' in refused.text
    assert ports.jobs.jobs == {}


def test_a_destination_of_somebody_else_is_neither_offered_nor_taken(url, ports):
    place = saved(ports, "bob", name="Bobs place")
    with signed_in_as(url) as visit:
        assert "Bobs place" not in visit.get("/datasets/sales").text
        assert visit.send("/datasets/sales", do="export", destination=f"email:{place.id}").status_code == 422
    assert ports.jobs.jobs == {}


def test_without_scripts_values_are_searched_by_a_button(url):
    with signed_in_as(url) as visit:
        found = visit.send("/datasets/sales", do="find", find_tag="to", tag_ids=["food"]).text
        nothing = visit.send("/datasets/sales", do="find", find_tag="zz").text
    assert 'name="tag_ids" value="food" checked' in found
    assert 'name="tag_ids" value="toys"' in found
    assert "None of yours begins like that" in nothing


def test_values_stay_chosen_that_are_not_among_the_first(url, ports):
    """Fifty are shown to choose from; those of an export that is asked for again may be others."""
    row = ports.warehouse.rows_by_dataset["sales"][0]
    ports.warehouse.rows_by_dataset["sales"] += [{**row, "kind": f"a{place:03}"} for place in range(60)]
    with signed_in_as(url) as visit:
        page = visit.get("/datasets/sales?tag_ids=toys").text
    assert 'name="tag_ids" value="toys" checked' in page
    assert page.count('name="tag_ids"') == 51


def test_compression_is_left_out_where_the_format_has_none(url, ports):
    with signed_in_as(url) as visit:
        visit.send("/datasets/sales", do="export", style="xlsx", packed="on")
    assert only_job(ports).options.compression is None


def test_a_reason_is_asked_of_those_alone_who_may_unmask(url, ports):
    with signed_in_as(url) as visit:
        assert "protected columns" not in visit.get("/datasets/sales").text
    with signed_in_as(url, "root", "UNMASK") as visit:
        assert "protected columns" in visit.get("/datasets/sales").text
        visit.send("/datasets/sales", do="export", style="csv", unmask_reason="An audit of cards")
    assert only_job(ports).unmask_reason == "An audit of cards"
    assert requester("root").user_id == only_job(ports).requester.user_id


def test_who_may_not_export_is_told_so_instead_of_being_refused(people):
    vic = people("vic", roles=["viewer"])
    for path, act in [("/datasets/sales", "export"), ("/reports/metrics_summary", "make")]:
        page = vic.get(path).text
        assert "None of your roles lets you make exports." in page
        assert f'name="do" value="{act}"' not in page


def test_a_dataset_without_rows_of_ones_own_says_so(people):
    assert "There are no rows of yours in it." in people("nina").get("/datasets/sales").text
    assert "There are no rows of yours in it." not in people("ann").get("/datasets/sales").text

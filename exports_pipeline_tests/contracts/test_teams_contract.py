"""What every store keeps of roles, teams and sharing, those in memory and those in Postgres."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from exports_pipeline.adapters.destination_store import PostgresDestinationStore
from exports_pipeline.adapters.job_store import PostgresJobStore
from exports_pipeline.adapters.roles_yaml import read_roles
from exports_pipeline.adapters.schedule_store import PostgresScheduleStore
from exports_pipeline.adapters.team_store import PostgresTeamStore
from exports_pipeline.adapters.user_store import PostgresUserStore
from exports_pipeline.core.destination import Destination
from exports_pipeline.core.ledger import AuditEntry, Page
from exports_pipeline.core.recipient import Channel
from exports_pipeline.core.refusals import NameTaken
from exports_pipeline.core.requester import Claimed, Permission
from exports_pipeline.core.role import Standing
from exports_pipeline.core.sharing import SharedWith
from exports_pipeline.core.team import Member, Team
from exports_pipeline_tests.builders import a_schedule, entry, new_job, requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports

ANN, BOB = requester("ann"), requester("bob")
LATER = NOON + timedelta(hours=1)
FINANCE = Team(id=uuid4(), name="Finance", created_at=NOON)
OTHERS = Team(id=uuid4(), name="Others", created_at=NOON)
NOTED = AuditEntry(at=NOON, actor=ANN.user_id, action="team.created")


@pytest.fixture(params=["memory", "postgres"])
def kept(request):
    if request.param == "memory":
        return fake_ports()
    engine = request.getfixturevalue("engine")
    return SimpleNamespace(
        users=PostgresUserStore(engine, read_roles()),
        teams=PostgresTeamStore(engine),
        jobs=PostgresJobStore(engine),
        schedules=PostgresScheduleStore(engine),
        destinations=PostgresDestinationStore(engine),
    )


@pytest.fixture
def finance(kept):
    """A team of Ann, who leads it, and Bob."""
    for each in (ANN, BOB):
        kept.users.seen(each, at=NOON)
    kept.teams.add(FINANCE, NOTED)
    kept.teams.put(FINANCE.id, Member(user_id=ANN.user_id), NOTED)
    kept.teams.put(FINANCE.id, Member(user_id=ANN.user_id, is_lead=True), NOTED)
    kept.teams.put(FINANCE.id, Member(user_id=BOB.user_id), NOTED)
    return FINANCE


def everything_of(kept, owner, *teams):
    """The ids of a job, a schedule and a destination that an owner shares with teams."""
    job = new_job(requester=owner, shared_with=teams)
    schedule = a_schedule(user_id=owner.user_id, shared_with=teams)
    place = Destination(
        id=uuid4(),
        user_id=owner.user_id,
        name="Desk",
        channel=Channel.EMAIL,
        address="desk@example.com",
        created_at=NOON,
        updated_at=NOON,
        shared_with=teams,
    )
    kept.jobs.add(job, entry(job))
    kept.schedules.add(schedule, owner, NOTED)
    kept.destinations.add(place, None, NOTED)
    return [job.id, schedule.id, place.id]


def shares(kept, ids):
    job, schedule, place = ids
    looked = kept.jobs.look([job], slots=1)[job].job.shared_with
    assert looked == kept.jobs.get(job).shared_with
    return [looked, kept.schedules.get(schedule).shared_with, kept.destinations.find(place).shared_with]


def shown(kept, who, *teams):
    shared = SharedWith(user_id=who.user_id, teams=frozenset(teams))
    found = [
        *kept.jobs.page(None, Page(shared=shared)),
        *kept.schedules.page(None, limit=9, shared=shared),
        *kept.destinations.shared(shared),
    ]
    return [each.id for each in found]


def test_a_team_comes_back_with_its_members_leads_first(kept, finance):
    assert kept.teams.find(finance.id) == finance
    assert kept.teams.members(finance.id) == [
        Member(user_id=ANN.user_id, is_lead=True),
        Member(user_id=BOB.user_id),
    ]
    assert not kept.teams.put(finance.id, Member(user_id=uuid4()), NOTED)
    assert not kept.teams.remove(finance.id, uuid4(), NOTED)
    assert kept.teams.find(uuid4()) is None


def test_teams_are_listed_by_name_and_bear_each_name_once(kept, finance):
    kept.teams.add(OTHERS, NOTED)
    assert kept.teams.page(None) == [finance, OTHERS]
    assert kept.teams.page(ANN.user_id) == [finance]
    for refused in (
        lambda: kept.teams.add(replace(OTHERS, id=uuid4()), NOTED),
        lambda: kept.teams.rename(finance.id, "Others", NOTED),
    ):
        with pytest.raises(NameTaken):
            refused()
    kept.teams.rename(finance.id, "Zoo", NOTED)
    assert [each.name for each in kept.teams.page(None)] == ["Others", "Zoo"]


def test_what_is_shared_is_shown_to_members_and_not_as_their_own(kept, finance):
    ids = everything_of(kept, ANN, finance.id)
    assert shares(kept, ids) == [(finance.id,)] * 3
    assert shown(kept, BOB, finance.id, OTHERS.id) == ids
    assert shown(kept, BOB, OTHERS.id) == shown(kept, BOB) == shown(kept, ANN, finance.id) == []


def test_sharing_is_changed_and_outlives_other_changes(kept, finance):
    job, schedule, place = ids = everything_of(kept, ANN)
    kept.jobs.share(job, (finance.id,), NOTED)
    kept.schedules.change(schedule, lambda each: (replace(each, shared_with=(finance.id,)), ()), NOTED)
    before = kept.destinations.find(place)
    kept.destinations.share(place, (finance.id,), NOTED)
    kept.destinations.change(replace(before, name="Tray"), None, NOTED)
    kept.jobs.claim(job, 1, run_id="run", now=NOON)
    assert shares(kept, ids) == [(finance.id,)] * 3


def test_who_leaves_a_team_takes_along_what_they_shared(kept, finance):
    kept.teams.add(OTHERS, NOTED)
    of_ann, of_bob = (everything_of(kept, each, finance.id, OTHERS.id) for each in (ANN, BOB))
    assert kept.teams.remove(finance.id, ANN.user_id, NOTED)
    assert shares(kept, of_ann) == [(OTHERS.id,)] * 3
    assert shares(kept, of_bob) == [(finance.id, OTHERS.id)] * 3
    kept.teams.delete(finance.id, NOTED)
    assert shares(kept, of_bob) == [(OTHERS.id,)] * 3
    assert kept.users.standings([BOB.user_id])[BOB.user_id].teams == frozenset()


def test_a_standing_tells_roles_teams_and_whether_a_user_is_active(kept, finance):
    kept.users.assign(BOB.user_id, ["manager"], NOTED)
    kept.users.set_active(BOB.user_id, is_active=False, at=NOON)
    assert kept.users.standings([ANN.user_id, BOB.user_id, uuid4()]) == {
        ANN.user_id: Standing(teams=frozenset({finance.id})),
        BOB.user_id: Standing(is_active=False, roles=frozenset({"manager"}), teams=frozenset({finance.id})),
    }
    assert not kept.users.assign(uuid4(), ["manager"], NOTED)


def test_a_users_rights_are_those_of_the_last_token_and_of_the_roles_they_have_now(kept):
    def token(**claimed):
        kept.users.seen(replace(ANN, claimed=Claimed(**claimed)), at=NOON)
        found = kept.users.requester(ANN.user_id)
        return set(found.permissions), set(found.roles)

    assert token() == ({"EXPORT"}, {"exporter"})
    assert token(roles=frozenset({"auditor", "made-up"})) == ({"VIEW_AUDIT", "VIEW_INSIGHTS_ALL"}, {"auditor"})
    assert token(permissions=frozenset({Permission.UNMASK}), roles=frozenset()) == ({"UNMASK"}, set())
    kept.users.assign(ANN.user_id, ["viewer"], NOTED)
    assert token() == (set(), {"viewer"})
    kept.users.assign(ANN.user_id, ["exporter"], NOTED)
    assert kept.users.requester(ANN.user_id).may_export
    assert token(roles=frozenset({"auditor"})) == (
        {"EXPORT", "VIEW_AUDIT", "VIEW_INSIGHTS_ALL"},
        {"auditor", "exporter"},
    )
    again = kept.users.requester(ANN.user_id)
    kept.users.seen(again, at=LATER)
    kept.users.assign(ANN.user_id, [], NOTED)
    assert set(kept.users.requester(ANN.user_id).roles) == {"auditor"}


def test_users_are_found_by_parts_of_address_and_owner_key_and_by_pages(kept):
    for place, name in enumerate(("ann", "bob", "b_b")):
        person = replace(requester(name), email=f"{name}@Example.com")
        kept.users.seen(person, at=NOON + timedelta(minutes=place))
    listed = kept.users.page("", limit=9)
    assert [each.email for each in listed] == ["b_b@Example.com", "bob@Example.com", "ann@Example.com"]
    assert kept.users.page("EXAMPLE", limit=1) == listed[:1]
    assert kept.users.page("", limit=9, before=(listed[0].created_at, listed[0].id)) == listed[1:]
    assert [each.email for each in kept.users.page("b_b", limit=9)] == ["b_b@Example.com"]
    assert kept.users.page("%", limit=9) == []
    assert kept.users.find(ANN.user_id) == listed[2]
    assert kept.users.find(uuid4()) is None

"""Names of users: everybody's for auditors, one's own for all others."""

from exports_pipeline.usecases.name_users import name_users
from exports_pipeline_tests.builders import requester
from exports_pipeline_tests.fakes.clock import NOON
from exports_pipeline_tests.fakes.ports import fake_ports

ANN, BOB = requester("ann"), requester("bob")


def test_an_auditor_learns_the_names_of_those_who_are_known_and_others_their_own():
    ports = fake_ports()
    for person in (ANN, BOB):
        ports.users.seen(person, at=NOON)
    everybody = {ANN.user_id, BOB.user_id, requester("gone").user_id}
    auditor = requester("eve", "VIEW_AUDIT")
    assert name_users(everybody, auditor, ports=ports) == {ANN.user_id: "ann", BOB.user_id: "bob"}
    assert name_users(everybody, ANN, ports=ports) == {ANN.user_id: "ann"}
    assert name_users({BOB.user_id}, ANN, ports=ports) == {}
    assert name_users(set(), auditor, ports=ports) == {}

"""Teams, keys, roles and the audit log over HTTP again, over Postgres behind its second wall."""

# ruff: noqa: F401 - pytest finds here what is imported
from exports_pipeline_tests.api.test_activity_over_http import (
    used,
)
from exports_pipeline_tests.api.test_api_keys_over_http import (
    root,
    test_a_key_made_by_an_administrator_for_somebody_has_their_rights,
    test_a_key_makes_no_keys_and_revokes_no_other,
    test_a_user_who_was_deactivated_comes_in_with_no_key,
    test_keys_of_others_are_not_there,
)
from exports_pipeline_tests.api.test_audit_over_http import (
    auditor,
    test_the_log_is_read_in_pages_and_by_filters,
)
from exports_pipeline_tests.api.test_erasing_users_over_http import (
    administrator,
    known,
    test_nobody_else_erases_and_nobody_unknown_is_erased,
)
from exports_pipeline_tests.api.test_teams_over_http import (
    boss,
    eve,
    team,
    test_a_lead_adds_and_removes_members_but_makes_no_leads,
    test_a_member_is_no_lead_and_a_stranger_sees_no_team,
    test_an_ex_member_loses_everything_at_once_and_takes_along_what_was_theirs,
    test_an_export_is_shared_from_its_request_on,
    test_members_see_pause_and_run_a_shared_schedule_with_its_owners_rights,
    test_shared_exports_are_listed_apart_from_ones_own,
    test_teams_are_made_renamed_and_deleted_by_administrators,
    test_those_who_manage_destinations_and_schedules_reach_those_of_others,
    test_those_who_manage_take_sharing_away_and_add_none,
)
from exports_pipeline_tests.api.test_users_over_http import (
    test_a_deactivated_user_is_refused_at_every_door_of_theirs,
    test_a_schedule_stops_when_its_owner_may_not_export_any_more,
    test_administrators_find_everybody_who_was_here,
)

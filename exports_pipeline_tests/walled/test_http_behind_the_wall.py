"""Tests of the API over HTTP again, over Postgres behind its second wall: those that look into no fake."""

# ruff: noqa: F401 - pytest finds here what is imported
from exports_pipeline_tests.api.test_deliveries_over_http import (
    link,
    test_a_link_closes_when_its_owner_has_lost_the_right_it_was_made_with,
    test_a_link_closes_when_its_owner_is_kept_out,
    test_a_link_ends_after_a_day,
    test_each_delivery_has_a_link_of_its_own,
    test_no_message_carries_a_signed_url,
    test_only_what_failed_is_sent_again,
)
from exports_pipeline_tests.api.test_jobs_over_http import (
    test_a_cancelled_job_can_be_retried_as_a_new_attempt,
    test_a_failed_job_says_why_and_who_can_mend_it,
    test_a_job_of_somebody_else_is_as_unknown_as_one_that_does_not_exist,
    test_a_pending_job_tells_its_place_in_the_queue,
    test_a_pending_or_running_job_can_be_cancelled_once,
    test_a_running_job_tells_how_far_it_is,
    test_the_list_is_filtered_by_status_dataset_and_time,
    test_the_list_is_paged_without_gaps_or_repeats_while_jobs_are_added,
    test_who_manages_exports_sees_jobs_of_others,
)
from exports_pipeline_tests.api.test_request_over_http import (
    test_a_key_used_for_another_request_is_refused_and_a_key_of_somebody_else_is_not_seen,
    test_an_administrator_may_export_what_belongs_to_nobody,
    test_everything_a_request_can_carry_reaches_the_ledger,
    test_the_answer_does_not_wait_for_dagster,
)
from exports_pipeline_tests.api.test_running_schedules import (
    test_a_deleted_schedule_is_gone,
    test_the_tick_ledger_tells_of_every_window,
    test_what_others_rights_show_is_not_for_the_owner_of_the_schedule,
)
from exports_pipeline_tests.api.test_schedules_over_http import (
    test_a_change_just_after_a_window_leaves_a_line_about_it,
    test_a_list_is_paged_and_shows_ones_own,
    test_an_administrator_names_recipients_with_the_rights_of_the_owner,
    test_an_administrator_sees_and_pauses_schedules_of_others,
    test_the_body_and_the_formats_may_be_changed,
)

"""Tests of saved destinations again, over Postgres behind its second wall: those that look into no fake."""

# ruff: noqa: F401 - pytest finds here what is imported
from exports_pipeline_tests.api.test_destinations_over_http import (
    ann,
    test_a_change_keeps_what_it_does_not_name,
    test_a_deleted_destination_is_gone,
    test_a_name_is_yours_once,
    test_somebody_elses_destination_is_not_there,
)

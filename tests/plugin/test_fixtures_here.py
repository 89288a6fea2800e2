"""The same tests in this very run, whose fixtures come from the installed entry point."""

from somebodys_tests import (  # noqa: F401
    test_both_clients_see_one_account,
    test_clients_that_the_code_closes_are_no_trouble,
    test_code_that_makes_its_own_client_finds_the_server,
    test_faults,
    test_mail_and_clock,
    test_the_second_generation,
)

"""What holds on every engine, whatever plays it; each engine's test file takes these tests in."""


def test_every_value_is_duckdbs(report):
    assert not report.faults, "\n\n".join(report.faults)
    assert [outcome.title for outcome in report.outcomes] == [
        "full build",
        "incremental build",
        "empty build",
    ]


def test_nearly_everything_is_compared(report):
    for outcome in report.outcomes[:2]:
        filled = {found.name for found in outcome.compared if found.rows}
        assert {
            "fct_charges", "fct_attributed_charges", "fct_allocated_costs", "fct_ai_usage", "dim_ownership",
            "int_costs__daily", "int_aws__charges", "snap_daily_bill", "virtual_tag_rules",
            "shared_allocated_costs", "shared_ai_usage", "shared_budget_status",
            "probe_expressions", "probe_allocation",
        } <= filled  # fmt: skip
        assert sum(found.amounts for found in outcome.compared) > 10_000


def test_the_second_build_met_its_changes(report):
    """An incremental run that met nothing would compare nothing new."""
    first, second, _ = ({found.name: found.rows for found in outcome.compared} for outcome in report.outcomes)
    assert second["fct_charges"] < first["fct_charges"], "a day was emptied"
    assert second["int_charges__changed_days"] == first["int_charges__changed_days"]

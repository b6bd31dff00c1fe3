"""Nodes divided by OpenShift's reports: beside OpenCost's, packed again late, and on days without any."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from attribution_alone import SEEDS
from nodes_alone import FIRST_LOAD, PARTS, Nodes

DAYS = [date(2026, 2, day) for day in (1, 2, 3)]
BOTH, OWN = "i-0aabcdef0123456", "i-0babcdef0123456"
# The defaults of vars.node_prices.
CORE, GIB = Fraction("0.031611"), Fraction("0.004237")
CLOSE = Fraction(1, 10**17)
HOURS = range(24)
LATE = datetime(2026, 3, 5)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two machines, three days. OpenCost tells of one machine on one day; the third has no report."""
    world = Nodes(tmp_path_factory.mktemp("openshift") / "project")
    world.lines = {}
    for day in DAYS:
        for machine in (BOTH, OWN):
            world.lines[machine, day] = world.line(machine, day, "64.80")
            world.line(machine, day, "-6.48")
    world.runs("eks", "n1", BOTH, DAYS[0], "api", 3)
    world.runs("eks", "n1", BOTH, DAYS[0], None, 1, idle=True)
    world.measured("eks", DAYS[0])
    for day in DAYS[:2]:
        world.reports("ocp", BOTH, day, HOURS, "api", 2, 4)
        # What the same package told at noon was less, and counts no more.
        world.reports("ocp", OWN, day, HOURS[:12], "web", 4, 8, packed_at="0")
        world.reports("ocp", OWN, day, HOURS, "web", 1, 4)
        world.reports("ocp", OWN, day, HOURS[:12], "db", 2, 1)
    every = [str(day) for day in DAYS]
    world.told = {"first": (FIRST_LOAD, [every[0]])}
    world.packed = {"first": (FIRST_LOAD, every)}
    world.write(world.told, world.packed)
    world.run(*SEEDS)
    return world


def shares(world, machine, day):
    line = world.lines[machine, day]
    found = world.project.rows(
        f"select x_workload, telemetry_source, allocation_share from {PARTS} where x_charge_id = '{line}'"
    )
    return {(workload, source): Fraction(share) for workload, source, share in found}


def assert_close(found, expected):
    assert found.keys() == expected.keys()
    for name, share in expected.items():
        assert abs(found[name] - share) <= CLOSE, name


def of_reports(**weights):
    total = sum(weights.values())
    return {
        (f"ocp/__{name}__" if name == "idle" else f"ocp/shop/{name}", "openshift"): weight / total
        for name, weight in weights.items()
    }


def test_pods_weigh_by_the_hour_and_what_they_leave_is_idle(world):
    web, db = 24 * CORE + 96 * GIB, 24 * CORE + 12 * GIB
    idle = (24 * 4 - 48) * CORE + (24 * 8 - 108) * GIB
    for day in DAYS[:2]:
        assert_close(shares(world, OWN, day), of_reports(web=web, db=db, idle=idle))


def test_a_machine_that_opencost_tells_of_too_is_weighed_by_it_and_once(world):
    by_opencost = {("eks/shop/api", "opencost"): Fraction(3, 4), ("eks/__idle__", "opencost"): Fraction(1, 4)}
    assert_close(shares(world, BOTH, DAYS[0]), by_opencost)
    api, idle = 48 * CORE + 96 * GIB, 48 * CORE + 96 * GIB
    assert_close(shares(world, BOTH, DAYS[1]), of_reports(api=api, idle=idle))


def test_a_day_without_a_report_is_unobserved(world):
    for machine in (BOTH, OWN):
        assert shares(world, machine, DAYS[2]) == {("ocp/__unobserved__", None): Fraction(1)}


def test_parts_are_their_lines_in_all_four_costs(world):
    for cost in ("billed_cost", "effective_cost", "contracted_cost", "list_cost"):
        (parts,) = world.project.rows(f"select sum({cost}) from {PARTS}")
        (lines,) = world.project.rows(f"select sum({cost}) from main.fct_charges")
        assert parts == lines
    (sums,) = world.project.rows(f"select sum(billed_cost), sum(effective_cost) from {PARTS}")
    assert sums == (Decimal("349.92"), Decimal("87.48"))


def test_a_day_that_is_packed_again_is_split_again_and_no_other(world):
    day = DAYS[1]
    world.reports("ocp", OWN, day, HOURS, "db", 3, 4, packed_at="2")
    world.write(world.told, world.packed | {"late": (LATE, [str(day)])})
    world.run()
    web, db = 24 * CORE + 96 * GIB, 72 * CORE + 96 * GIB
    assert_close(shares(world, OWN, day), of_reports(web=web, db=db))
    again = world.project.rows(
        f"select distinct charge_date::text from {PARTS} where x_changed_at = '{LATE}' order by 1"
    )
    # The day without reports knows its machines from other days, so it goes with every load.
    assert again == [(str(day),), (str(DAYS[2]),)]
    (parts,) = world.project.rows(f"select sum(billed_cost) from {PARTS}")
    assert parts == (Decimal("349.92"),)

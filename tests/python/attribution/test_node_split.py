"""Kubernetes nodes in a world of chance: lines are whole in their parts, each part is what fractions say."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from attribution_alone import SEEDS
from nodes_alone import FIRST_LOAD, PARTS, Nodes

DAYS = [date(2026, 2, 1) + timedelta(days=n) for n in range(6)]
CLUSTERS = ("prod", "test")
NODES, CONTROLLERS = 4, ("api", "db", "queue")
# Shares have 18 digits, and the weights of a node's hours are whole.
CLOSE = Fraction(1, 10**17)


def machine(cluster, number):
    return f"i-0{CLUSTERS.index(cluster)}{number:x}abcdef0123456"


def hours_of(life, missing):
    """The hours of a node that were seen, and those of a gap that it lived up to or after."""
    seen = {hour for hour in range(*life) if hour not in missing}
    gap = set()
    for hour in missing:
        before = max((h for h in range(hour) if h not in missing), default=None)
        after = min((h for h in range(hour, 24) if h not in missing), default=None)
        if any(near is not None and life[0] <= near < life[1] for near in (before, after)):
            gap.add(hour)
    return seen, gap


def expected(span, life, missing, weights, cluster):
    """Shares of a line by the rules in words; nothing where nothing weighs."""
    total = sum(weights.values())
    if not total:
        return {}
    seen, gap = hours_of(life, missing)
    if not seen:
        seen, gap, inside = {0}, set(), {0}
    else:
        inside = set(range(*span)) & (seen | gap) or (seen | gap)
    told = Fraction(len(inside & seen), len(inside))
    shares = {name: told * Fraction(weight) / Fraction(total) for name, weight in weights.items() if weight}
    shares[f"{cluster}/__unobserved__"] = 1 - told
    return {name: share for name, share in shares.items() if share}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two clusters whose nodes have the same names, six days, gaps, refunds, hours, nodes without cost."""
    chance = random.Random(4711)
    world = Nodes(tmp_path_factory.mktemp("nodes") / "project")
    world.truth = {}
    for day in DAYS:
        for cluster in CLUSTERS:
            # Days 4 and 5 of one cluster: Prometheus was down all day.
            dark = cluster == "test" and day in DAYS[3:5]
            missing = set(range(*sorted(chance.sample(range(25), 2)))) if chance.random() < 0.5 else set()
            if len(missing) == 24:
                missing = set()
            if not dark:
                world.measured(cluster, day, missing)
            for number in range(NODES):
                weights = tell(world, chance, cluster, number, day) if not dark else ({}, (0, 24))
                bill(world, chance, cluster, number, day, missing, *weights, dark=dark)
    world.loads = {"first": (FIRST_LOAD, [str(day) for day in DAYS])}
    world.runs("prod", "nobody pays", "i-0ffabcdef01234567", DAYS[0], "unpaid", 5)
    world.write(world.loads)
    world.run(*SEEDS)
    return world


def tell(world, chance, cluster, number, day):
    """What ran on a node of a day: weights by workload, and the node's life."""
    born = chance.choice([0, 0, 0, 5])
    life = (born, chance.choice([24, 24, 19, born + 1]))
    weights = {}
    for controller in CONTROLLERS[: chance.randint(1, 3)]:
        cost = Decimal(chance.choice([0, chance.randint(1, 10**7)])).scaleb(-5)
        weights[f"{cluster}/shop/{controller}"] = cost
        world.runs(cluster, f"node-{number}", machine(cluster, number), day, controller, cost, life)
    if chance.random() < 0.8:
        cost = Decimal(chance.randint(0, 10**6)).scaleb(-5)
        weights[f"{cluster}/__idle__"] = cost
        world.runs(cluster, f"node-{number}", machine(cluster, number), day, None, cost, life, idle=True)
    return weights, life


def bill(world, chance, cluster, number, day, missing, weights, life, *, dark):
    """A line of the day, one of some hours and a refund, each with the shares that it must have."""
    for span in ((0, 24), (0, 24), tuple(sorted(chance.sample(range(25), 2)))):
        cost = Decimal(chance.randint(-(10**12), 10**12)).scaleb(-chance.choice([2, 9, 10]))
        name = world.line(machine(cluster, number), day, cost, *span)
        world.truth[name] = (
            {f"{cluster}/__unobserved__": Fraction(1)}
            if dark
            else expected(span, life, missing, weights, cluster)
        )


def test_every_part_is_what_fractions_say(world):
    told = {}
    for line, workload, share in world.project.rows(
        f"select x_charge_id, x_workload, allocation_share from {PARTS}"
    ):
        told.setdefault(line, {})[workload] = Fraction(share)
    kinds = {len(shares) for shares in world.truth.values()}
    # Lines that nothing divides, whole ones and divided ones.
    assert {0, 1, 3} <= kinds
    for line, shares in world.truth.items():
        assert told.get(line, {}).keys() == shares.keys(), line
        for workload, share in shares.items():
            assert abs(told[line][workload] - share) <= CLOSE, (line, workload)


def test_workloads_idle_and_unobserved_are_the_bill_in_all_four_costs(world):
    costs = ("billed_cost", "effective_cost", "contracted_cost", "list_cost")
    sums = ", ".join(f"sum(p.{cost}) = max(c.{cost})" for cost in costs)
    rows = world.project.rows(
        f"select x_charge_id, {sums} from {PARTS} as p join fct_charges as c using (x_charge_id) group by 1"
    )
    assert len(rows) == sum(1 for shares in world.truth.values() if shares)
    assert all(all(equal) for _, *equal in rows)
    below = world.project.rows(f"select count(*) from {PARTS} where billed_cost < 0")
    assert below[0][0] > 50


def test_a_node_without_a_bill_line_makes_no_money(world):
    assert world.project.rows(f"select count(*) from {PARTS} where x_workload = 'prod/shop/unpaid'") == [(0,)]
    assert world.project.rows(
        "select cluster, bill_lines from main_intermediate.int_attribution__nodes as nodes,"
        f" lateral (select count(*) as bill_lines from {PARTS} where bill_key = nodes.node_key) as met"
        " where node = 'nobody pays'"
    ) == [("prod", 0)]


def test_late_days_are_split_again_and_nothing_else_is(world):
    """One day is told anew, and what became of the others is not even written again."""
    late = datetime(2026, 3, 5)
    day = str(DAYS[1])
    for row in world.allocations:
        if row["charge_date"] == day and row["controller"] == "api":
            row["cpu_cost"] = str(Decimal(row["cpu_cost"]) * 3 + 1)
    world.write(world.loads | {"late": (late, [day])})
    world.run()
    again = world.project.rows(
        f"select distinct charge_date::text from {PARTS} where x_changed_at = '{late}' order by 1"
    )
    # Days without any metrics know their machines from other days, so they go with every load.
    assert [found for (found,) in again] == [day, str(DAYS[3]), str(DAYS[4])]
    step = world.contents()
    world.project.dbt("run", "--full-refresh", "--select", "int_attribution__node_parts")
    assert world.contents() == step

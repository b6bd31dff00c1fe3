"""OpenCost as the sandbox plays it: the machines of the cloud bill, idle apart, hours without metrics."""

import json
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
import requests

DAY = "2026-11-10T00:00:00Z,2026-11-11T00:00:00Z"
# Four days before the last one, and three.
GAP, DARK = "2026-11-08T00:00:00Z,2026-11-09T00:00:00Z", "2026-11-09T00:00:00Z,2026-11-10T00:00:00Z"
BY_NODE = "cluster,node,namespace,controllerKind,controller"


@pytest.fixture(scope="module")
def get(sandbox):
    def ask(path, status=200, **params):
        url = sandbox.env["SOURCES__OPENCOST__BASE_URL"]
        reply = requests.get(f"{url}/{path}", params=params, timeout=30)
        assert reply.status_code == status, reply.text
        found = json.loads(reply.text, parse_float=Decimal)
        assert found["code"] == status
        return found.get("data", found)

    return ask


def test_workloads_and_idle_are_the_node_but_for_the_fifth_decimal(get):
    (rows,) = get("allocation", window=DAY, aggregate=BY_NODE, includeIdle="true", idleByNode="true")
    nodes = get("assets", window=DAY)
    assert len(nodes) == 16
    for node in nodes.values():
        place = (node["properties"]["cluster"], node["properties"]["name"])
        own = [r for r in rows.values() if (r["properties"]["cluster"], r["properties"]["node"]) == place]
        assert sum(row["name"].endswith("/__idle__") for row in own) == 1
        assert len(own) > 1
        assert abs(sum(row["totalCost"] for row in own) - node["totalCost"]) < Decimal("0.0001")
        assert {row["properties"]["providerID"].rpartition("/")[2] for row in own} == {
            node["properties"]["providerID"]
        }
    assert {r["name"]: r for r in rows.values()} == rows


def test_the_machines_are_on_the_cloud_bill_with_the_hours_that_they_lived(get, sandbox):
    nodes = {n["properties"]["providerID"]: n["minutes"] for n in get("assets", window=DAY).values()}
    billed = {}
    for path in (sandbox.folder / "focus" / "aws").rglob("*.parquet"):
        for row in pq.read_table(path).to_pylist():
            machine = (row["ResourceId"] or "").rpartition("/")[2]
            if machine in nodes and f"{row['ChargePeriodStart']:%Y-%m-%d}" == "2026-11-10":
                billed[machine] = row["ConsumedQuantity"] * 60
    assert billed == nodes


def test_idle_comes_only_where_it_is_asked_for(get):
    (rows,) = get("allocation", window=DAY, aggregate=BY_NODE)
    assert rows
    assert not any("__idle__" in name for name in rows)


def test_a_step_of_an_hour_shows_where_metrics_are_missing(get):
    steps = get("allocation/compute", window=GAP, aggregate="cluster", step="1h")
    seen = [hour for hour, one in enumerate(steps) if "eks-prod" in one]
    assert len(steps) == 24
    assert seen[:4] == [0, 1, 5, 6]
    assert all(one["eks-prod"]["window"]["start"][11:13] == f"{hour:02}" for hour, one in enumerate(steps)
               if hour in seen)  # fmt: skip
    (day,) = get("allocation", window=GAP, aggregate="cluster")
    assert day["eks-prod"]["minutes"] > 20 * 60 * 0.9


def test_a_day_without_metrics_has_no_row_of_the_cluster(get):
    (rows,) = get("allocation", window=DARK, aggregate="cluster", includeIdle="true")
    assert {row["properties"]["cluster"] for row in rows.values()} == {"eks-prod"}
    assert {n["properties"]["cluster"] for n in get("assets", window=DARK).values()} == {"eks-prod"}


@pytest.mark.parametrize(
    "params",
    [
        {"window": "7d", "aggregate": "cluster"},
        {"window": "2026-11-10T00:00:00Z", "aggregate": "cluster"},
        {"window": DAY, "aggregate": "colour"},
        {"window": DAY, "aggregate": "cluster", "wrong": "1"},
    ],
)
def test_what_is_not_understood_is_refused(get, params):
    assert get("allocation", status=400, **params)["message"]

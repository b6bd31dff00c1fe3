"""OpenCost over HTTP and out of files: idle stays apart, hours without metrics are told, floats stay text."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from front import front_of
from werkzeug.wrappers import Response

ROWS = "raw_opencost.allocations"
EXPORTS = "raw_opencost.allocation_exports"
# The sandbox's gap: four days before its last one, hours 2 to 4 of one cluster.
GAP, DARK = "2026-11-08", "2026-11-09"


@pytest.fixture
def front(sandbox, monkeypatch, warehouse):
    """The sandbox with something between; `warehouse` first, so that this base URL stays."""
    with front_of(sandbox.base_url) as running:
        path = sandbox.env["SOURCES__OPENCOST__BASE_URL"].removeprefix(sandbox.base_url)
        monkeypatch.setenv("SOURCES__OPENCOST__BASE_URL", running.base_url + path)
        yield running


def allocation(**changes):
    """The example of the contract, as an API tells it."""
    properties = {
        "cluster": "prod-eu",
        "node": "aks-1",
        "namespace": "claims",
        "controllerKind": "deployment",
        "controller": "triage-api",
        "providerID": "azure:///subscriptions/1/resourceGroups/rg/…/virtualMachines/0",
        "labels": {"team": "claims", "pod_template_hash": "77f"},
        "namespaceLabels": {"team": "platform", "environment": "prod"},
    }
    day = {"start": f"{GAP}T00:00:00Z", "end": "2026-11-09T00:00:00Z"}
    return {
        "name": "prod-eu/aks-1/claims/deployment/triage-api",
        "properties": properties | changes.pop("properties", {}),
        "window": day,
        **day,
        "minutes": 1440,
        "cpuCost": 1.6032,
        "gpuCost": 9.84,
        "ramCost": 0.8064,
        "totalCost": 13.0016,
        **changes,
    }


@pytest.fixture
def told(front):
    """Answer every question about allocations with these, the rest with nothing."""

    def answer(*found, sets=None):
        front.changes.clear()

        @front.change
        def made(request, _):
            data = {}
            if request.path.endswith("/allocation"):
                data = [{row["name"]: row for row in found}] if sets is None else sets
                if request.args.get("step"):
                    data = []
            body = json.dumps({"code": 200, "status": "success", "data": data})
            return Response(body, mimetype="application/json")

    return answer


def test_idle_is_asked_for_apart_by_node_and_days_are_pinned(warehouse, front):
    assert warehouse.load("opencost", since=GAP, until=DARK)[0] == 0
    asked = [{name: value[0] for name, value in args.items()} for _, args in front.asked]
    assert {args["window"] for args in asked} == {
        "2026-11-08T00:00:00Z,2026-11-09T00:00:00Z",
        "2026-11-09T00:00:00Z,2026-11-10T00:00:00Z",
    }
    daily = [args for args in asked if args.get("aggregate", "").startswith("cluster,node")]
    assert len(daily) == 2
    for args in daily:
        assert (args["includeIdle"], args["idleByNode"], args["shareIdle"]) == ("true", "true", "false")
        assert args["aggregate"] == "cluster,node,namespace,controllerKind,controller"
        assert "step" not in args
    idle = warehouse.rows(f"select count(*), count(namespace) from {ROWS} where name like '%/__idle__'")
    nodes = warehouse.rows("select count(*) from raw_opencost.assets")
    assert idle[0] == (nodes[0][0], 0)


def test_rows_of_a_node_do_not_add_up_to_it_and_land_as_they_are(warehouse):
    """The API rounds to five decimals, so the weights are what it says and never made to fit."""
    warehouse.load("opencost")
    assert warehouse.rows(
        f"select count(*) from {ROWS} where length(split_part(cpu_cost, '.', 2)) > 5 or cpu_cost is null"
    ) == [(0,)]
    off = warehouse.rows(
        f"""
        select count(*) from (
            select
                sum(cast(r.cpu_cost as decimal(38, 18)) + cast(r.ram_cost as decimal(38, 18))) as rows_cost,
                max(cast(a.total_cost as decimal(38, 18))) as node_cost
            from {ROWS} as r join raw_opencost.assets as a using (charge_date, cluster, node)
            group by charge_date, cluster, node
        ) where rows_cost <> node_cost and abs(rows_cost - node_cost) < 0.0001
        """
    )
    assert off[0][0] > 0


def test_two_clusters_have_nodes_of_one_name_and_other_machines(warehouse):
    warehouse.load("opencost")
    rows = warehouse.rows(
        f"select node, count(distinct cluster), count(distinct provider_id) from {ROWS} group by 1 having "
        "count(distinct cluster) > 1"
    )
    assert rows
    assert all(clusters == machines == 2 for _, clusters, machines in rows)


def test_hours_without_metrics_are_told_hour_by_hour(warehouse):
    warehouse.load("opencost")
    hours = dict(
        warehouse.rows(
            f"select cluster, hours_seen from raw_opencost.cluster_hours where charge_date = '{GAP}'"
        )
    )
    assert hours["eks-prod"].startswith("110001")
    assert "000" not in hours["eks-staging"].rstrip("0")
    # A day without any metrics has no row, and was read all the same.
    dark = f"select cluster from raw_opencost.cluster_hours where charge_date = '{DARK}'"
    assert warehouse.rows(dark) == [("eks-prod",)]
    read = (
        "select count(*) from raw_opencost.load_log "
        f"where table_name = 'cluster_hours' and charge_date = '{DARK}'"
    )
    assert warehouse.rows(read) == [(1,)]


def test_today_and_the_two_days_before_the_last_are_read_again(warehouse, front, monkeypatch):
    from ingestion.common import pipeline

    monkeypatch.setattr(pipeline, "yesterday", lambda: date(2026, 11, 12))
    assert warehouse.load("opencost")[0] == 0
    front.asked.clear()
    assert warehouse.load("opencost", since=None)[0] == 0
    windows = {args["window"][0][:10] for path, args in front.asked if path.endswith("/assets")}
    assert windows == {str(date(2026, 11, 12) - timedelta(days=n)) for n in range(3)}


def test_a_restated_day_replaces_and_a_workload_that_is_gone_goes(warehouse, told):
    told(allocation(), allocation(name="second", properties={"controller": "db"}))
    assert warehouse.load("opencost", since=GAP, until=GAP)[0] == 0
    told(allocation(cpuCostAdjustment=-0.25))
    assert warehouse.load("opencost", since=GAP, until=GAP)[0] == 0
    assert warehouse.rows(f"select controller, cpu_cost, cpu_cost_adjustment from {ROWS}") == [
        ("triage-api", "1.6032", "-0.25")
    ]


def test_labels_are_the_pods_own_and_else_the_namespaces(warehouse, told, monkeypatch):
    told(allocation())
    assert warehouse.load("opencost", since=GAP, until=GAP)[0] == 0
    assert warehouse.rows(f"select labels from {ROWS}") == [('{"environment":"prod","team":"claims"}',)]
    monkeypatch.setenv("SOURCES__OPENCOST__LABELS", '["pod_template_hash"]')
    assert warehouse.load("opencost", since=GAP, until=GAP)[0] == 0
    assert warehouse.rows(f"select labels from {ROWS}") == [('{"pod_template_hash":"77f"}',)]


def test_both_forms_of_graphics_processor_averages_land(warehouse, told):
    told(
        allocation(name="2024", gpuRequestAverage=1, gpuUsageAverage=0.25),
        allocation(
            name="2025",
            properties={"controller": "newer"},
            gpuAllocation={"gpuRequestAverage": 2, "gpuUsageAverage": 0.75, "isGPUShared": True},
        ),
    )
    assert warehouse.load("opencost", since=GAP, until=GAP)[0] == 0
    assert warehouse.rows(
        f"select name, gpu_request_average, gpu_usage_average, is_gpu_shared from {ROWS} order by 1"
    ) == [("2024", "1", "0.25", None), ("2025", "2", "0.75", True)]


def test_null_is_no_number_and_no_fault(warehouse, told):
    """Where a division failed, OpenCost writes null."""
    told(allocation(cpuCost=None, gpuHours=None))
    assert warehouse.load("opencost", since=GAP, until=GAP)[0] == 0
    assert warehouse.rows(f"select cpu_cost, ram_cost from {ROWS}") == [(None, "0.8064")]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([allocation(cpuCostIdle=0.4)], ["is idle inside the cost of a workload", "shareIdle=false"]),
        ([allocation(ramCost="cheap")], ['"cheap" is no number', "ram_cost"]),
        ([allocation(start="2026-11-07T00:00:00Z")], ["2026-11-07", "which was not asked for"]),
    ],
    ids=["shared idle", "no number", "another day"],
)
def test_what_cannot_be_a_weight_stops_the_run(warehouse, told, rows, words):
    told(allocation())
    warehouse.load("opencost", since=GAP, until=GAP)
    before = warehouse.contents(ROWS)
    told(*rows)
    code, said = warehouse.load("opencost", since=GAP, until=GAP)
    assert code == 1
    assert all(word in said for word in words), said
    assert warehouse.contents(ROWS) == before


def test_an_allocation_that_comes_in_two_sets_is_not_added(warehouse, told):
    row = allocation()
    told(sets=[{row["name"]: row}, {row["name"]: row}])
    code, said = warehouse.load("opencost", since=GAP, until=GAP)
    assert code == 1
    assert "twice" in said


def test_kubecost_has_another_path_and_another_name_for_idle(warehouse, front, monkeypatch):
    monkeypatch.setenv("SOURCES__OPENCOST__KUBECOST", "true")

    @front.change
    def answered(request, reply):
        path = request.path.removeprefix("/opencost")
        if path not in ("/model/allocation", "/model/assets"):
            return None
        data = {} if path.endswith("assets") else [{}]
        return Response(json.dumps({"code": 200, "data": data}), mimetype="application/json")

    assert warehouse.load("opencost", since=GAP, until=GAP)[0] == 0
    daily = next(args for path, args in front.asked if "idleByNode" in args)
    assert daily["idle"] == ["true"]
    assert "includeIdle" not in daily
    assert all(path.startswith("/opencost/model/") for path, _ in front.asked)
    front.asked.clear()
    monkeypatch.setenv("SOURCES__OPENCOST__BASE_URL", f"{front.base_url}/opencost/model")
    assert warehouse.load("opencost", since=GAP, until=GAP)[0] == 0
    assert all(path.startswith("/opencost/model/a") for path, _ in front.asked)


# Files --------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch, warehouse):
    """A folder of exports, and no API."""
    monkeypatch.delenv("SOURCES__OPENCOST__BASE_URL")
    found = tmp_path / "exports"
    found.mkdir()
    monkeypatch.setenv("SOURCES__OPENCOST__BUCKET_URL", str(found))
    return found


CSV = (
    "Date,Namespace,ControllerKind,ControllerName,Pod,Container,CPUCoreUsageAverage,CPUCost,RAMCost,"
    "NetworkCost,PVCost,GPUCost,TotalCost,Labels,Label_team\n"
    '2026-11-08,shop,deployment,api,api-1,main,0.2,1.0000000000000000001,0.5,0,0,0,1.5,"{""app"":""api"",'
    '""feature"":""checkout"",""noise"":""x""}",shop-team\n'
    "2026-11-08,shop,deployment,api,api-2,main,NaN,2,NaN,0,0,,2,,\n"
    "2026-11-09,shop,deployment,api,api-1,main,0.2,3,0,0,0,0,3,,\n"
)


def exporter(path, **changes):
    """A file of opencost-parquet-exporter: flattened, renamed, all numbers doubles."""
    row = {
        "name": "prod/n1/shop/deployment/api/api-1/main",
        "properties.cluster": "prod",
        "properties.node": "n1",
        "properties.namespace": "shop",
        "properties.controllerKind": "deployment",
        "properties.controller": "api",
        "properties.pod": "api-1",
        "properties.container": "main",
        "properties.providerID": "gce://p/z/n1",
        "label.team": "shop-team",
        "label.pod_template_hash": "77f",
        "window.start": "2026-11-08T00:00:00Z",
        "window.end": "2026-11-09T00:00:00Z",
        "running_start_time": "2026-11-08T03:00:00Z",
        "running_end_time": "2026-11-08T09:00:00Z",
        "running_minutes": 360.0,
        "cpuCost": 0.1 + 0.2,
        "cpuCostIdle": 0.0,
        "ramCost": float("nan"),
        "gpuCost": 0.0,
        "totalCost": 0.1 + 0.2,
    } | changes
    pq.write_table(pa.table({name: [value] for name, value in row.items()}), path)


def test_the_built_in_csv_lands_without_a_node(warehouse, folder):
    (folder / "export.csv").write_text(CSV)
    code, said = warehouse.load("opencost", since=None)
    assert code == 0, said
    rows = warehouse.rows(
        "select charge_date::text, controller, pod, node, cpu_cost, ram_cost, gpu_cost, labels "
        f"from {EXPORTS} order by source_row"
    )
    labels = '{"app":"api","feature":"checkout","team":"shop-team"}'
    assert rows == [
        ("2026-11-08", "api", "api-1", None, "1.0000000000000000001", "0.5", "0", labels),
        ("2026-11-08", "api", "api-2", None, "2", None, None, None),
        ("2026-11-09", "api", "api-1", None, "3", "0", "0", None),
    ]


def test_the_parquet_exporter_lands_with_node_hours_and_the_digits_of_its_doubles(warehouse, folder):
    exporter(folder / "2026-11-08.parquet")
    code, said = warehouse.load("opencost", since=None)
    assert code == 0, said
    (row,) = warehouse.rows(
        "select cluster, node, provider_id, started_at, ended_at, minutes, cpu_cost, ram_cost, labels, "
        f"charge_date::text from {EXPORTS}"
    )
    assert row == (
        *("prod", "n1", "gce://p/z/n1", "2026-11-08T03:00:00Z", "2026-11-08T09:00:00Z"),
        *("360", "0.30000000000000004", None, '{"team":"shop-team"}', "2026-11-08"),
    )
    assert Decimal(row[6]) == Decimal("0.30000000000000004")


def test_a_file_is_replaced_as_a_whole_and_one_that_is_gone_takes_its_rows(warehouse, folder):
    (folder / "export.csv").write_text(CSV)
    exporter(folder / "2026-11-08.parquet")
    warehouse.load("opencost", since=None)
    before = warehouse.contents(EXPORTS)
    assert len(before) == 4
    assert warehouse.load("opencost", since=None)[0] == 0
    assert warehouse.contents(EXPORTS) == before
    # The built-in export appends; a cut file has fewer days.
    (folder / "export.csv").write_text("\n".join(CSV.splitlines()[:3]) + "\n")
    (folder / "2026-11-08.parquet").unlink()
    assert warehouse.load("opencost", since=None)[0] == 0
    assert warehouse.rows(f"select count(*), min(pod), max(pod) from {EXPORTS}") == [(2, "api-1", "api-2")]


@pytest.mark.parametrize(
    ("name", "spoil", "words"),
    [
        ("half.parquet", lambda path: path.write_bytes(path.read_bytes()[:-30]), ["cannot be read"]),
        ("idle.parquet", lambda path: exporter(path, cpuCostIdle=0.2), ["is idle inside", "cpu_cost_idle"]),
        ("none.parquet", lambda path: exporter(path, totalCost=None), ["total_cost", "is empty"]),
    ],
)
def test_a_file_that_is_spoilt_loads_nothing_and_is_named(warehouse, folder, name, spoil, words):
    exporter(folder / name)
    assert warehouse.load("opencost", since=None)[0] == 0
    before = warehouse.contents(EXPORTS)
    spoil(folder / name)
    code, said = warehouse.load("opencost", since=None)
    assert code == 1
    assert all(word in said for word in [name, *words]), said
    assert warehouse.contents(EXPORTS) == before


def test_a_csv_row_of_another_length_is_named_with_its_file(warehouse, folder):
    (folder / "export.csv").write_text(CSV + "2026-11-10,shop\n")
    code, said = warehouse.load("opencost", since=None)
    assert code == 1
    assert "export.csv" in said
    assert "breaks off or has a row of another length" in said


def test_a_file_of_another_kind_is_left_out(warehouse, folder):
    (folder / "export.csv").write_text(CSV)
    (folder / "notes.csv").write_text("a,b\n1,2\n")
    code, said = warehouse.load("opencost", since=None)
    assert code == 0
    assert "left out, another kind of file" in said


def test_one_of_address_and_folder_is_needed(warehouse, monkeypatch):
    monkeypatch.delenv("SOURCES__OPENCOST__BASE_URL")
    code, said = warehouse.load("opencost")
    assert code == 2
    assert "set SOURCES__OPENCOST__BASE_URL" in said

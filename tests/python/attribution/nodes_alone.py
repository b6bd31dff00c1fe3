"""The split of Kubernetes nodes alone: its models over a bill and allocations that a test makes up."""

from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
from attribution_alone import NODE_MODELS, fill
from project_copy import Project

TESTS = ("assert_every_node_line_is_whole_in_its_parts", "assert_every_allocation_weighs_once")
RAW = {
    "allocations": "line_id varchar, charge_date date, name varchar, cluster varchar, node varchar, "
    "namespace varchar, controller_kind varchar, controller varchar, provider_id varchar, labels varchar, "
    "started_at varchar, ended_at varchar, minutes varchar, cpu_cost varchar, ram_cost varchar, "
    "gpu_cost varchar, cpu_cost_adjustment varchar",
    "assets": "line_id varchar, charge_date date, cluster varchar, node varchar, provider_id varchar, "
    "cpu_cost varchar",
    "cluster_hours": "line_id varchar, charge_date date, cluster varchar, hours_seen varchar",
    "load_log": "table_name varchar, charge_date date, read_at timestamp, _dlt_load_id varchar",
    "_dlt_loads": "load_id varchar, inserted_at timestamp",
}
POD_USAGE = (
    "source_file varchar, source_row bigint, charge_date date, cluster varchar, packed_at varchar, "
    "interval_start varchar, interval_end varchar, node varchar, namespace varchar, pod varchar, "
    "resource_id varchar, controller_kind varchar, controller varchar, labels varchar, "
    "pod_usage_cpu_core_seconds varchar, pod_request_cpu_core_seconds varchar, "
    "pod_usage_memory_byte_seconds varchar, pod_request_memory_byte_seconds varchar, "
    "node_capacity_cpu_core_seconds varchar, node_capacity_memory_byte_seconds varchar"
)
PARTS = "main_intermediate.int_attribution__node_parts"
FIRST_LOAD = datetime(2026, 3, 1)


class Nodes:
    """Bill lines of machines and what a cluster told; run() splits."""

    def __init__(self, folder):
        self.project = Project(folder)
        self.charges, self.allocations, self.assets, self.hours, self.pods = [], [], [], [], []
        self.days, self.loaded = set(), {}

    def line(self, machine, day, cost, first=0, last=24, **columns):
        """A usage line of a machine, from one hour of a day to another."""
        start = datetime.fromisoformat(str(day))
        amount = Decimal(cost)
        name = f"line {len(self.charges)}"
        self.charges.append(
            {
                "x_charge_id": name,
                "x_source": "acme",
                "service_provider_name": "AWS",
                "billing_currency": "USD",
                "charge_category": "Usage",
                "resource_id": f"arn:aws:ec2:eu-west-1:1:instance/{machine}",
                "charge_date": str(day),
                "charge_period_start": start + timedelta(hours=first),
                "charge_period_end": start + timedelta(hours=last),
                "billed_cost": amount,
                "effective_cost": amount / 4,
                "contracted_cost": amount * 3,
                "list_cost": -amount,
            }
            | columns
        )
        self.days.add(str(day))
        return name

    def runs(self, cluster, node, machine, day, controller, cost, life=(0, 24), *, idle=False):
        """What ran on a node, or its idle rest, and what OpenCost thinks it cost."""
        start = datetime.fromisoformat(str(day))
        begun, ended = (start + timedelta(hours=hour) for hour in life)
        self.allocations.append(
            {
                "line_id": f"row {len(self.allocations)}",
                "charge_date": str(day),
                "name": f"{cluster}/{node}/__idle__" if idle else f"{cluster}/{node}/shop/{controller}",
                "cluster": cluster,
                "node": node,
                "namespace": None if idle else "shop",
                "controller": None if idle else controller,
                "provider_id": f"aws:///eu-west-1a/{machine}",
                "started_at": f"{begun:%Y-%m-%dT%H:%M:%SZ}",
                "ended_at": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
                "minutes": str((life[1] - life[0]) * 60),
                "cpu_cost": str(cost),
            }
        )

    def measured(self, cluster, day, missing=()):
        """The hours of a day in which a cluster had metrics."""
        seen = "".join("0" if hour in missing else "1" for hour in range(24))
        self.hours.append(
            {"line_id": f"{cluster} {day}", "charge_date": str(day), "cluster": cluster, "hours_seen": seen}
        )

    def reports(self, cluster, machine, day, hours, pod, cores, gib, *, packed_at="1", size=(4, 8)):
        """What OpenShift's operator told of a pod in these hours: cores used and GiB asked for."""
        for hour in hours:
            self.pods.append(
                {
                    "source_file": f"package {packed_at}",
                    "source_row": len(self.pods),
                    "charge_date": str(day),
                    "cluster": cluster,
                    "packed_at": packed_at,
                    "interval_start": f"{day}T{hour:02}:00:00Z",
                    "interval_end": f"{day}T{hour:02}:59:59Z",
                    "node": f"node of {machine}",
                    "namespace": "shop",
                    "pod": pod,
                    "resource_id": machine,
                    "controller_kind": "deployment",
                    "controller": pod,
                    "pod_usage_cpu_core_seconds": str(3600 * cores),
                    "pod_request_cpu_core_seconds": None,
                    "pod_usage_memory_byte_seconds": "0",
                    "pod_request_memory_byte_seconds": f"{3600 * 2**30 * gib}.000000",
                    "node_capacity_cpu_core_seconds": f"{3600 * size[0]}.000000",
                    "node_capacity_memory_byte_seconds": str(3600 * 2**30 * size[1]),
                }
            )

    def write(self, loads, reports=None):
        """Fill the warehouse. loads, and reports of OpenShift: load -> (time, days that it covered)."""
        with duckdb.connect(str(self.project.database)) as connection:
            for schema in ("main_intermediate", "raw_opencost", "raw_openshift"):
                connection.execute(f"create schema if not exists {schema}")
            fill(connection, self.project.folder, "main.fct_charges", self.charges)
            rows = {
                "allocations": self.allocations,
                "assets": self.assets,
                "cluster_hours": self.hours,
            } | log_of(loads, ["allocations", "cluster_hours"])
            for table, columns in RAW.items():
                insert(connection, f"raw_opencost.{table}", columns, rows[table])
            if reports:
                rows = {"pod_usage": self.pods} | log_of(reports, ["pod_usage"])
                for table, columns in (RAW | {"pod_usage": POD_USAGE}).items():
                    if table in rows:
                        insert(connection, f"raw_openshift.{table}", columns, rows[table])
            changed = [("acme", day, FIRST_LOAD) for day in sorted(self.days)]
            for source, told in (("opencost", loads), ("openshift", reports or {})):
                newest = {}
                for at, covered in told.values():
                    newest |= {day: max(at, newest.get(day, at)) for day in covered}
                changed += [(source, day, at) for day, at in sorted(newest.items())]
            connection.execute(
                "create or replace table main_intermediate.int_charges__changed_days"
                " (provider varchar, charge_date date, changed_at timestamp)"
            )
            connection.executemany(
                "insert into main_intermediate.int_charges__changed_days values (?, ?, ?)", changed
            )

    def run(self, *more):
        """Build the models of the split and the tests of its money."""
        self.project.dbt("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious",
                         "--select", *NODE_MODELS.split(), *TESTS, *more)  # fmt: skip

    def contents(self, columns="*"):
        """All parts, whatever their order."""
        return sorted(map(repr, self.project.rows(f"select {columns} from {PARTS}")))


def log_of(loads, tables):
    """The log of loads as its two tables have it."""
    log = [
        {"table_name": table, "charge_date": day, "read_at": at, "_dlt_load_id": name}
        for name, (at, days) in loads.items()
        for day in days
        for table in tables
    ]
    return {
        "load_log": log,
        "_dlt_loads": [{"load_id": name, "inserted_at": at} for name, (at, _) in loads.items()],
    }


def insert(connection, table, columns, rows):
    """A table with these rows, which all have the columns of the first."""
    connection.execute(f"create or replace table {table} ({columns})")
    if rows:
        names = list(rows[0])
        connection.executemany(
            f"insert into {table} ({', '.join(names)}) values ({', '.join('?' * len(names))})",
            [[row[name] for name in names] for row in rows],
        )

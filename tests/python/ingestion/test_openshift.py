"""OpenShift's reports out of packages and folders: every hour lands, and its cluster is told or refused."""

import csv
import io
import json
import tarfile
from datetime import date
from decimal import Decimal

import pytest

from ingestion.sandbox.exports import aws_cur
from ingestion.sources.openshift import controller, labels_of

PODS = "raw_openshift.pod_usage"
HOURS = {
    "report_period_start": "2026-11-01 00:00:00 +0000 UTC",
    "report_period_end": "2026-12-01 00:00:00 +0000 UTC",
    "interval_start": "2026-11-06 18:00:00 +0000 UTC",
    "interval_end": "2026-11-06 18:59:59 +0000 UTC",
}
# The columns and the forms of the numbers are those of the operator's own expected reports.
POD = HOURS | {
    "node": "ip-10-0-184-152.us-east-2.compute.internal", "namespace": "claims",
    "pod": "triage-576bc857f8-6k7x2",
    "pod_usage_cpu_core_seconds": "51.626897", "pod_request_cpu_core_seconds": "36.000000",
    "pod_limit_cpu_core_seconds": "", "pod_usage_memory_byte_seconds": "354808627200.000000",
    "pod_request_memory_byte_seconds": "188743680000.000000", "pod_limit_memory_byte_seconds": "",
    "node_capacity_cpu_cores": "4.000000", "node_capacity_cpu_core_seconds": "14400.000000",
    "node_capacity_memory_bytes": "16502939648.000000",
    "node_capacity_memory_byte_seconds": "59410582732800.000000", "node_role": "worker",
    "resource_id": "i-0d747f55dc1009705",
    "pod_labels": "label_app:triage|label_feature:ticket-triage|label_pod_template_hash:576bc857f8",
}  # fmt: skip
NAMESPACE = HOURS | {"namespace": "claims", "namespace_labels": "label_team:claims|label_name:claims"}
NODE = HOURS | {"node": "gpu-1", "node_labels": "label_nvidia_com_gpu_count:2|label_kubernetes_io_os:linux"}
GPU = HOURS | {
    "node": "gpu-1", "namespace": "claims", "pod": "train-0", "gpu_uuid": "GPU-6f2d3b04",
    "gpu_model_name": "Tesla T4",
    "gpu_vendor_name": "nvidia0", "gpu_memory_capacity_mib": "15360", "gpu_pod_uptime": "60.000000",
    "gpu_pod_utilization": "8.943608", "gpu_max_slices": "7.000000", "mig_instance_id": "0",
    "mig_profile": "1g.5gb", "mig_strategy": "mixed",
}  # fmt: skip
STORAGE = HOURS | {
    "namespace": "claims", "pod": "db-0", "node": "n1", "persistentvolumeclaim": "data",
    "persistentvolume": "pvc-1",
    "storageclass": "gp3-csi", "csi_driver": "ebs.csi.aws.com", "csi_volume_handle": "vol-03b179b2d1e4ccdef",
    "persistentvolumeclaim_capacity_bytes": "5217320960.000000",
    "persistentvolumeclaim_capacity_byte_seconds": "18782355456000.000000",
    "volume_request_storage_byte_seconds": "19327352832000.000000",
    "persistentvolumeclaim_usage_byte_seconds": "94858444800.000000",
    "persistentvolume_labels": "", "persistentvolumeclaim_labels": "label_app:db",
}  # fmt: skip
MANIFEST = {"uuid": "u1", "cluster_id": "c1", "date": "2026-11-07T00:05:21.705677301Z", "files": ["pods.csv"]}


def text_of(*rows):
    text = io.StringIO()
    out = csv.DictWriter(text, rows[0], lineterminator="\n")
    out.writeheader()
    out.writerows(rows)
    return text.getvalue()


def write(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(*rows))
    return path


def package(path, contents):
    """A .tar.gz of files: name -> text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as out:
        for name, text in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            out.addfile(entry, io.BytesIO(text.encode()))
    return path


@pytest.fixture
def load(warehouse, monkeypatch):
    def run(location, **settings):
        monkeypatch.delenv("SOURCES__OPENSHIFT__CLUSTER_NAMES", raising=False)
        monkeypatch.setenv("SOURCES__OPENSHIFT__BUCKET_URL", str(location))
        for name, value in settings.items():
            monkeypatch.setenv(f"SOURCES__OPENSHIFT__{name.upper()}", value)
        return warehouse.load("openshift", since=None)

    return run


def in_the_packages(folder, column):
    """Rows and the sum of a column over all pod reports of the sandbox, package by package."""
    rows, total = 0, Decimal()
    for path in sorted(folder.glob("*.tar.gz")):
        with tarfile.open(path) as archive:
            for entry in archive:
                if not entry.name.endswith(".csv"):
                    continue
                found = list(csv.DictReader(io.TextIOWrapper(archive.extractfile(entry), "utf-8")))
                if column in found[0]:
                    rows += len(found)
                    total += sum(Decimal(row[column]) for row in found)
    return rows, total


@pytest.mark.parametrize(
    "column",
    ["pod_usage_cpu_core_seconds", "pod_request_memory_byte_seconds", "node_capacity_cpu_core_seconds"],
)
def test_every_second_of_every_package_lands_and_a_second_run_changes_nothing(warehouse, sandbox, column):
    code, said = warehouse.load("openshift", since=None)
    assert code == 0, said
    landed = warehouse.rows(f"select count(*), sum({column}::decimal(38, 6)) from {PODS}")
    assert landed == [in_the_packages(sandbox.folder / "openshift", column)]
    assert landed[0][1] > 0
    before = warehouse.contents(PODS)
    assert warehouse.load("openshift", since=None)[0] == 0
    assert warehouse.contents(PODS) == before


def test_the_nodes_live_the_hours_that_the_labs_are_billed(warehouse, sandbox):
    assert warehouse.load("openshift", since=None)[0] == 0
    lived = warehouse.rows(
        f"select resource_id, count(distinct interval_start) from {PODS} "
        "where charge_date = '2026-11-11' group by 1"
    )
    billed = {
        line["line_item_resource_id"]: line["line_item_usage_amount"]
        for line in aws_cur.daily(date(2026, 11, 11))
        if line["line_item_line_item_type"] in ("Usage", "SavingsPlanCoveredUsage")
        and line["pricing_unit"] == "Hrs"
    }
    assert dict(lived) == {name: billed[name] for name in ("i-0aa1labs", "i-0aa2labs", "i-0ad6spot")}


def test_the_operators_numbers_times_and_names_land(warehouse, load, tmp_path):
    reports = {
        "pods.csv": POD,
        "namespaces.csv": NAMESPACE,
        "nodes.csv": NODE,
        "gpus.csv": GPU,
        "volumes.csv": STORAGE,
    }
    contents = {name: text_of(row) for name, row in reports.items()}
    manifest = json.dumps(MANIFEST | {"files": list(reports)})
    package(tmp_path / "in/20261107T000521-cost-mgmt.tar.gz", contents | {"manifest.json": manifest})
    code, said = load(tmp_path / "in", cluster_names='{"c1": "prod"}')
    assert code == 0, said
    assert warehouse.rows(
        f"select charge_date::text, cluster, packed_at, interval_start, interval_end, resource_id, "
        f"node_role, controller_kind, controller, labels, pod_usage_cpu_core_seconds, source_file from {PODS}"
    ) == [
        (
            "2026-11-06", "prod", "2026-11-07T00:05:21.705677301Z",
            "2026-11-06T18:00:00Z", "2026-11-06T18:59:59Z",
            "i-0d747f55dc1009705", "worker", "deployment", "triage",
            '{"app":"triage","feature":"ticket-triage"}',
            "51.626897", f"file://{tmp_path}/in/20261107T000521-cost-mgmt.tar.gz/pods.csv",
        )
    ]  # fmt: skip
    assert warehouse.rows("select namespace, label, value from raw_openshift.namespace_labels") == [
        ("claims", "team", "claims")
    ]
    assert warehouse.rows("select node, gpu_count from raw_openshift.node_gpus") == [("gpu-1", "2")]
    assert warehouse.rows("select gpu_uuid, gpu_pod_uptime, mig_profile from raw_openshift.gpu_usage") == [
        ("GPU-6f2d3b04", "60.000000", "1g.5gb")
    ]
    assert warehouse.rows("select csi_volume_handle from raw_openshift.storage_usage") == [
        ("vol-03b179b2d1e4ccdef",)
    ]


def test_a_package_that_was_packed_out_tells_its_cluster_by_the_manifest_beside_it(warehouse, load, tmp_path):
    for cluster in ("c1", "c2"):
        write(tmp_path / f"in/{cluster}/pods.csv", POD)
        (tmp_path / f"in/{cluster}/manifest.json").write_text(json.dumps(MANIFEST | {"cluster_id": cluster}))
    assert load(tmp_path / "in")[0] == 0
    assert warehouse.rows(f"select cluster from {PODS} order by 1") == [("c1",), ("c2",)]


def test_a_report_of_no_cluster_is_refused_unless_a_setting_tells_it(warehouse, load, tmp_path):
    path = write(tmp_path / "in/pods.csv", POD)
    code, said = load(tmp_path / "in")
    assert code == 2
    assert f"file://{path}: nothing tells which cluster this report is of" in said
    assert "SOURCES__OPENSHIFT__CLUSTER" in said
    assert load(tmp_path / "in", cluster="prod")[0] == 0
    assert warehouse.rows(f"select cluster, packed_at from {PODS}") == [("prod", "")]


def test_half_a_package_is_refused_and_the_other_half_may_lie_in_another_archive(warehouse, load, tmp_path):
    manifest = {"manifest.json": json.dumps(MANIFEST | {"files": ["pods1.csv", "pods2.csv"]})}
    package(tmp_path / "in/a-1.tar.gz", {"pods1.csv": text_of(POD)} | manifest)
    code, said = load(tmp_path / "in")
    assert code == 1
    assert "a-1.tar.gz/manifest.json" in said
    assert "names pods2.csv, which is not there" in said
    later = POD | {
        "interval_start": "2026-11-06 19:00:00 +0000 UTC",
        "interval_end": "2026-11-06 19:59:59 +0000 UTC",
    }
    package(tmp_path / "in/a-2.tar.gz", {"pods2.csv": text_of(later)} | manifest)
    assert load(tmp_path / "in")[0] == 0
    assert warehouse.rows(f"select count(*) from {PODS}") == [(2,)]


def test_a_broken_package_is_named_and_nothing_is_loaded(warehouse, load, tmp_path):
    path = package(
        tmp_path / "in/a.tar.gz", {"pods.csv": text_of(*[POD] * 500), "manifest.json": json.dumps(MANIFEST)}
    )
    path.write_bytes(path.read_bytes()[:200])
    code, said = load(tmp_path / "in")
    assert code == 1
    assert f"file://{path}: the package breaks off" in said


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("pod_usage_cpu_core_seconds", "NaN", '"NaN" is no number of zero or more'),
        ("pod_request_memory_byte_seconds", "-1.0", '"-1.0" is no number of zero or more'),
        ("interval_start", "2026-11-06 18:00:00 +0200 CEST", "is no UTC time"),
    ],
)
def test_a_bad_cell_is_told_with_file_line_and_column(load, tmp_path, column, value, says):
    contents = {"pods.csv": text_of(POD, POD | {column: value}), "manifest.json": json.dumps(MANIFEST)}
    package(tmp_path / "in/a.tar.gz", contents)
    code, said = load(tmp_path / "in")
    assert code == 1
    assert says in said
    assert "a.tar.gz/pods.csv, line 3, column" in said
    assert column in said


def test_reports_of_machines_and_recommendations_are_left_out_and_others_are_named(warehouse, load, tmp_path):
    write(tmp_path / "in/pods.csv", POD)
    write(tmp_path / "in/vms.csv", HOURS | {"vm_name": "fedora", "vm_cpu_usage_total_seconds": "18.000000"})
    write(tmp_path / "in/ros.csv", HOURS | {"container_name": "c", "cpu_usage_container_avg": "1"})
    write(tmp_path / "in/other.csv", {"a": "b"})
    code, said = load(tmp_path / "in", cluster="prod")
    assert code == 0
    assert said.count("left out, another kind of file") == 1
    assert "other.csv" in said
    assert warehouse.rows(f"select count(*) from {PODS}") == [(1,)]


def test_days_between_reports_were_told_as_empty(warehouse, load, tmp_path):
    def day(number):
        times = {name: value.replace("11-06", f"11-{number:02}") for name, value in HOURS.items()}
        write(tmp_path / f"in/{number}.csv", POD | times)

    def logged():
        return {
            found.day
            for (found,) in warehouse.rows(
                "select distinct charge_date from raw_openshift.load_log where table_name = 'pod_usage'"
            )
        }

    day(6), day(9)
    assert load(tmp_path / "in", cluster="prod")[0] == 0
    assert logged() == {6, 7, 8, 9}
    day(12)
    assert load(tmp_path / "in", cluster="prod")[0] == 0
    assert logged() == {6, 7, 8, 9, 10, 11, 12}


@pytest.mark.parametrize(
    ("pod", "labels", "expected"),
    [
        ("api-576bc857f8-6k7x2", "label_app:x|label_pod_template_hash:576bc857f8", ("deployment", "api")),
        ("api-576bc857f8-6k7x2", "label_pod_template_hash:other", ("pod", "api-576bc857f8-6k7x2")),
        ("db-0", "label_statefulset_kubernetes_io_pod_name:db-0|label_controller_revision_hash:db-1",
         ("statefulset", "db")),
        ("node-exporter-9kq2w", "label_controller_revision_hash:5d7c9b", ("daemonset", "node-exporter")),
        ("replay-29384750-h7m2c", "label_job_name:replay-29384750", ("cronjob", "replay")),
        ("once-h7m2c", "label_batch_kubernetes_io_job_name:once", ("job", "once")),
        ("web-3-k2j4h", "label_deploymentconfig:web|label_deployment:web-3", ("deploymentconfig", "web")),
        ("web-1-build", "label_buildconfig:web", ("buildconfig", "web")),
        ("virt-launcher-fedora-x1y2z", "label_kubevirt_io:virt-launcher|label_vm_kubevirt_io_name:fedora",
         ("virtualmachine", "fedora")),
        ("etcd-ip-10-0-1-2", "", ("pod", "etcd-ip-10-0-1-2")),
    ],
)  # fmt: skip
def test_a_pod_belongs_to_what_its_labels_say(pod, labels, expected):
    assert controller(pod, labels) == expected


def test_labels_are_pairs_between_bars():
    assert labels_of("label_app:x|label_node-role.kubernetes.io/infra:|label_b:y:z") == {
        "app": "x", "node-role.kubernetes.io/infra": "", "b": "y:z",
    }  # fmt: skip
    assert labels_of("") == {}

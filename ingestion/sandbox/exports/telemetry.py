"""What the GPU server in the own rack did, as a team would log it: a CSV in our own shape of telemetry.

Lands     telemetry/gpu_server.csv: a row per day and feature, seconds of GPU.
Follows   the day's production calls of the features that run on it.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "GPU seconds of an own server, by feature"
COLUMNS = ("date", "provider", "account", "service", "measure", "quantity", "key", "workload", "labels")

# feature -> thousandths of a GPU second that a call takes
MILLISECONDS = {"recommendations": 1475, "semantic-index": 2210}


def write(world: World, folder: Path) -> Export:
    """Write the file."""
    path = fresh(folder / "telemetry", "*.csv") / "gpu_server.csv"
    made = world.query(
        """
        select day, feature, count(*) from calls
        where environment = 'prod' and list_contains(?, feature) group by all order by all
        """,
        [list(MILLISECONDS)],
    )
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        for day, feature, count in made:
            whole, rest = divmod(count * MILLISECONDS[feature], 1000)
            labels = json.dumps({"feature": feature, "environment": "prod"})
            place = ("gpu-onprem-01", f"onprem/inference/{feature}", labels)
            out.writerow(
                (day, "Larkspur IT", "on-premise", "GPU server", "gpu_seconds", f"{whole}.{rest:03}", *place)
            )
    return Export(path.parent, len(made), {"SOURCES__TELEMETRY__BUCKET_URL": path.parent})

"""Vertex AI and Gemini out of Google Cloud's billing export, its table or files that BigQuery wrote.

Lands     raw_vertex.billing_export: one row per row of the export of these services, nested fields flattened.
          raw_vertex.credits: one row per credit of such a row.
Amounts   in the billing currency, the text of the file; `cost` is before credits.
Restated  never: rows are appended, late ones and corrections with an old usage time and a new export
          time. A file, or a day of the table's export, is read as a whole, and the days of its rows
          are written again.
Left out  other services of the export (`services` names those to read, `*` all); request-response logs,
          which are samples.
"""

from __future__ import annotations

from ingestion.common import gcp_billing
from ingestion.common.file_tables import locate
from ingestion.common.source import Source

# Vertex AI, Vertex AI Search (Gemini Enterprise's seats), and the Gemini Developer API, told by its names.
SERVICES = ("C7E2-9256-1C43", "74B1-77CF-C302", "Gemini API", "Generative Language API")


def services(setting: str | list[str] | None) -> gcp_billing.Services:
    """The services to read: a list, or names separated by commas."""
    if isinstance(setting, str):
        setting = [name.strip() for name in setting.split(",")]
    return gcp_billing.billed_by(setting or SERVICES)


SOURCE = Source(
    name="vertex",
    summary="Vertex AI and Gemini lines of Google Cloud's billing export (BigQuery table, or files of it)",
    tables=(gcp_billing.BILLING_EXPORT, gcp_billing.CREDITS),
    needs=(gcp_billing.LOCATION,),
    read=lambda run: gcp_billing.read(run, services(run.setting("services"))),
    gate=gcp_billing.suites,
    windowed=False,
    locate=locate,
)

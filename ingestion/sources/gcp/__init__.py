"""Google Cloud's detailed billing export as a whole, from its table or from files that BigQuery wrote.

Lands     raw_gcp.billing_export: one row per row of the export, nested fields flattened.
          raw_gcp.credits: one row per credit of such a row.
Amounts   in the billing currency, the text of the file; `cost` is before credits.
Restated  never: rows are appended, late ones and corrections with an old usage time and a new export
          time. A file, or a day of the table's export, is read as a whole, and the days of its rows
          are written again.
Left out  nothing. Lines that source `vertex` bills too are landed here and left out of the charges.
"""

from __future__ import annotations

from ingestion.common import gcp_billing
from ingestion.common.file_tables import locate
from ingestion.common.source import Source

SOURCE = Source(
    name="gcp",
    summary="Google Cloud detailed billing export (BigQuery table; JSON lines, Parquet, CSV), all services",
    tables=(gcp_billing.BILLING_EXPORT, gcp_billing.CREDITS),
    needs=(gcp_billing.LOCATION,),
    read=lambda run: gcp_billing.read(run, gcp_billing.billed_by(["*"])),
    gate=gcp_billing.suites,
    windowed=False,
    locate=locate,
)

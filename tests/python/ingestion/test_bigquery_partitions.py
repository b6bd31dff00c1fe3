"""On BigQuery raw tables are partitioned by the day they are replaced by: dbt reads changed days only."""

import dlt
import pytest
from dlt.common.schema import Schema
from dlt.destinations.impl.bigquery.bigquery import BigQueryClient
from dlt.destinations.impl.bigquery.configuration import BigQueryClientConfiguration

from ingestion.common.source import DAY, Table
from ingestion.sources import all_sources

BY_DAY = {
    f"{source.name}.{table.name}": table
    for source in all_sources().values()
    for table in source.tables
    if table.replaced_by and (DAY in table.columns or DAY in table.replaced_by)
}


def statement(table: Table) -> str:
    """What dlt would ask BigQuery to create."""
    resource = dlt.resource([], name=table.name, **table.hints)
    schema = Schema("raw")
    schema.update_table(resource.compute_table_schema())
    schema.update_table(schema.tables[table.name] | {"write_disposition": "append"})
    destination = dlt.destinations.bigquery(project_id="p")
    config = BigQueryClientConfiguration(project_id="p")._bind_dataset_name(dataset_name="raw")
    client = BigQueryClient(schema, config, destination.capabilities())
    columns = list(schema.tables[table.name]["columns"].values())
    return client._get_table_update_sql(table.name, columns, generate_alter=False)[0]


@pytest.mark.parametrize("name", BY_DAY)
def test_raw_tables_of_days_are_partitioned_by_them(name):
    assert f"PARTITION BY `{DAY}`" in statement(BY_DAY[name])


def test_what_is_replaced_by_no_day_has_no_partitions():
    others = [
        table
        for source in all_sources().values()
        for table in source.tables
        if f"{source.name}.{table.name}" not in BY_DAY
    ]
    assert others
    assert not [table.name for table in others if "PARTITION" in statement(table)]

"""make scale-plan: what a run reads, writes and costs on BigQuery and Snowflake."""

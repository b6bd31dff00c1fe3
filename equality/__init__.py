"""The same raw tables built on DuckDB and on an emulated warehouse, every table compared (make equality)."""

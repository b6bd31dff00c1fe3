"""Loads provider bills and usage into raw_<provider> tables. Run it: python -m ingestion --help."""

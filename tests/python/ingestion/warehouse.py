"""A warehouse that is thrown away, and the command that loads into it."""

import duckdb

from ingestion.__main__ import main


class Warehouse:
    """A DuckDB file and the command that loads into it."""

    def __init__(self, path, capsys):
        self.path, self.capsys = path, capsys

    def load(self, *sources, since="2026-11-07", until="2026-11-12", more=()):
        """Run the load; returns exit code and what was said (both streams)."""
        window = ["--since", since, "--until", until] if since else []
        code = main(["run", *sources, *window, *more])
        said = self.capsys.readouterr()
        return code, said.out + said.err

    def rows(self, sql):
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def contents(self, table, without=("_dlt_load_id", "_dlt_id")):
        """All rows of a table, whatever their order."""
        left_out = ", ".join(without)
        with duckdb.connect(str(self.path), read_only=True) as connection:
            columns = [row[0] for row in connection.execute(f"describe {table}").fetchall()]
            kept = [column for column in columns if column not in without]
            assert kept, left_out
            return sorted(map(repr, connection.execute(f"select {', '.join(kept)} from {table}").fetchall()))

"""Accounts of the ledger: a row that names something and says something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Seed

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """Rows that match every line, or decide nothing."""
    for row in seed.rows:
        if not row["account_number"].strip() and not row["vendor"].strip():
            yield row.fault(
                "vendor", "the row names neither an account nor a vendor, and would match every line"
            )
        if not row["treatment"].strip() and not row["provider"].strip():
            yield row.fault("treatment", "the row decides nothing; fill treatment, provider or both")

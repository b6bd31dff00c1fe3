"""Top-ups: of accounts that are prepaid on their day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from commands.seed_files import Fault, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """A top-up of an account that is billed for its usage too: the same money would be billed twice."""
    accounts = project.seeds["billing_accounts"]
    for row in seed.rows:
        names = (same(row["provider"]), same(row["billing_account"]))
        rows = [r for r in accounts.rows if (same(r["provider"]), same(r["billing_account"])) == names]
        rows = sorted(rows, key=lambda r: r.day("valid_from", date.min))
        day = row.day("topped_up_on", date.max)
        current = [same(r["payment"]) for r in rows if r.day("valid_from", date.min) <= day]
        if current[-1:] != ["prepaid"]:
            yield row.fault(
                "billing_account",
                f'"{row["billing_account"].strip()}" of {row["provider"].strip()} is no prepaid account of '
                f"{accounts.file} on that day; add it there with payment prepaid",
            )

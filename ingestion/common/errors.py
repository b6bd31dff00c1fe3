"""Errors a person can act on: what, where, and how to mend it."""

from __future__ import annotations


class IngestionError(Exception):
    """One message for the person who runs the load.

    what       the fault in plain words
    where      file, line, column, or the address that was asked
    mend       what to do about it
    exit_code  1 the data or the provider is at fault, 2 the call or its settings are
    """

    def __init__(self, what: str, *, where: str = "", mend: str = "", exit_code: int = 1) -> None:
        super().__init__(what)
        self.what, self.where, self.mend, self.exit_code = what, where, mend, exit_code

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f"; {self.mend}." if self.mend else ".")

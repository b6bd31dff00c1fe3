"""The seeded faults, as data: the YAML files beside this one, a layer a file.

A mutant is a text in a file and what a hurried person would have written instead; find_too and replace_too
are for the few faults that need a second place. Each text must stand in the file exactly once, so that a
changed model is noticed and no mutant quietly tests nothing.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
REPO = FOLDER.parents[1]
# Who may be expected to see a fault. A mutant that only breaks the SQL would prove nothing.
SEEN_BY = ("unit test", "data test", "contract", "pytest")


@dataclass(frozen=True)
class Mutant:
    """One fault."""

    name: str
    layer: str
    file: str
    find: str
    replace: str
    meant: str
    seen_by: str
    tests: tuple[str, ...] = ()
    find_too: str = ""
    replace_too: str = ""

    @property
    def model(self) -> str | None:
        """The model whose SQL is changed; None where it is a macro or Python."""
        path = Path(self.file)
        return path.stem if path.parts[0] == "models" else None

    def changed(self, text: str) -> str:
        """The text of the file with the fault in it; ValueError where its place is not found once."""
        for find, replace in ((self.find, self.replace), (self.find_too, self.replace_too)):
            times = text.count(find) if find else 1
            if times != 1:
                raise ValueError(
                    f"tests/mutants/{self.layer}.yml, {self.name}: the text to find stands {times} times in "
                    f"{self.file}, not once. Copy it again from there, with enough around it:\n{find}"
                )
            text = text.replace(find, replace) if find else text
        return text

    def apply(self, folder: Path) -> None:
        """Change the file in a copy of the project."""
        path = folder / self.file
        path.write_text(self.changed(path.read_text()))

    def diff(self) -> str:
        """What the fault changes, as a diff."""
        before = (REPO / self.file).read_text()
        lines = difflib.unified_diff(
            before.splitlines(True), self.changed(before).splitlines(True), self.file, self.name, n=2
        )
        return "".join(lines)


def catalogue() -> list[Mutant]:
    """All mutants, in the order of the layers' names."""
    mutants = []
    for path in sorted(FOLDER.glob("*.yml")):
        for entry in yaml.safe_load(path.read_text()):
            entry["tests"] = tuple(entry.get("tests", ()))
            mutants.append(Mutant(layer=path.stem, **entry))
    return mutants

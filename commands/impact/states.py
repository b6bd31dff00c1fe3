"""The two states of seeds/ that are compared: as they were at a git ref, and as they are now."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from commands.impact import ImpactError
from commands.seed_files import Row, Seed, all_seeds


@dataclass(frozen=True)
class Change:
    """A row that was added, changed or removed; before and after are its cells."""

    before: Row | None
    after: Row | None

    @property
    def kind(self) -> str:
        """added, changed or removed."""
        if self.before is None:
            return "added"
        return "changed" if self.after else "removed"

    @property
    def row(self) -> Row:
        """The row as it is now, or as it was last."""
        return self.after or self.before

    def cells(self) -> dict[str, tuple[str, str]]:
        """What differs, by column: old and new text."""
        old, new = (row.cells if row else {} for row in (self.before, self.after))
        pairs = {name: (old.get(name, "").strip(), new.get(name, "").strip()) for name in old | new}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass
class States:
    """The seeds at the base and now, by name, and the rows that differ."""

    base: str
    commit: str
    before: dict[str, Seed]
    after: dict[str, Seed]
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.changes: dict[str, list[Change]] = {
            name: found for name in self.after if (found := changes(self.before[name], self.after[name]))
        }

    @property
    def tags(self) -> dict[str, dict[str, str]]:
        """The tag that each rule gives, by side."""
        return {
            side: {row["rule_id"].strip(): row["tag"].strip() for row in seeds["virtual_tag_rules"].rows}
            for side, seeds in (("before", self.before), ("after", self.after))
        }


def git(folder: Path, *arguments: str) -> bytes | None:
    """What git says; None where it fails."""
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 - the git of whoever runs this
            cwd=folder,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise ImpactError(
            "git is not installed, and BASE is a git ref; install git and run it again"
        ) from error
    return None if done.returncode else done.stdout


def commit_of(folder: Path, base: str) -> str:
    """The commit that a ref names."""
    if git(folder, "rev-parse", "--git-dir") is None:
        raise ImpactError(
            f"{folder} is in no git repository, so seeds/ has no earlier state; run it in a clone"
        )
    found = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", base + "^{commit}")
    if found is None:
        raise ImpactError(
            f'BASE={base}: git knows no such ref; write a branch, tag or commit ("git fetch" brings those of '
            "the remote), for example make impact BASE=main"
        )
    return found.decode().strip()


def read_states(folder: Path, base: str, work: Path) -> States:
    """Take both states of seeds/; that of the base is laid out below `work`."""
    commit = commit_of(folder, base)
    archive = git(folder, "archive", "--format=tar", commit, "seeds")
    if archive is None:
        raise ImpactError(f"BASE={base}: there is no seeds/ folder at that commit; choose a later one")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(work, filter="data")
    after = all_seeds(folder)
    notes = []
    for seed in after.values():
        path = work / seed.file
        if not path.exists():
            # Every seed may be empty: this is what the models would have read.
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(",".join(seed.types) + "\n")
            if seed.rows:
                notes.append(f"{seed.file} is not at {base}; it counts as empty there.")
        # The shape of a seed is the models', which are those of now on both sides.
        path.with_suffix(".yml").write_bytes(seed.path.with_suffix(".yml").read_bytes())
    known = {seed.file for seed in after.values()}
    for path in sorted((work / "seeds").rglob("*.csv")):
        file = path.relative_to(work).as_posix()
        if file not in known:
            notes.append(f"{file} is at {base} only; the models of now do not read it.")
            path.unlink()
    before = {name: Seed(work / seed.file, work) for name, seed in after.items()}
    for name, seed in after.items():
        refuse_other_columns(before[name], seed, base)
    if notes_of_base := behind(folder, base, commit):
        notes.append(notes_of_base)
    return States(base, commit, before, after, notes)


def refuse_other_columns(before: Seed, after: Seed, base: str) -> None:
    """Money can be compared only where both states say the same things."""
    old, new = before.header, after.header
    if old and sorted(old) == sorted(new):
        return
    missing, more = sorted(set(new) - set(old)), sorted(set(old) - set(new))
    differs = [f"without {', '.join(missing)}"] if missing else []
    differs += [f"with {', '.join(more)}"] if more else []
    raise ImpactError(
        f"{after.file} has other columns at {base} ({'; '.join(differs) or 'it cannot be read there'}); "
        "compare with a commit after the columns changed, and propose columns apart from rows"
    )


def behind(folder: Path, base: str, commit: str) -> str | None:
    """A note where the base has changes of seeds that the working tree does not: they would look undone."""
    found = git(folder, "rev-list", "--count", f"HEAD..{commit}", "--", "seeds")
    count = int(found or 0)
    if not count:
        return None
    return (
        f"{base} has {count} commit(s) on seeds/ that this branch lacks; below they look undone. Merge "
        f"{base} first, or compare with the fork: BASE=$(git merge-base {base} HEAD)."
    )


def changes(before: Seed, after: Seed) -> list[Change]:
    """The rows that differ; a seed without a key has only added and removed ones."""
    if before.path.read_bytes() == after.path.read_bytes():
        return []
    key = after.meta.get("key") or [*after.meta.get("dated", []), *(["valid_from"] * ("dated" in after.meta))]
    if not key:
        return unkeyed_changes(before, after)
    old, new = (
        {tuple(row[name].strip() for name in key): row for row in seed.rows} for seed in (before, after)
    )
    found = [Change(old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])]
    return [change for change in found if change.cells()]


def unkeyed_changes(before: Seed, after: Seed) -> list[Change]:
    """Rows that stand on one side only, as often as they do."""

    def named(row: Row) -> tuple[str, ...]:
        return tuple(row[name].strip() for name in after.header)

    counts = [Counter(map(named, seed.rows)) for seed in (before, after)]
    found = []
    for seed, more, is_old in (
        (before, counts[0] - counts[1], True),
        (after, counts[1] - counts[0], False),
    ):
        for row in seed.rows:
            if more[named(row)] > 0:
                more[named(row)] -= 1
                found.append(Change(row, None) if is_old else Change(None, row))
    return found

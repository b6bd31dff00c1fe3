"""How check_focus judges what the validator found; the validator itself runs in make check-focus."""

from pathlib import Path

import duckdb
import pytest
import yaml

from commands import check_focus

ALLOWED = yaml.safe_load((check_focus.OURS / "allowed_failures.yml").read_text())
ENTRY = {"fails_on": "Id is null", "breaks_on": "Id is not null and Kind is null", "reason": "inverted"}


def result(rows=0, parts=(), skipped=False, ok=None):
    return check_focus.Result(
        ok=rows == 0 if ok is None else ok,
        skipped=skipped,
        rows=rows,
        text="Kind MUST NOT be null when Id is not null.",
        parts=list(parts),
        examples=["ServiceName Vault, Kind None"] if rows else [],
    )


@pytest.fixture
def judge(tmp_path, capsys):
    """Give the exit code and what was printed, over two rows without Id and one with."""
    rows = tmp_path / "rows.parquet"

    def run(results, allowed, last="'b'"):
        duckdb.execute(
            "copy (from (values (null, null), (null, null), ('a', cast("
            f"{last} as varchar))) as t(Id, Kind)) to '{rows}'"
        )
        code = check_focus.report(results, allowed, rows)
        return code, "".join(capsys.readouterr())

    return run


def test_every_entry_tells_its_rows_and_its_reason():
    assert ALLOWED
    for rule, entry in ALLOWED.items():
        assert set(entry) == {"fails_on", "breaks_on", "reason"}, rule
        assert all(isinstance(text, str) and text.strip() for text in entry.values()), rule


def test_the_documentation_lists_the_same_rules_with_the_same_reasons():
    lines = (check_focus.ROOT / "docs" / "focus.md").read_text().splitlines()
    assert [line for line in lines if line.startswith("| `")] == [
        f"| `{rule}` | {entry['reason']} |" for rule, entry in ALLOWED.items()
    ]


def test_a_listed_failure_passes_and_so_does_what_sums_it_up(judge):
    results = {
        "A": result(rows=2),
        "B": result(rows=1, parts=["A", "D"]),
        "C": result(rows=1, parts=["B"]),
        "D": result(),
        "E": result(skipped=True),
    }
    code, printed = judge(results, {"A": ENTRY})
    assert code == 0
    assert "3 rows: 1 rules passed, 1 failed as listed, 0 failed unlisted, 1 not evaluated" in printed


def test_an_unlisted_failure_is_told_with_its_rows(judge):
    code, printed = judge({"A": result(rows=2), "B": result(rows=1, parts=["A"])}, {})
    assert code == 1
    assert "A fails on 2 rows: Kind MUST NOT be null when Id is not null." in printed
    assert "ServiceName Vault, Kind None" in printed
    assert "B fails" not in printed


def test_a_sum_that_fails_without_a_part_is_a_failure_of_its_own(judge):
    code, printed = judge({"A": result(), "B": result(rows=1, parts=["A"])}, {})
    assert code == 1
    assert "B fails on 1 rows" in printed


@pytest.mark.parametrize("results", [{"A": result()}, {}])
def test_an_entry_that_no_longer_fails_must_go(judge, results):
    code, printed = judge(results, {"A": ENTRY})
    assert code == 1
    assert "A no longer fails" in printed


def test_an_entry_explains_every_row_of_its_failure(judge):
    code, printed = judge({"A": result(rows=3)}, {"A": ENTRY})
    assert code == 1
    assert "A fails on 3 rows, its entry explains 2: Id is null" in printed


def test_a_row_that_breaks_the_words_of_a_listed_rule_is_found(judge):
    code, printed = judge({"A": result(rows=2)}, {"A": ENTRY}, last="null")
    assert code == 1
    assert "A is broken by 1 rows (Id is not null and Kind is null)" in printed


def test_without_a_rule_model_it_is_skipped(tmp_path, capsys):
    assert check_focus.main(["--rules", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"check-focus skipped: the FOCUS 1.3 rule model is not in {tmp_path}\n"


def test_without_python_312_it_is_skipped(tmp_path, capsys, monkeypatch):
    (tmp_path / "model-1.3.json").touch()
    monkeypatch.setattr(check_focus, "python_312", lambda: None)
    assert check_focus.main(["--rules", str(tmp_path)]) == 0
    assert "needs Python 3.12" in capsys.readouterr().out


def test_without_a_database_it_says_how_to_get_one(tmp_path, capsys, monkeypatch):
    (tmp_path / "model-1.3.json").touch()
    monkeypatch.setattr(check_focus, "validator_python", lambda: Path("python"))
    assert check_focus.main(["--rules", str(tmp_path), "--database", str(tmp_path / "no.duckdb")]) == 1
    assert "make demo" in capsys.readouterr().err

"""The catalogue of seeded faults keeps up with the project; make mutants runs it."""

import pytest

from tests.mutants.catalogue import REPO, SEEN_BY, catalogue

MUTANTS = catalogue()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_mutant_finds_its_text_once_and_changes_it(mutant):
    before = (REPO / mutant.file).read_text()
    assert mutant.changed(before) != before
    assert mutant.meant
    assert mutant.seen_by in SEEN_BY
    assert mutant.tests or mutant.file.startswith(("models/", "macros/")), "nothing would run"
    for test in mutant.tests:
        path, _, function = test.partition("::")
        assert (REPO / path).exists(), test
        assert not function or f"def {function}(" in (REPO / path).read_text(), test


def test_every_mutant_has_a_name_of_its_own():
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)


def test_a_text_that_is_gone_or_stands_twice_is_told():
    mutant = MUTANTS[0]
    for text in ("", mutant.find * 2):
        with pytest.raises(
            ValueError, match=f"{mutant.name}: the text to find stands {text.count(mutant.find)} times"
        ):
            mutant.changed(text)

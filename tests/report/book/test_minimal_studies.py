"""A study that lacks something still has a book: chapters without a subject are left out, the others run."""

import re

import pytest
import yaml
from chapters import run_page
from minimal import WITHOUT, lacking

import bouwen
from bouwen.report.book.building import build, check_book, plan

EVERY = [
    "key_findings", "sample", "scales", "dimensions", "measurement", "structural", "robustness", "subgroups",
    "subgroup-branch-north", "subgroup-branch-south", "planning", "codebook", "colophon",
]  # fmt: skip
GROUPS = EVERY[7:10]
LEVELS_OF_GROUPS = EVERY[8:10]
BARE = ("one_construct", "no_background", "no_open_questions", "no_gaps")
# What a study lacks -> the pages that it does without, and those that could be the worse for it.
MATRIX = {
    ("no_groups",): (GROUPS, ["planning"]),
    ("no_categories",): (GROUPS, ["sample", "codebook"]),
    ("no_background",): (GROUPS, ["sample", "robustness", "codebook"]),
    ("text_only",): (GROUPS, ["sample"]),
    ("no_claims",): ([], ["key_findings"]),
    ("advice_only",): ([], ["key_findings"]),
    ("no_open_questions", "no_gaps", "no_labels"): ([], ["sample", "scales", "codebook"]),
    ("no_paths",): (["structural", "robustness", "planning"], ["measurement"]),
    ("one_construct",): (["dimensions", "structural", "robustness", "planning"], ["subgroup-branch-north"]),
    ("two_items",): ([], ["scales", "measurement"]),
    ("one_item_before_the_outcome",): (["dimensions"], ["scales", "measurement", "structural"]),
    ("one_level",): (LEVELS_OF_GROUPS, ["sample", "subgroups"]),
    ("nobody_in_a_group",): (LEVELS_OF_GROUPS, ["sample", "subgroups"]),
    ("small_groups",): (LEVELS_OF_GROUPS, ["subgroups", "planning"]),
    ("counts_too_small_to_be_shown",): (LEVELS_OF_GROUPS, ["sample", "scales", "subgroups"]),
}


def pages_of(study, **parameters):
    return {page.name.removeprefix("book/"): page for page in plan(study, parameters).pages}


def test_every_part_is_left_out_somewhere():
    assert {part for parts in [*MATRIX, BARE] for part in parts} == set(WITHOUT)


@pytest.mark.parametrize("parts", MATRIX, ids="+".join)
def test_a_book_has_the_chapters_that_it_has_a_subject_for(tmp_path, parts):
    study = lacking(tmp_path, *parts)
    left_out, _ = MATRIX[parts]
    assert list(pages_of(study)) == [name for name in EVERY if name not in left_out]
    assert check_book(study).startswith("Teams\n  90 respondents, ")


@pytest.mark.book
@pytest.mark.parametrize("parts", MATRIX, ids="+".join)
def test_the_chapters_of_a_study_that_lacks_something_run(tmp_path, parts):
    study = lacking(tmp_path, *parts)
    pages = pages_of(study, permutations="19")
    for name in MATRIX[parts][1]:
        said = "\n".join(run_page(pages[name]))
        assert len(said) > 100
        assert not re.search(r"\bnan\b|Traceback", re.sub(r"<style.*?</style>", "", said, flags=re.DOTALL))


@pytest.mark.book
@pytest.mark.parametrize(
    ("language", "said"), [("en", "Fewer than two constructs"), ("nl", "Minder dan twee constructen")]
)
def test_one_construct_alone_is_said_to_be_alone(tmp_path, language, said):
    pages = pages_of(lacking(tmp_path, *BARE), language=language)
    assert list(pages) == ["key_findings", "sample", "scales", "measurement", "codebook", "colophon"]
    for name, page in pages.items():
        text = "\n".join(run_page(page))
        assert (said in text) == (name == "measurement")


@pytest.mark.book
def test_a_study_with_nothing_but_one_construct_has_a_book(books, tmp_path, monkeypatch):
    monkeypatch.chdir(books.root)
    study = lacking(tmp_path / "bare", *BARE)
    index = build(study, output=tmp_path / "html", jobs=2)
    found = {path.stem for path in (index.parent / "book").glob("*.html")}
    assert found == {"key_findings", "sample", "scales", "measurement", "codebook", "colophon"}


def test_a_measurement_model_measures_something(tmp_path):
    study = lacking(tmp_path, "no_paths")
    path = tmp_path / "instrument.yml"
    instrument = yaml.safe_load(path.read_text(encoding="utf-8"))
    instrument["models"]["factors"]["syntax"] = "t1 ~ s1"
    instrument["models"]["paths"]["syntax"] = "t2 ~ s1"
    path.write_text(yaml.safe_dump(instrument), encoding="utf-8")
    with pytest.raises(bouwen.BouwenError, match='the model "factors" has no factor') as refused:
        check_book(study)
    assert str(refused.value).startswith(f"{study}, line ")

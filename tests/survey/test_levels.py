"""Levels that a study merges and spellings that it recodes."""

import pytest

import bouwen
from bouwen import BouwenError
from bouwen.report import tables, texts
from bouwen.report.book.building import check_book, plan
from bouwen.survey.files import parse
from bouwen.survey.levels import MergedLevel, merged_categories

LEVELS = ("one: One", "few: {nl: Enkele, en: A few}", "20_50: Some", "many: Many")
SIZES = "".join(f"      {level}\n" for level in LEVELS)
ANSWERS = ["one", "one", "few", "Few ", "few", "20_50", "20_50", "many", "heaps", "9", " LOTS", "many"]


@pytest.fixture
def sized(trial):
    """Twelve respondents of four sizes, of which three are written otherwise."""
    background = "background:\n  size:\n    label: {nl: omvang, en: Size}\n    kind: category\n"
    background += f"    categories:\n{SIZES}"
    trial.change("instrument.yml", "background:\n", background)
    trial.change("instrument.yml", "syntax: trust =~ t1 + t2", "syntax: trust =~ 1*t1 + 1*t2")
    rows = [f"r{i},{1 + i % 5},{1 + i % 4},prepaid,1,,{size}\n" for i, size in enumerate(ANSWERS)]
    trial.write("answers.csv", "id,t1,t2,plan,years,remark,size\n" + "".join(rows))
    trial.change("study.yml", "groups: [plan]", "groups: [size]")
    trial.change("study.yml", "outcome:", "recode: {size: {9: many, lots: many, heaps: many}}\noutcome:")
    return trial


def merging(trial, text):
    trial.change("study.yml", "outcome:", f"merge: {{size: {{{text}}}}}\noutcome:")
    return trial.read()


def test_merged_levels_are_the_levels_of_the_study(sized):
    study = merging(sized, "small: [20_50, one]")
    assert study.levels("size") == ("small", "few", "many")  # where the first of them was
    assert study.responses["size"].value_counts().to_dict() == {"many": 5, "small": 4, "few": 3}
    assert list(study.responses["size"].cat.categories) == ["small", "few", "many"]
    assert study.level_label("size", "small") == "One + Some"
    assert bouwen.screen(study).groups["n"].to_list() == [4, 3, 5]
    assert len(study.subset("size", "small").responses) == 4
    html = tables.background(study).as_raw_html()
    assert "One + Some" in html
    assert ">One<" not in html
    pages = plan(study.path).pages
    assert [p.name for p in pages if p.chapter == "book/subgroup"] == [
        "book/subgroup-size-small",
        "book/subgroup-size-few",
        "book/subgroup-size-many",
    ]


def test_a_merged_level_may_keep_a_name_and_take_a_label(sized):
    study = merging(sized, "one: {levels: [one, few], label: {nl: weinig, en: not many}}")
    assert study.levels("size") == ("one", "20_50", "many")
    assert [study.level_label("size", "one", code) for code in ("en", "nl")] == ["not many", "weinig"]


def test_classes_of_a_register_that_lie_together_are_called_as_one_class(providers):
    merge = {"municipality_size": {"low": MergedLevel(levels=["20000_50000", "under_20000"])}}
    declared, register = providers.declared_categories, providers.file.register_
    found = merged_categories(declared, merge, register)["municipality_size"]
    assert (found["low"]["en"], found["low"]["nl"]) == ("under 50,000", "tot 50.000")
    assert list(found) == ["low", "50000_100000", "from_100000"]


def test_what_was_merged_and_recoded_is_counted_in_the_sample_chapter(sized):
    study = merging(sized, "small: [one, 20_50]")
    said = texts.levels(study).data
    assert said == (
        "- In Size, One and Some count together as One + Some (respondents: 4).\n"
        "- Answers to Size that were spelt otherwise and recoded: 3."
    )
    dutch = texts.levels(study.in_language("nl")).data
    assert "Bij omvang tellen One en Some samen als One + Some (respondenten: 4)." in dutch
    assert "Answers to Size that were spelt otherwise and recoded: 3." in check_book(study.path)


@pytest.mark.parametrize(("least", "merged", "recoded"), [(3, "4", "3"), (4, "not shown", "fewer than 4")])
def test_small_counts_of_merged_and_recoded_answers_are_not_told(sized, least, merged, recoded):
    sized.change(
        "study.yml", "min_group: 3, min_cell: 3", f"min_cell: {least}, min_width: 3"
    )  # three with four
    study = merging(sized, "small: [one, 20_50]")
    for said in (texts.levels(study).data, check_book(study.path)):
        assert f"(respondents: {merged})" in said
        assert f"recoded: {recoded}." in said


def test_a_study_without_either_says_nothing(trial):
    assert texts.levels(trial.read()) is None


WRONG = {
    "merge: {sise: {a: [one, few]}}": 'no categorical background variable "sise". Did you mean "size"?',
    "merge: {years: {a: [one, few]}}": 'there is no categorical background variable "years".',
    "merge: {size: {a: [one, fewer]}}": 'no level of size "fewer". Did you mean "few"? Its levels are',
    "merge: {size: {a: [one]}}": '"a" takes a list of two levels or more',
    "merge: {size: {a: few}}": '"a" takes a list of two levels or more',
    "merge: {size: {many: [one, few]}}": '"many" is a level already',
    "merge: {size: {a: [one, few], b: [few, many]}}": 'the level "few" stands here more than once',
    "merge: {size: {a: [one, one]}}": 'the level "one" stands here more than once',
    "merge: {size: {a: [no, few]}}": "must be a name; put",
    "merge: {size: {'': [one, few]}}": "needs a name",
    "recode: {sise: {x: few}}": 'no categorical background variable "sise". Did you mean "size"?',
    "recode: {years: {x: few}}": 'there is no categorical background variable "years".',
    "recode: {size: {x: fewer}}": 'there is no level of size "fewer". Did you mean "few"?',
    "recode: {size: {x: few, ' X': many}}": "already stands for another level",
    "recode: {size: {x: }}": "must be a name; put",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_one_is_refused_at_its_line(sized, text):
    sized.change("study.yml", "recode: {size: {9: many, lots: many, heaps: many}}", text)
    line = (sized.folder / "study.yml").read_text(encoding="utf-8").splitlines().index(text) + 1
    with pytest.raises(BouwenError) as refused:
        sized.read()
    assert str(refused.value).startswith(f"{sized.folder / 'study.yml'}, line {line}: ")
    assert WRONG[text] in str(refused.value)


def test_a_claim_about_a_level_that_is_gone_is_refused(sized):
    claim = """
claims:
  more_or_less:
    text: {user: More where many are.}
    evidence:
      - {kind: difference, construct: trust, group: size, higher: many, lower: one}
"""
    path = sized.folder / "instrument.yml"
    path.write_text(path.read_text(encoding="utf-8") + claim, encoding="utf-8")
    sized.read()
    with pytest.raises(BouwenError, match='the claim "more_or_less" is about the level "one"'):
        merging(sized, "small: [one, few]")


def test_a_spelling_that_is_not_recoded_stays_refused(sized):
    sized.change("study.yml", ", lots: many", "")
    with pytest.raises(BouwenError, match="found 1 answer other than"):
        sized.read()


def test_a_class_is_a_name_and_no_number(tmp_path):
    assert parse(tmp_path, "a: [20000_50000, 1000, 1_0.5]\n20_50: x")[0] == {
        "a": ["20000_50000", 1000, "1_0.5"],
        "20_50": "x",
    }

"""What `bouwen check` proposes reads the file then, and changes nothing else of what was written."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from bouwen.errors import BouwenError
from bouwen.survey import FileError, TableError, mend, proposal_text, read_study
from bouwen.survey.editing import with_key
from bouwen.survey.ladders import ascending

FILES = Path(__file__).parent / "files"
FIRST = [2, 5, 1, 3, 1]


PROPOSED = {  # respondents, the first one's answers to items, the file that changes
    "ess": (200, None, "instrument.yml"),
    "lc2": (8, [2, 3, 2, 3], "instrument.yml"),
    "multi": (40, FIRST, "instrument.yml"),
    "sheet2": (40, FIRST, "study.yml"),
    "slider": (40, [23.6, 10.32, 39.61, 15.5, 6.65], "instrument.yml"),
}


@pytest.mark.parametrize("name", PROPOSED)
def test_what_is_proposed_reads_what_was_refused(case, name):
    trial, (n, first, changed) = case(name), PROPOSED[name]
    with pytest.raises(BouwenError) as caught:
        trial.read()
    assert "--fix" in proposal_text(caught.value)
    old = (trial.folder / changed).read_text()
    mended = mend(trial.folder)
    assert [path.name for path in mended.written] == [changed]
    assert [path.read_text() for path in mended.copies] == [old]
    study = trial.read()
    assert len(study.responses) == n
    if first:
        assert study.responses[list(study.items)].iloc[0].tolist() == first
    else:
        assert study.responses[["ppltrst", "pplfair", "pplhlp"]].notna().to_numpy().sum() == 580
    assert mend(trial.folder).written == ()


@pytest.mark.parametrize("name", ["s_rev2", "formula"])
def test_what_only_a_person_can_settle_is_left_as_it_is(case, name):
    trial = case(name)
    before = {path: path.read_bytes() for path in trial.folder.iterdir()}
    assert mend(trial.folder).written == ()
    assert {path: path.read_bytes() for path in trial.folder.iterdir()} == before


def test_previews_and_unfinished_answers_are_told_by_known_columns(case):
    trial = case("q1")
    assert len(trial.read().responses) == 40
    assert {(one.where, one.value) for one in trial.read().proposals} == {
        (("responses", "keep", "Finished"), True),
        (("responses", "drop", "Status"), "Survey Preview"),
    }
    mend(trial.folder)
    assert len(trial.read().responses) == 25
    assert sum(one.count for one in trial.read().left_out) == 15
    assert trial.read().proposals == ()


HEAD = "id,t1,t2,plan,years,"
TOOLS = {
    "SoSci Survey": ("CASE,STARTED,FINISHED,MODE", "{n},x,{done},interview", "FINISHED", 1),
    "LimeSurvey": ("submitdate,lastpage", "{when},3", "submitdate", "*"),
    "Qualtrics, codes": ("ResponseId,Status,Finished", "R{n},0,{done}", "Finished", True),
}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("unfinished", [0, 2, 6])
def test_columns_of_known_tools_are_proposed_where_they_tell_respondents_apart(trial, tool, unfinished):
    head, row, column, value = TOOLS[tool]
    rows = [
        f"r{n},5,1,1,3," + row.format(n=n, done=int(n >= unfinished), when="2026-05-01" * (n >= unfinished))
        for n in range(6)
    ]
    trial.write("answers.csv", "\n".join([HEAD + head, *rows]) + "\n")
    trial.change("study.yml", "  id: id", "  id: id\n  ignore: others")
    found = {one.where[-1]: one.value for one in trial.read().proposals}
    assert found == ({column: value} if unfinished == 2 else {})
    trial.change("study.yml", "  id: id", f'  id: id\n  drop: {{{column}: "no such"}}')
    assert trial.read().proposals == ()


def test_columns_are_proposed_by_other_spellings_and_by_the_wording_of_questions(trial):
    lines = ["id,T_1,B. twee [twee],soort,group/years,extra"]
    trial.write("answers.csv", "\n".join([*lines, *(f"r{n},4,2,Prepaid,3,x" for n in range(4))]) + "\n")
    with pytest.raises(TableError) as caught:
        trial.read()
    found = {one.where: one.value for one in caught.value.proposals}
    assert found[("responses", "columns")] == {
        "T_1": "t1",
        "B. twee [twee]": "t2",
        "soort": "plan",
    }
    assert found[("responses", "ignore")] == "others"
    mend(trial.folder)
    assert trial.read().responses[["t1", "t2", "years"]].to_numpy().tolist() == [[4, 2, 3]] * 4


def test_a_column_that_may_be_either_of_two_is_proposed_as_neither(trial):
    trial.write("answers.csv", "id,T-1,T_1,t2,plan,years\nr1,1,2,3,1,3\nr2,1,2,3,1,3\n")
    with pytest.raises(TableError) as caught:
        trial.read()
    assert caught.value.proposals == ()


def test_words_and_numbers_for_no_answer_and_ladders_of_words(trial):
    trial.change("instrument.yml", "labels:\n      1:", "labels:\n      2:")
    words = ["Nooit", "Zelden", "Soms", "Vaak", "Altijd"] * 3
    rows = [f"r{n},{word},99,1,3" for n, word in enumerate([*words, "weet niet", "N.v.t."])]
    trial.write("answers.csv", "\n".join(["id,t1,t2,plan,years", *rows, "r90,5,4,1,3"]) + "\n")
    trial.change("instrument.yml", "      2: {nl: Helemaal mee oneens, en: Fully disagree}\n", "")
    mend(trial.folder)
    answers = trial.read().responses
    assert answers["t1"].iloc[:5].tolist() == [1, 2, 3, 4, 5]
    assert len(answers) == 16  # two answered nothing
    assert answers["t2"].notna().sum() == 1


def test_a_text_of_few_is_never_proposed(trial):
    words = ["never", "rarely", "sometimes", "often"] * 3 + ["always"] * 2
    rows = "".join(f"r{n},{word},1,{'Geheim' if n < 2 else 1},3\n" for n, word in enumerate(words))
    trial.write("answers.csv", "id,t1,t2,plan,years\n" + rows)
    with pytest.raises(TableError) as caught:
        trial.read()
    assert caught.value.proposals == ()
    assert "Geheim" not in str(caught.value)
    trial.write("answers.csv", "id,t1,t2,plan,years\n" + rows + "r90,always,1,Geheim,3\n")
    with pytest.raises(TableError) as caught:
        trial.read()
    assert {one.where[-1] for one in caught.value.proposals} == {"codes", "categories"}


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["Altijd", "nooit", "Soms"], ["nooit", "Soms", "Altijd"]),
        (["Mee eens", "Zeer oneens", "Zeer eens", "Oneens", "Neutraal"],
         ["Zeer oneens", "Oneens", "Neutraal", "Mee eens", "Zeer eens"]),
        (["agree", "disagree", "perhaps"], ["disagree", "perhaps", "agree"]),
        (["agree", "strongly agree"], None),
        (["red", "green", "blue"], None),
        (["agree", "disagree", "blue", "red"], None),
        (["soms", "altijd", "sometimes"], None),
    ],
)  # fmt: skip
def test_labels_in_order_where_their_words_tell_it(labels, order):
    assert ascending(labels) == order


BEFORE = """\
# mine
responses:   # what came in
  file: a.csv  # of May
  ignore:
  - x   # not asked
  - y

# and
groups: []
models: {measurement: m, structural: s}
"""


@pytest.mark.parametrize(
    ("where", "value", "line"),
    [
        (("responses", "sheet"), "Blad 1", "  sheet: Blad 1"),
        (("responses", "ignore"), ["z"], "  - z"),
        (("responses", "keep", "A: b"), [True, "030", "no"], '  keep: {"A: b": [true, "030", "no"]}'),
        (("groups",), ["g"], "groups: [g]"),
        (("models", "other"), 1.0, "models: {measurement: m, structural: s, other: 1}"),
        (("new", "key"), "- x", 'new: {key: "- x"}'),
    ],
)
def test_one_key_is_written_and_all_other_lines_stay(where, value, line):
    after = with_key(Path("study.yml"), BEFORE, where, value).splitlines()
    assert line in after
    rest = [one for one in BEFORE.splitlines() if one.split(":")[0] != line.split(":")[0]]
    assert [one for one in after if one in rest] == rest
    assert len(after) <= len(BEFORE.splitlines()) + 1


def test_a_file_in_which_nothing_can_be_written_by_itself_is_left(trial):
    text = "a:\n  file: x\n  ? odd\n  : 1\n"
    try:
        made = with_key(Path("a.yml"), text, ("a", "b"), 1)
    except FileError:
        return
    assert made.count("\n") == text.count("\n") + 1


def test_old_copies_are_never_written_over(case):
    trial = case("sheet2")
    trial.write("study.yml.old", "mine")
    mended = mend(trial.folder)
    assert [path.name for path in mended.copies] == ["study.yml.old2"]
    assert (trial.folder / "study.yml.old").read_text() == "mine"


BOXES = {
    "taken[care],taken[youth]": ("Y", "Y", ""),
    "taken___1,taken___2": ("1", "1", "0"),
    "taken_care,taken_youth": ("Yes", "ja", "No"),
    "Which? - Care,Which? - Youth": ("Care", "Youth", ""),
    "taken/care,taken/youth": ("TRUE", "TRUE", "FALSE"),
}
TAKEN = """\
  taken:
    label: {nl: Welke?, en: Which?}
    kind: multiple
    categories: {care: {nl: Zorg, en: Care, code: 1}, youth: {nl: Jeugd, en: Youth, code: 2}}
open_questions:
"""


@pytest.mark.parametrize("head", BOXES)
def test_one_column_a_box(trial, head):
    care, youth, no = BOXES[head]
    trial.change("instrument.yml", "open_questions:\n", TAKEN)
    rows = [f"r1,5,1,1,3,{care},{no}", f"r2,5,1,1,3,{care},{youth}", f"r3,5,1,1,3,{no},{no}"]
    trial.write("answers.csv", "\n".join([f"id,t1,t2,plan,years,{head}", *rows]) + "\n")
    assert trial.read().responses["taken"].fillna("–").tolist() == ["care", "care;youth", "–"]


def test_boxes_that_the_study_names(trial):
    trial.change("instrument.yml", "open_questions:\n", TAKEN)
    trial.write("answers.csv", "id,t1,t2,plan,years,Q5_1,Q5_2\nr1,5,1,1,3,,1\nr2,5,1,1,3,1,\n")
    trial.change("study.yml", "  id: id", "  id: id\n  columns: {Q5_1: taken.care, Q5_2: taken.youth}")
    assert trial.read().responses["taken"].tolist() == ["youth", "care"]
    trial.change("study.yml", "taken.youth", "taken.yout")
    with pytest.raises(TableError, match=r'has no category "yout". Did you mean "youth"\?'):
        trial.read()
    trial.change("study.yml", "taken.yout", "taken.youth")
    trial.change("answers.csv", "3,,1", "3,,maybe")
    with pytest.raises(TableError, match="1 answer other than yes or no"):
        trial.read()


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["€ 12", "€ 10,50"], [12, 10.5]),
        (["12,5%", "40 %"], [12.5, 40]),
        (["12 jaar", "1 jr."], [12, 1]),
        (["€ 12,-", "14 euro"], [12, 14]),
    ],
)
def test_numbers_with_units(trial, cells, numbers):
    rows = [f'r{n},5,1,1,"{cell}"' for n, cell in enumerate(cells)]
    trial.write("answers.csv", "\n".join(["id,t1,t2,plan,years", *rows]) + "\n")
    assert trial.read().responses["years"].tolist() == numbers


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["€ 12", "$ 12"], r"in more than one unit \(\$ and €\)"),
        (["12 stuks", "3"], "in text where a number"),
        (["€ 1.500", "€ 1.500"], "before three digits"),
    ],
)
def test_numbers_of_which_the_meaning_is_not_sure(trial, cells, message):
    rows = [f'r{n},5,1,1,"{cell}"' for n, cell in enumerate(cells)]
    trial.write("answers.csv", "\n".join(["id,t1,t2,plan,years", *rows]) + "\n")
    with pytest.raises(TableError, match=message):
        trial.read()


def test_a_study_of_the_house_has_nothing_to_propose():
    assert read_study(FILES / "dup").proposals == ()


def test_a_place_that_cannot_be_written_leaves_the_study_and_is_one_sentence(case, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    trial = case("q1")
    before = {path.name: path.read_bytes() for path in trial.folder.iterdir()}
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FileError, match=r"study\.yml: cannot be written \(No space left on device\)\.$"):
        mend(trial.folder)
    assert {name: (trial.folder / name).read_bytes() for name in before} == before
    assert not list(trial.folder.glob(".*"))

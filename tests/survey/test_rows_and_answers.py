"""Who is kept and left out, and answers in the spellings that tools give them."""

from __future__ import annotations

import numpy as np
import pytest

from bouwen.survey import FileError, TableError, screen

FIRST = [2, 5, 1, 3, 1]


def test_who_answered_no_item_is_no_respondent_and_is_counted(case):
    study = case("emptyrows").read()
    assert len(study.responses) == 35
    assert [(one.key, one.count) for one in study.left_out] == [("min_answered", 25)]
    assert "left out, with fewer answers to items than 1: 25" in screen(study).text()


@pytest.mark.parametrize(("least", "n"), [(0, 3), (1, 3), (2, 2)])
def test_answered_items_that_make_a_respondent(trial, least, n):
    trial.change("study.yml", "  id: id", f"  id: id\n  min_answered: {least}")
    study = trial.read()
    assert len(study.responses) == n
    assert sum(one.count for one in study.left_out) == 3 - n


def test_a_count_of_few_who_were_left_out_is_not_shown(trial):
    trial.change("study.yml", "  id: id", "  id: id\n  min_answered: 2")
    assert "than 2: fewer than 3" in screen(trial.read()).text()


def test_previews_and_unfinished_answers_are_left_out(case):
    trial = case("q1")
    trial.change(
        "study.yml", "  id: ResponseId", "  id: ResponseId\n  keep: {Status: IP Address, Finished: True}"
    )
    study = trial.read()
    assert len(study.responses) == 25
    assert sum(one.count for one in study.left_out) == 15
    trial.change("study.yml", "Status: IP Address", "Status: IP Adress")
    with pytest.raises(TableError, match=r'asks for "IP Adress".*Did you mean "IP Address"') as caught:
        trial.read()
    assert caught.value.columns == ("Status",)


COLUMNS = "id,t1,t2,plan,years,remark,ok,state,score\n"
ROWS = "r1,5,1,1,3,,yes,done,90\nr2,4,2,1,3,,No,done,80\nr3,3,3,1,3,,Ja,test,70\nr4,2,4,1,3,,1,,10\n"


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ("consent: {ok: yes}", ["r1", "r3", "r4"]),
        ("drop: {ok: false}", ["r1", "r3", "r4"]),
        ('keep: {state: "*"}', ["r1", "r2", "r3"]),
        ("keep: {state: [done, test], score: {minimum: 75}}", ["r1", "r2"]),
        ("drop: {state: test, score: {maximum: 10}}", ["r1", "r2"]),
        ("drop: {score: [70, 80]}", ["r1", "r4"]),
        ("wave: {state: done}", ["r1", "r2"]),
    ],
)
def test_rows_by_column_and_value_or_span(trial, rules, kept):
    trial.write("answers.csv", COLUMNS + ROWS)
    trial.change("study.yml", "  id: id", f"  id: id\n  ignore: others\n  {rules}")
    study = trial.read()
    assert study.responses.index.tolist() == kept
    assert sum(one.count for one in study.left_out) == 4 - len(kept)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("keep: {state: done, score: {maximum: 20}}", "nobody is left"),
        ('drop: {id: "*"}', "nobody is left"),
        ("keep: {state: finished}", 'asks for "finished"'),
        ("keep: {stat: done}", r'does not have it. Did you mean "state"\?'),
        ("wave: state", "2 waves, and each is a study of its own"),
        ("wave: {state: third}", 'asks for "third"'),
    ],
)
def test_rules_that_leave_nobody_or_name_nothing(trial, rules, message):
    trial.write("answers.csv", COLUMNS + ROWS)
    trial.change("study.yml", "  id: id", f"  id: id\n  ignore: others\n  {rules}")
    with pytest.raises(TableError, match=message) as caught:
        trial.read()
    assert "r1" not in str(caught.value).removeprefix(str(trial.folder))


@pytest.mark.parametrize("rules", ["keep: {state: []}", "keep: {state: {above: 3}}", "keep: {state: null}"])
def test_rules_that_are_none(trial, rules):
    trial.change("study.yml", "  id: id", f"  id: id\n  {rules}")
    with pytest.raises(FileError, match="takes a value, a list of values, or minimum and maximum"):
        trial.read()


def test_a_row_an_answer_becomes_a_row_a_respondent(trial):
    lines = [
        "id,plan,years,question,answer",
        "r1,1,3,t1,5",
        "r1,1,3,t2,1",
        "r2,2,4,t2,2",
        "r3,1,,t1,3",
        "r3,1,,t2,4",
    ]
    trial.write("answers.csv", "\n".join(lines))
    trial.change("study.yml", "  id: id", "  id: id\n  wide_from: {item: question, value: answer}")
    answers = trial.read().responses
    assert answers.index.tolist() == ["r1", "r2", "r3"]
    np.testing.assert_array_equal(answers[["t1", "t2"]], [[5, 1], [np.nan, 2], [3, 4]])
    assert answers["plan"].tolist() == ["prepaid", "contract", "prepaid"]
    trial.write("answers.csv", "\n".join([*lines, "r1,1,3,t1,4"]))
    with pytest.raises(TableError, match="an answer that is there already") as caught:
        trial.read()
    assert caught.value.rows == (7,)


def test_a_code_for_no_answer_is_no_answer_of_any_scale(case):
    trial = case("ess")
    with pytest.raises(
        FileError, match=r'is an answer of the answer scale "t".*missing: \[77, 88, 99\]'
    ) as caught:
        trial.read()
    assert "missing_codes" not in str(caught.value)
    trial.change("instrument.yml", "    highest: 10\n", "    highest: 10\n    missing: [77, 88, 99]\n")
    trust = ["ppltrst", "pplfair", "pplhlp"]
    assert trial.read().responses[trust].notna().to_numpy().sum() == 580
    trial.change("study.yml", "  missing_codes:\n  - 7\n  - 8\n  - 9\n  - 77\n  - 88\n  - 99\n", "")
    trial.change("instrument.yml", "    highest: 5\n", "    highest: 5\n    missing: [7, 8, 9]\n")
    assert trial.read().responses[trust].notna().to_numpy().sum() == 580


def test_words_for_no_answer_however_they_are_written(case):
    answers = case("miss1").read().responses
    assert answers.isna().sum().tolist() == [3, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["ends", "numlab"])
def test_labels_beside_numbers(case, name):
    assert case(name).read().responses.iloc[0].tolist() == FIRST


SPELLINGS = [
    "5 - Fully agree",
    "5 Fully agree.",
    "5=fully agree",
    "5. Fully  agree",
    "(5) Fully agree",
    "Fully agree (5)",
]


@pytest.mark.parametrize("spelling", [*SPELLINGS, "Fully agree.", "FULLY AGREE"])
def test_numbers_with_their_labels(trial, spelling):
    trial.change("answers.csv", "r1,5", f"r1,{spelling}")
    assert trial.read().responses["t1"].tolist()[0] == 5


def test_a_number_with_the_label_of_another_is_refused(trial):
    trial.change("answers.csv", "r1,5", "r1,1 - Fully agree")
    with pytest.raises(TableError, match="label belongs to another code"):
        trial.read()


def test_codes_of_limesurvey_are_proposed_and_then_read(case):
    trial = case("lc2")
    with pytest.raises(TableError, match=r"codes: \{A1: 1, A2: 2, A3: 3, A4: 4, A5: 5\}"):
        trial.read()
    trial.change(
        "instrument.yml",
        "    highest: 5\n",
        "    highest: 5\n    codes: {a1: 1, A2: 2, A3: 3, A4: 4, A5: 5}\n",
    )
    assert trial.read().responses.iloc[0].tolist() == [2, 3, 2, 3]


@pytest.mark.parametrize(
    ("codes", "message"), [("{A1: 9}", "9 is no answer"), ("{A1: 1, a1: 2}", "stands for another answer")]
)
def test_codes_that_cannot_be(trial, codes, message):
    trial.change("instrument.yml", "    highest: 5\n", f"    highest: 5\n    codes: {codes}\n")
    with pytest.raises(FileError, match=message):
        trial.read()


def test_sliders_take_all_numbers_where_the_scale_says_so(case):
    trial = case("slider")
    with pytest.raises(TableError, match="step: any"):
        trial.read()
    trial.change("instrument.yml", "    highest: 100\n", "    highest: 100\n    step: any\n")
    study = trial.read()
    assert study.responses.iloc[0].tolist() == [23.6, 10.32, 39.61, 15.5, 6.65]
    assert "never chosen" not in screen(study).text()
    assert screen(study).out_of_range == 0


@pytest.mark.parametrize(
    ("step", "answer", "fits"), [(2, 3, True), (2, 2, False), (0.5, 2.5, True), (0.5, 2.3, False)]
)
def test_scales_with_steps(trial, step, answer, fits):
    trial.change("instrument.yml", "    highest: 5\n", f"    highest: 5\n    step: {step}\n")
    trial.write("answers.csv", f"id,t1,t2,plan,years\nr1,{answer},1,1,3\nr2,5,1,1,3\n")
    if fits:
        assert trial.read().responses["t1"].tolist()[0] == answer
    else:
        with pytest.raises(TableError, match="outside the scale"):
            trial.read()


def test_several_answers_in_one_cell(case):
    trial = case("multi")
    with pytest.raises(TableError, match='kind: multiple, separator: ";"'):
        trial.read()
    trial.change("instrument.yml", "    kind: category\n", "    kind: multiple\n")
    with pytest.raises(TableError, match='a part other than "Wmo" or "Jeugd"'):
        trial.read()
    trial.change(
        "instrument.yml",
        "    categories:\n      Wmo:",
        "    categories:\n      Beschermd wonen: bw\n      Wmo:",
    )
    assert trial.read().responses["taken"].tolist()[:3] == ["Wmo;Jeugd", "Wmo", "Wmo"]


def test_labels_that_run_the_other_way_are_refused_code_by_code(case):
    with pytest.raises(TableError, match='1 is "Zeer eens" in the file and "helemaal oneens"') as caught:
        case("s_rev2").read()
    assert '5 is "Zeer oneens" in the file and "helemaal eens"' in str(caught.value)


def test_the_most_frequent_texts_are_named_where_enough_gave_them(trial):
    rows = "".join(f"r{i},{'weet niet' if i < 5 else 'geheim' if i < 7 else 3},1,1,3\n" for i in range(12))
    trial.write("answers.csv", "id,t1,t2,plan,years\n" + rows)
    with pytest.raises(TableError, match=r'found 7 answers in text \(most often "weet niet"\)') as caught:
        trial.read()
    assert "geheim" not in str(caught.value)
    trial.change("study.yml", "min_cell: 3", "min_cell: 6")
    trial.change("study.yml", "min_group: 3", "min_group: 6")
    with pytest.raises(TableError) as caught:
        trial.read()
    assert "weet niet" not in str(caught.value)


@pytest.mark.parametrize(("cell", "level"), [("2 - Contract", "contract"), ("1. Vooraf betaald", "prepaid")])
def test_categories_with_their_codes(trial, cell, level):
    trial.change("answers.csv", "5,1,prepaid", f"5,1,{cell}")
    assert trial.read().responses["plan"].tolist()[0] == level


def test_a_category_with_the_code_of_another_is_refused(trial):
    trial.change("answers.csv", "5,1,prepaid", "5,1,1 - Contract")
    with pytest.raises(TableError, match="1 answer other than"):
        trial.read()

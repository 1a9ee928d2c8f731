"""What survey tools say of their questionnaires: made here in the structures that they document."""

from __future__ import annotations

import json
import sys

import numpy as np
import openpyxl
import pandas as pd
import pytest

from bouwen.cli import main
from bouwen.errors import BouwenError
from bouwen.survey import new_study, read_study
from bouwen.survey.codebooks import read_codebook

N = 30
ROWS = {"1": "They keep their word", "2": "They help us", "3": "They hide things"}
LABELS = ["Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"]
PLACES = {"a": "North", "b": "South"}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """Three items, two of them again on another subject, a place, two boxes, years; no answer is NaN."""
    rng = np.random.default_rng(2)
    latent = rng.normal(size=N)
    signs = {"t1": 1, "t2": 1, "t3": -1, "s1": 1, "s2": 1, "s3": 1}
    frame = pd.DataFrame(
        {n: np.clip(np.round(3 + s * latent + 0.5 * rng.normal(size=N)), 1, 5) for n, s in signs.items()}
    ).astype(int)
    frame["place"] = np.where(np.arange(N) % 2, "a", "b")
    frame["bread"], frame["milk"] = (np.arange(N) % 2, np.arange(N) % 3 == 0)
    return frame.astype({"milk": int}).assign(years=range(N))


def check(study, answers):
    """The same answers, wordings and facts, whatever tool they came by."""
    assert len(study.responses) == N
    np.testing.assert_array_equal(study.responses[list(study.items)], answers.iloc[:, :6])
    assert [study.wording(item) for item in study.items_of(study.constructs[0])] == list(ROWS.values())
    scale = study.instrument.scale_of(study.items[0])
    assert [text["und"] for text in scale.labels.values()] == LABELS
    background = study.instrument.background
    (place,) = (name for name, asked in background.items() if asked.kind == "category")
    said = [study.level_label(place, level) for level in study.responses[place]]
    assert said == [PLACES[p] for p in answers["place"]]
    (taken,) = (name for name, asked in background.items() if asked.kind == "multiple")
    chosen = [
        {background[taken].categories[c]["und"] for c in cell.split(background[taken].separator)}
        for cell in study.responses[taken].dropna()
    ]
    expected = [{n for n in ("Bread", "Milk") if row[n.lower()]} for _, row in answers.iterrows()]
    assert chosen == [one for one in expected if one]


def xml(tag, rows):
    cells = ["".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in row.items()) for row in rows]
    return f"<{tag}><rows>{''.join(f'<row>{c}</row>' for c in cells)}</rows></{tag}>"


def lime_parts():
    main = [("10", "F", "trust", "How do you <b>agree</b>?"), ("20", "F", "talk", "And&nbsp;this?"),
            ("30", "!", "place", "Where?"), ("40", "M", "taken", "What?"), ("50", "N", "years", "Years?"),
            ("60", "X", "intro", "Welcome"), ("70", "*", "sum", "{t1+t2}")]  # fmt: skip
    below = [(f"1{n}", "10", f"SQ00{n}", text) for n, text in ROWS.items()]
    below += [(f"2{n}", "20", f"SQ00{n}", text) for n, text in ROWS.items()]
    below += [("41", "40", "B", "Bread"), ("42", "40", "M", "Milk")]
    options = [(q, f"A{n}", label, n) for q in ("10", "20") for n, label in enumerate(LABELS, start=1)]
    options += [("30", code, label, 1) for code, label in PLACES.items()]
    return main, below, options


def lime_old(path):
    """Up to database version 178 texts stand in the rows, once for each language."""
    main, below, options = lime_parts()
    both = (("en", ""), ("nl-informal", "NL "))
    questions = [
        {"qid": q, "parent_qid": 0, "gid": 1, "type": t, "title": n, "question": own + text, "language": code,
         "question_order": i, "other": "N"}
        for code, own in both for i, (q, t, n, text) in enumerate(main)
    ]  # fmt: skip
    parts = [
        {"qid": q, "parent_qid": p, "gid": 1, "type": "T", "title": n, "question": own + text,
         "language": code, "question_order": i}
        for code, own in both for i, (q, p, n, text) in enumerate(below)
    ]  # fmt: skip
    rows = [
        {"qid": q, "code": c, "answer": own + label, "sortorder": n, "language": code}
        for code, own in both for q, c, label, n in options
    ]  # fmt: skip
    made = xml("answers", rows) + xml("questions", questions) + xml("subquestions", parts)
    path.write_text(f"<document>{made}</document>")


def lime_new(path):
    """Later in tables of their own, answers by `aid`."""
    main, below, options = lime_parts()
    questions = [
        {"qid": q, "parent_qid": 0, "gid": 1, "type": t, "title": n, "question_order": i, "other": "N"}
        for i, (q, t, n, _) in enumerate(main)
    ]
    parts = [
        {"qid": q, "parent_qid": p, "gid": 1, "type": "T", "title": n, "question_order": i}
        for i, (q, p, n, _) in enumerate(below)
    ]
    texts = [
        {"qid": q, "question": own + text, "language": code}
        for code, own in (("nl", "NL "), ("en", ""))
        for q, *_, text in (*main, *below)
    ]
    rows = [{"aid": i, "qid": q, "code": c, "sortorder": n} for i, (q, c, _, n) in enumerate(options)]
    labels = [
        {"aid": i, "answer": own + option[2], "language": code}
        for code, own in (("nl", "NL "), ("en", ""))
        for i, option in enumerate(options)
    ]
    tables = {"answers": rows, "answer_l10ns": labels, "questions": questions, "subquestions": parts}
    made = "".join(xml(tag, found) for tag, found in {**tables, "question_l10ns": texts}.items())
    path.write_text(f"<document>{made}</document>")


def limesurvey_answers(answers):
    names = {f"{k}{n}": f"{stem}[SQ00{n}]" for k, stem in (("t", "trust"), ("s", "talk")) for n in "123"}
    made = answers.assign(**{name: "A" + answers[name].astype(str) for name in names}).rename(columns=names)
    ticks = {name: answers[name].map({1: "Y", 0: ""}) for name in ("bread", "milk")}
    made = made.assign(**ticks).rename(columns={"bread": "taken[B]", "milk": "taken[M]"})
    return made.assign(submitdate="2026-05-01 10:00:00", lastpage=2)


@pytest.mark.parametrize("layout", [lime_old, lime_new])
def test_limesurvey_in_both_layouts(answers, tmp_path, layout):
    layout(tmp_path / "survey.lss")
    limesurvey_answers(answers).to_csv(tmp_path / "a.csv", index=False)
    made = new_study(tmp_path / "study", tmp_path / "a.csv", tmp_path / "survey.lss")
    assert not made.refused
    study = read_study(made.path)
    check(study, answers)
    assert study.label(study.constructs[0]) == "How do you agree?"
    assert "intro" not in study.instrument.background
    words = {q.wording for q in read_codebook(tmp_path / "survey.lss", "nl")}
    assert "NL They help us" in words


def test_qualtrics(answers, tmp_path):
    def question(name, kind, **more):
        payload = {"QuestionID": name, "DataExportTag": name, "QuestionType": kind, **more}
        return {"Element": "SQ", "PrimaryAttribute": name, "Payload": payload}

    rows = {code: {"Display": f"<p>{text}</p>"} for code, text in ROWS.items()}
    scale = {str(n): {"Display": label} for n, label in zip((26, 6, 1, 7, 3), LABELS, strict=True)}
    matrix = {"QuestionText": "How do you agree?", "Choices": rows, "Answers": scale, "Selector": "Likert",
              "AnswerOrder": [26, "6", 1, 7, 3], "ChoiceOrder": [1, 2, 3]}  # fmt: skip
    boxes = {"1": {"Display": "Bread"}, "2": {"Display": "Milk"}}
    places = {str(n): {"Display": label} for n, label in enumerate(PLACES.values(), start=1)}
    survey = {
        "SurveyElements": [
            {"Element": "BL", "Payload": {"9": {"Type": "Trash", "BlockElements": [{"QuestionID": "gone"}]}}},
            question("Q1", "Matrix", **matrix, ChoiceDataExportTags=False),
            question(
                "Q2", "Matrix", **matrix, ChoiceDataExportTags={"1": "talk_x", "2": "talk_y", "3": "talk_z"}
            ),
            question("Q3", "MC", Selector="SAVR", QuestionText="Where?", Choices=places),
            question("Q4", "MC", Selector="MAVR", QuestionText="What?", Choices=boxes),
            question("gone", "TE", QuestionText="Deleted"),
            question("intro", "DB", QuestionText="Welcome"),
        ]
    }
    (tmp_path / "survey.qsf").write_text(json.dumps(survey))
    codes = dict(enumerate((26, 6, 1, 7, 3), start=1))
    names = dict(zip(answers.columns, ["Q1_1", "Q1_2", "Q1_3", "talk_x", "talk_y", "talk_z"], strict=False))
    made = answers.assign(**{name: answers[name].map(codes) for name in names})
    made = made.assign(
        place=answers["place"].map({"a": 1, "b": 2}), bread=answers["bread"].map({1: "1", 0: ""})
    )
    made["milk"] = answers["milk"].map({1: "1", 0: ""})
    made = made.rename(columns={**names, "place": "Q3", "bread": "Q4_1", "milk": "Q4_2"})
    made.to_csv(tmp_path / "a.csv", index=False)
    made = new_study(tmp_path / "study", tmp_path / "a.csv", tmp_path / "survey.qsf")
    assert not made.refused
    study = read_study(made.path)
    check(study, answers)
    assert all("Deleted" not in q.wording for q in read_codebook(tmp_path / "survey.qsf", "en"))


REDCAP = [
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Text Validation Type OR Show Slider Number",
    "Matrix Group Name",
]  # fmt: skip


def test_redcap(answers, tmp_path):
    choices = " | ".join(f"{n}, {label}" for n, label in enumerate(LABELS, start=1)) + " | 99, Don't know"
    rows = [[f"{k}{n}", "f", "", "radio", text, choices, "", group]
            for k, group in (("t", "trust"), ("s", "talk")) for n, text in ROWS.items()]  # fmt: skip
    rows += [["place", "f", "", "dropdown", "Where?", "1, North | 2, South", "", ""],
             ["taken", "f", "", "checkbox", "What?", "1, Bread | 2, Milk", "", ""],
             ["years", "f", "", "text", "Years?", "", "integer", ""]]  # fmt: skip
    pd.DataFrame(rows, columns=REDCAP).to_csv(tmp_path / "dictionary.csv", index=False)
    made = answers.assign(place=answers["place"].map({"a": 1, "b": 2}))
    made = made.rename(columns={"bread": "taken___1", "milk": "taken___2"})
    made.insert(0, "record_id", range(1, N + 1))
    made.to_csv(tmp_path / "a.csv", index=False)
    study = read_study(new_study(tmp_path / "study", tmp_path / "a.csv", tmp_path / "dictionary.csv").path)
    check(study, answers)
    assert 99 in study.instrument.scale_of("t1").missing
    assert study.responses.index[0] == "1"


@pytest.mark.parametrize("boxes", [True, False])
def test_xlsform_of_kobo(answers, tmp_path, boxes):
    book = openpyxl.Workbook()
    survey, choices = book.active, book.create_sheet("choices")
    survey.title = "survey"
    survey.append(["type", "name", "label::Nederlands (nl)", "label::English (en)"])
    for group, k in (("trust", "t"), ("talk", "s")):
        survey.append(["begin_group", group, "Eens?", "How do you agree?"])
        for n, text in ROWS.items():
            survey.append(["select_one agree", f"{k}{n}", "NL", text])
        survey.append(["end_group", None, None, None])
    for kind, name in (
        ("select_one place", "place"),
        ("select_multiple food", "taken"),
        ("integer", "years"),
    ):
        survey.append([kind, name, "NL", f"{name}?"])
    survey.append(["note", "thanks", "NL", "Thanks"])
    choices.append(["list_name", "name", "label::Nederlands (nl)", "label::English (en)"])
    for n, label in enumerate(LABELS, start=1):
        choices.append(["agree", n, f"NL {n}", label])
    for name, (code, label) in (
        *(("place", p) for p in PLACES.items()),
        ("food", ("b", "Bread")),
        ("food", ("m", "Milk")),
    ):
        choices.append([name, code, "NL", label])
    book.save(tmp_path / "form.xlsx")
    names = {f"{k}{n}": f"{group}/{k}{n}" for group, k in (("trust", "t"), ("talk", "s")) for n in "123"}
    made = answers.rename(columns=names)
    said = [
        " ".join(c for c, yes in zip("bm", pair, strict=True) if yes)
        for pair in zip(answers["bread"], answers["milk"], strict=True)
    ]
    made.insert(8, "taken", said)
    made = made.rename(columns={"bread": "taken/b", "milk": "taken/m"})
    if not boxes:
        made = made.drop(columns=["taken/b", "taken/m"])
    made.to_csv(tmp_path / "a.csv", index=False, sep=";")
    study = read_study(new_study(tmp_path / "study", tmp_path / "a.csv", tmp_path / "form.xlsx").path)
    check(study, answers)
    assert study.label(study.constructs[0]) == "How do you agree?"


def test_the_codebook_of_another_survey_is_told_from_this_one(answers, tmp_path):
    lime_new(tmp_path / "survey.lss")
    answers.rename(columns=lambda name: f"x_{name}").to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(BouwenError, match="is it that of another survey"):
        new_study(tmp_path / "study", tmp_path / "a.csv", tmp_path / "survey.lss")
    assert not (tmp_path / "study").exists()


BOMB = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><document>&b;</document>'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.lss", "<document", "cannot be read as a codebook"),
        ("a.lss", BOMB, "declares entities"),
        ("a.lss", BOMB.encode("utf-16"), "declares entities"),
        ("a.lss", "<document></document>", "holds no question"),
        ("a.qsf", "{", "cannot be read as a codebook"),
        ("a.qsf", "[1]", "cannot be read as a codebook"),
        ("a.qsf", '{"SurveyElements": [{"Element": "SQ", "Payload": {}}]}', "holds no question"),
        ("a.csv", "a,b\n1,2\n", "is no codebook that is known"),
        ("a.pdf", "%PDF", "is no codebook that is known"),
        ("a.xlsx", "PK", "cannot be read as a codebook"),
    ],
)
def test_what_is_no_codebook(tmp_path, name, content, message):
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BouwenError, match=message) as caught:
        read_codebook(tmp_path / name, "en")
    assert len(str(caught.value).splitlines()) == 1


def test_the_command_takes_a_codebook(answers, tmp_path, monkeypatch, capsys):
    lime_new(tmp_path / "survey.lss")
    limesurvey_answers(answers).to_csv(tmp_path / "a.csv", index=False)
    options = ["--from", str(tmp_path / "a.csv"), "--codebook", str(tmp_path / "survey.lss")]
    monkeypatch.setattr(sys, "argv", ["bouwen", "new", str(tmp_path / "study"), *options])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    assert "trust (3 items), talk (3 items)" in capsys.readouterr().out

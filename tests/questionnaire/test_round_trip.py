"""Instrument -> questionnaire -> answers in a tool -> its export -> the same study and the same answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from survey_tools import TOOLS

from bouwen.questionnaire import FORMATS, write_questionnaire
from bouwen.survey import new_study, read_asked, read_study

ROOT = Path(__file__).parents[2]
N = 300
SIDES = {
    "providers": ROOT / "data/providers/study.yml",
    "municipalities": ROOT / "data/municipalities/study.yml",
    "hard": Path(__file__).parent / "hard" / "study.yml",
}
SIDES_AND_LANGUAGES = [
    pytest.param(side, language, marks=() if (side, language) == ("hard", "nl") else pytest.mark.long)
    for side in SIDES
    for language in ("nl", "en")
]


def drawn(study, language, n=N):
    """Respondents: by wording the label, number, words or tuple of labels that each gives; and as a table."""
    rng = np.random.default_rng(5)
    asked, side = study.instrument, study.perspective
    people, rows = [], []
    for _ in range(n):
        person, row = {}, {}
        for name, item in asked.items.items():
            scale = asked.scale_of(name)
            answer = int(rng.choice(list(scale.codes)))
            if rng.random() < 0.05:
                continue
            row[name] = answer
            label = scale.labels[answer][language] if answer in scale.labels else str(answer)
            person[item.text[side][language]] = answer if scale.is_long else label
        for name, fact in asked.background.items():
            if rng.random() < 0.05:
                continue
            wording = fact.label[language]
            if fact.kind == "category":
                row[name] = str(rng.choice(list(fact.categories)))
                person[wording] = fact.categories[row[name]][language]
            elif fact.kind == "multiple":
                chosen = [c for c in fact.categories if rng.random() < 0.5]
                row[name] = fact.separator.join(chosen)
                person[wording] = tuple(fact.categories[c][language] for c in chosen)
            elif fact.kind == "number":
                row[name] = person[wording] = int(rng.integers(0, 41))
            else:
                row[name] = person[wording] = str(rng.choice(["Utrecht", "Zeist", "Almere"]))
        for name, question in asked.open_questions.items():
            own_words = str(rng.choice(["Goed, hoor", 'Né: "x"', ""]))
            row[name] = person[question.text[side][language]] = own_words
        person |= CONSENT[language]
        people.append(person)
        rows.append(row)
    columns = [*asked.items, *asked.background, *asked.open_questions]
    return people, pd.DataFrame(rows, columns=columns)


CONSENT = {"en": {"Do you take part?": "Yes"}, "nl": {"Doet u mee?": "Ja"}}


def study_of(source, folder, file, proposals=()):
    """A copy of a study with another file of answers, and with what was proposed for it."""
    said = yaml.safe_load(source.read_text("utf-8"))
    asked = yaml.safe_load((source.parent / said["instrument"]).read_text("utf-8"))
    for key in ("population", "error_rates", "invited"):
        said.pop(key, None)
    said["synthetic"] = False
    said["responses"] = {"file": str(file), "ignore": "others", "missing_codes": []}
    if "register" in said:
        said["register"]["file"] = str((source.parent / said["register"]["file"]).resolve())
    for proposal in proposals:
        tree = said if proposal.file == "study" else asked
        for step in proposal.where[:-1]:
            tree = tree.setdefault(step, {})
        old = tree.get(proposal.where[-1])
        tree[proposal.where[-1]] = {**old, **proposal.value} if isinstance(old, dict) else proposal.value
    said["instrument"] = "instrument.yml"
    folder.mkdir()
    (folder / "instrument.yml").write_text(yaml.safe_dump(asked, sort_keys=False), "utf-8")
    (folder / "study.yml").write_text(yaml.safe_dump(said, sort_keys=False), "utf-8")
    return read_study(folder / "study.yml")


@pytest.mark.parametrize(("side", "language"), SIDES_AND_LANGUAGES)
@pytest.mark.parametrize("to", TOOLS)
def test_the_same_answers_come_back(side, to, language, tmp_path):
    form = tmp_path / f"form{FORMATS[to]}"
    sent = write_questionnaire(SIDES[side], form, to=to, language=language if to == "sav" else None)
    people, truth = drawn(original(side), language)
    truth.to_csv(tmp_path / "plain.csv", index=False)
    plain = study_of(SIDES[side], tmp_path / "plain", tmp_path / "plain.csv")
    export = TOOLS[to](form, people, tmp_path, language)
    back = study_of(SIDES[side], tmp_path / "back", export, sent.proposals)
    assert len(plain.responses) == N
    assert back.responses.to_csv().encode() == plain.responses.to_csv().encode()
    pd.testing.assert_frame_equal(back.responses, plain.responses)


def original(side):
    return read_asked(SIDES[side])


@pytest.mark.long
@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("to", TOOLS)
@pytest.mark.parametrize("side", ["providers", "municipalities"])
def test_a_new_study_of_the_export_asks_the_same(side, to, language, tmp_path):
    form = tmp_path / f"form{FORMATS[to]}"
    write_questionnaire(SIDES[side], form, to=to, language=language if to == "sav" else None)
    people, truth = drawn(original(side), language)
    export = TOOLS[to](form, people, tmp_path, language)
    codebook = None if to == "sav" else form
    made = new_study(
        tmp_path / "new", export, codebook, perspective=original(side).perspective, language=language
    )
    assert not made.refused
    study, before = read_study(made.path), original(side)
    asked = before.instrument
    names = {item.text[before.perspective][language]: name for name, item in asked.items.items()}
    again = study.instrument.items
    found = {name: names[item.text[study.perspective]["und"]] for name, item in again.items()}
    assert list(found.values()) == list(asked.items)
    pd.testing.assert_frame_equal(
        study.responses[list(found)].rename(columns=found).reset_index(drop=True),
        truth[list(asked.items)].astype(float),
        check_names=False,
    )
    for name, item in found.items():
        labels = study.instrument.scale_of(name).labels
        expected = {code: text[language] for code, text in asked.scale_of(item).labels.items()}
        assert {code: text["und"] for code, text in labels.items()} == expected
    if to != "sav":
        assert [len(c.items) for c in study.instrument.constructs.values()] == [
            len(c.items) for c in asked.constructs.values()
        ]
    facts = {fact.label["und"]: (name, fact) for name, fact in study.instrument.background.items()}
    for name, fact in asked.background.items():
        if fact.kind == "category":
            own, read = facts[fact.label[language]]
            said = study.responses[own].map({n: c["und"] for n, c in read.categories.items()})
            expected = truth[name].map({n: c[language] for n, c in fact.categories.items()})
            assert said.astype(object).fillna("").tolist() == expected.fillna("").tolist()

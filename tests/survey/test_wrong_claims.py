"""Claims and advice about what a study lacks, in the instrument of each study: refused with their line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bouwen.survey import FileError, PathEvidence
from bouwen.survey.instrument import read_instrument

PATH = "kind: path, model: structural, sign: positive"
LEVEL = "kind: level, side: above"
EVIDENCE = {
    f"{PATH}, outcome: [predictor], predictor: [outcome]": 'has no path from "[outcome]" to "[predictor]"',
    f"{PATH}, outcome: [outcome], predictor: nothing": 'there is no variable of the model "nothing"',
    "kind: path, model: no_model, sign: positive, outcome: [outcome], predictor: [predictor]": (
        'there is no model "no_model"'
    ),
    f"{LEVEL}, construct: nothing": 'there is no construct "nothing"',
    "kind: stronger, outcome: [construct], constructs: [[other]], than: [nothing]": (
        'there is no construct "nothing"'
    ),
    "kind: difference, construct: [construct], group: nothing, higher: a, lower: b": (
        'there is no background variable "nothing"'
    ),
    "kind: difference, construct: [construct], group: [group], higher: nothing, lower: [level]": (
        'there is no category of [group] "nothing"'
    ),
    "kind: difference, construct: [construct], group: [group], higher: [level], lower: [level]": (
        '"[level]" is compared with itself'
    ),
    f"{PATH}, outcome: [outcome], predictor: [predictor], size: important, smallest: 0": "must be above 0",
    f"{PATH}, outcome: [outcome], predictor: [predictor], size: important, smallest: -0.2": "must be above 0",
    f"{PATH}, outcome: [outcome], predictor: [predictor], size: important, smallest: 1": "must be below 1",
    f"{PATH}, outcome: [outcome], predictor: [predictor], smallest: 0.2": "belongs to a word for size",
    f"{LEVEL}, construct: [construct], size: much, smallest: 0": "must be above 0",
    f"{LEVEL}, construct: [construct], size: much, smallest: [half]": "must be below [half]",
    f"{LEVEL}, construct: [construct], size: most, smallest: 1": "must be below 1, the share of everybody",
}
SHOWN = 3  # mistakes of a file that a message of a readable length has room for
BASES = {
    "[no_claim]": 'there is no claim "no_claim"',
    "[wrong_1]": '"wrong_1" rests on itself',
    "[other_advice]": '"other_advice" is a recommendation',
    "[[claim], [claim]]": "[claim]",
}


def names_of(study):
    """What a questionnaire has that a claim can name, by its place in the text of a claim."""
    asked = study.instrument
    first = next(e for claim in asked.claims.values() for e in claim.evidence if isinstance(e, PathEvidence))
    construct = study.outcome
    group, variable = next((n, v) for n, v in asked.background.items() if v.categories)
    scale = asked.answer_scales[asked.constructs[construct].answer_scale]
    return {
        "outcome": first.outcome, "predictor": first.predictor, "construct": construct, "group": group,
        "level": next(iter(variable.categories)), "half": f"{(scale.highest - scale.lowest) / 2:g}",
        "claim": next(iter(asked.claims)), "other": next(n for n in asked.constructs if n != construct),
    }  # fmt: skip


def filled(text, names):
    return re.sub(r"\[(\w+)\]", lambda m: names.get(m[1], m[0]), text)


def refused(study, folder, section, entries):
    """What is said of the study's own instrument with entries at the head of a section, by line."""
    text = study.instrument_path.read_text(encoding="utf-8")
    if f"\n{section}:\n" not in text:
        text += f"\n{section}:\n"
    path = Path(folder) / "instrument.yml"
    path.write_text(text.replace(f"\n{section}:\n", f"\n{section}:\n{entries}", 1), encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read_instrument(path)
    said = {int(line): words for line, words in re.findall(r", line (\d+): (.*)", str(caught.value))}
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(said) == len(str(caught.value).strip().splitlines())
    return {lines[number - 1].strip(): words for number, words in said.items()}


def worded(study, keys):
    sides = ", ".join(f"{p}: {{nl: x, en: x}}" for p in study.instrument.perspectives)
    return "".join(f"    {key}: {{{sides}}}\n" for key in keys)


def test_evidence_that_a_study_cannot_give_is_refused_with_its_line(each_study, tmp_path):
    names, text = names_of(each_study), worded(each_study, ["text"])
    wrong = {f"- {{{filled(e, names)}}}": filled(message, names) for e, message in EVIDENCE.items()}
    for start in range(0, len(wrong), SHOWN):
        part = list(wrong)[start : start + SHOWN]
        entries = "".join(f"  wrong_{k}:\n{text}    evidence:\n      {e}\n" for k, e in enumerate(part))
        said = refused(each_study, tmp_path, "claims", entries)
        assert set(said) == set(part)
        for line in part:
            assert wrong[line] in said[line]


def test_advice_that_rests_on_no_claim_is_refused_with_its_line(each_study, tmp_path):
    names, text = names_of(each_study), worded(each_study, ["who", "what"])
    wrong = {f"rests_on: {filled(base, names)}": filled(message, names) for base, message in BASES.items()}
    for k, (line, message) in enumerate(wrong.items()):
        entries = f"  other_advice:\n{text}    rests_on: []\n  wrong_{k}:\n{text}    {line}\n"
        said = refused(each_study, tmp_path, "recommendations", entries)
        assert set(said) == {line}
        assert message in said[line]

"""Answer scales of which some answers have a label."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from bouwen.survey import TableError

LABELS = {1: "Helemaal mee oneens", 2: "Mee oneens", 3: "Neutraal", 4: "Mee eens", 5: "Helemaal mee eens"}


def keep(trial, codes):
    """Leave the labels of these codes only."""
    gone = [code for code in LABELS if code not in codes]
    lines = (trial.folder / "instrument.yml").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(tuple(f"      {code}: {{nl:" for code in gone))]
    trial.write("instrument.yml", "".join(kept))


@pytest.mark.parametrize("codes", [(2, 3, 4, 5), (1, 2, 3, 4)])
def test_a_label_counts_as_an_answer_only_where_both_ends_have_one(trial, codes):
    keep(trial, codes)
    answer = LABELS[codes[-1]]
    trial.write("answers.csv", f"id,t1,t2,plan,years\nr1,{answer},2,1,1\nr2,3,4,1,1\n")
    with pytest.raises(TableError, match="in text") as caught:
        trial.read()
    assert caught.value.columns == ("t1",)


def test_labels_of_a_whole_scale_are_answers(trial):
    trial.write("answers.csv", "id,t1,t2,plan,years\nr1,Neutral,mee  EENS,1,1\nr2,Fully agree,2,1,1\n")
    assert trial.read().responses[["t1", "t2"]].to_numpy().tolist() == [[3, 4], [5, 2]]


@pytest.mark.parametrize("codes", [(1, 5), (1, 3, 5), (2,)])
def test_numbers_are_answers_whatever_the_labels(trial, codes):
    keep(trial, codes)
    trial.write("answers.csv", "id,t1,t2,plan,years\nr1,1,2,1,1\nr2,3,4,1,1\nr3,5,,1,1\n")
    study = trial.read()
    np.testing.assert_array_equal(study.responses["t1"], [1, 3, 5])
    scale = study.instrument.answer_scales["agree"]
    assert list(scale.labels) == list(codes)
    assert list(scale.codes) == [1, 2, 3, 4, 5]
    assert scale.midpoint == 3


@pytest.mark.parametrize(
    ("file_label", "refused"),
    [("Fully agree", False), ("FULLY  agree", False), ("Fully disagree", True), ("Agree", False)],
)
def test_value_labels_of_a_file_beside_half_a_scale(trial, file_label, refused):
    """Five is called so in the file: only a label that the instrument gives another code contradicts it."""
    keep(trial, (1, 5))
    trial.change("study.yml", "answers.csv", "answers.sav")
    data = pd.DataFrame(
        {"id": ["a", "b"], "t1": [5.0] * 2, "t2": [2.0] * 2, "plan": [1.0] * 2, "years": [1.0] * 2}
    )
    pyreadstat.write_sav(
        data, str(trial.folder / "answers.sav"), variable_value_labels={"t1": {5.0: file_label}}
    )
    if refused:
        with pytest.raises(TableError, match="another code") as caught:
            trial.read()
        assert caught.value.columns == ("t1",)
    else:
        assert trial.read().responses["t1"].tolist() == [5.0, 5.0]

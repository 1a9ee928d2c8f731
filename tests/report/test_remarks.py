"""What fits and tests remark in English is said in the language of the book."""

import re

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.scales import little_mcar
from bouwen.words import words


def answers(n=120, seed=3):
    """Four items of one factor, the last hardly related, and a group."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal(n)
    frame = pd.DataFrame({f"x{k}": common + rng.standard_normal(n) for k in range(1, 5)})
    return frame.assign(side=np.where(np.arange(n) % 2, "left", "right"))


def impossible():
    """Answers whose first variance is negative in a model of one factor: r12 r13 exceeds r23."""
    corr = np.array([[1, 0.9, 0.9], [0.9, 1, 0.7], [0.9, 0.7, 1]])
    rows = np.random.default_rng(1).standard_normal((200, 3))
    rows = (rows - rows.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T))).T
    return pd.DataFrame(rows @ np.linalg.cholesky(corr).T, columns=["x1", "x2", "x3"])


def gaps(frame):
    """The same answers, some of them missing and one respondent without any."""
    frame = frame.copy()
    frame.loc[frame.index[:5], "x1"] = np.nan
    frame.loc[frame.index[9], [f"x{k}" for k in range(1, 5)]] = np.nan
    return frame


ONE = "f =~ x1 + x2 + x3"
FOUR = "f =~ x1 + x2 + x3 + x4"


def rare(frame):
    """Answers in three categories, one of them rare."""
    items = frame.drop(columns="side")
    return items.apply(lambda x: pd.cut(x, [-np.inf, -3, 1, np.inf], labels=False).astype(float))


def twice(frame):
    """The same answers in two groups."""
    return pd.concat([frame.assign(side="left"), frame.assign(side="right")], ignore_index=True)


FITS = {
    "negative_variance": lambda: bouwen.fit_sem(ONE, impossible()),
    "negative_variance_in": lambda: bouwen.fit_sem(ONE, twice(impossible()), group="side"),
    "empty": lambda: bouwen.fit_sem(FOUR, gaps(answers()), missing="fiml"),
    "listwise": lambda: bouwen.fit_sem(FOUR, gaps(answers()), missing="listwise"),
    "empty_cells": lambda: bouwen.fit_sem(
        FOUR, rare(answers()), estimator="WLSMV", ordered=["x1", "x2", "x3", "x4"]
    ),
}


@pytest.mark.parametrize("key", FITS)
def test_a_remark_of_a_fit_is_translated(key):
    remarks = FITS[key]().warnings
    found = [remark for remark in remarks if words("en").sentences[f"engine.{key}"].fullmatch(remark)]
    assert found, remarks
    assert words("en").said(found[0]) == found[0]
    dutch = words("nl").said(found[0])
    assert dutch != found[0]
    assert re.findall(r"\d+", dutch) == re.findall(r"\d+", found[0])


def test_the_reason_why_there_is_no_test_is_translated():
    complete = answers().drop(columns="side")
    with pytest.raises(bouwen.BouwenError) as caught:
        little_mcar(complete)
    assert words("nl").said(str(caught.value)) == (
        "alle 120 respondenten beantwoordden elk item; er zijn geen gaten om te toetsen."
    )


@pytest.mark.parametrize("key", [key for key in words("en").texts if key.startswith("engine.")])
def test_the_form_of_a_sentence_finds_that_sentence_and_its_values(key):
    names = re.findall(r"\{(\w+)\}", words("en").texts[key])
    values = {name: f"{name}1" for name in names}
    assert words("nl").said(words("en")(key, **values)) == words("nl")(key, **values)

"""Ordered answers -> correlations of the latent responses behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import Missing, TooFewRespondents, Vector, check_answers
from bouwen.results import Result, how_many, short
from bouwen.scales.given import Items, answers_of
from bouwen.sem import CrossTables, read_ordered


@dataclass(frozen=True, eq=False, repr=False)
class Polychoric(Result):
    """Polychoric correlations.

    Attributes
    ----------
    R : DataFrame (items × items)
    thresholds : dict of str to array
        Standard normal limits between the answers of each item.
    n : int
        Respondents with at least one answer.
    missing : float
    empty : DataFrame
        Pairs of items with empty cells in their cross table: ``first second cells``.
    """

    R: pd.DataFrame
    thresholds: dict[str, Vector]
    n: int
    missing: float
    empty: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """The correlations."""
        return self.R.copy()

    def _line(self) -> str:
        r = self.R.to_numpy()[np.tril_indices(len(self.R), -1)]
        return (
            f"{how_many(len(self.R), 'item')}, correlations from {short(float(r.min()))} to "
            f"{short(float(r.max()))}, n = {self.n}"
        )


def polychoric(items: Items, *, missing: Missing = "pairwise") -> Polychoric:
    """Polychoric correlations by maximum likelihood in two steps: thresholds, then each correlation.

    Parameters
    ----------
    items : DataFrame or Study
        Ordered answers as numbers, NaN where missing.
    missing : {"pairwise", "listwise"}

    Raises
    ------
    DataError
        Fewer than two items, a constant item, or a pair of items that nobody answered together.

    References
    ----------
    Olsson (1979), Psychometrika 44.
    """
    answers = check_answers(answers_of(items), minimum=2, what="A polychoric correlation", missing=missing)
    names = list(answers.columns)
    alone = np.empty((len(answers), 0))  # no covariates
    margins = [read_ordered(answers[name].to_numpy(), alone, name) for name in names]
    tables = CrossTables.count(margins)
    first, second, together = tables.second, tables.first, tables.counts.sum(axis=(1, 2))
    for k in np.flatnonzero(together < 2):
        pair = f'the correlation of "{names[first[k]]}" and "{names[second[k]]}"'
        raise TooFewRespondents(int(together[k]), 2, pair)
    R = np.eye(len(names))
    R[first, second] = R[second, first] = tables.correlations(np.zeros(len(first)))
    holes = tables.empty_cells()
    bare = [k for k in np.lexsort((second, first)) if holes[k]]
    return Polychoric(
        R=pd.DataFrame(R, names, names),
        thresholds={margin.name: margin.thresholds for margin in margins},
        n=len(answers),
        missing=float(answers.isna().to_numpy().mean()),
        empty=pd.DataFrame(
            {
                "first": [names[first[k]] for k in bare],
                "second": [names[second[k]] for k in bare],
                "cells": holes[bare],
            }
        ),
    )

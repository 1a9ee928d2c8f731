"""Answers to several scales -> whether the scales can be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from bouwen.checks import (
    DataError,
    Matrix,
    Missing,
    TooFewItems,
    check_choice,
    check_confidence,
    check_count,
    check_numeric,
)
from bouwen.results import Result, how_many, within
from bouwen.scales.given import NotAnswers, clusters_of, read_scales
from bouwen.scales.matrices import correlate
from bouwen.scales.resampling import bootstrap_matrices
from bouwen.sem import percentile_interval

if TYPE_CHECKING:
    from bouwen.survey import Study

HtmtKind = Literal["htmt", "htmt2"]
Blocks = npt.NDArray[np.int_]


class TooFewConstructs(DataError):
    """Fewer than two constructs with at least two items."""

    def __init__(self, constructs: Sequence[str]) -> None:
        self.constructs = tuple(constructs)
        found = " and ".join(f'"{name}"' for name in constructs) or "none"
        super().__init__(f"comparing constructs needs two of them with two or more items; found {found}.")


class Standardised(Protocol):
    """What the intervals of correlations use of a fitted model."""

    def standardized(self, type: str) -> pd.DataFrame:
        """Standardised parameters: ``lhs op rhs group est_std se``."""


@dataclass(frozen=True, eq=False, repr=False)
class Htmt(Result):
    """Heterotrait-monotrait ratios of correlations.

    Attributes
    ----------
    estimates, ci_lower, ci_upper : DataFrame (constructs × constructs)
        Ratios, one on the diagonal, and their percentile bootstrap interval (NaN without draws).
    kind : {"htmt", "htmt2"}
    n : int
    missing, confidence : float
    draws, failed, seed : int
        Bootstrap samples asked for, and those in which some item was constant.
    left_out : tuple of str
        Constructs of a single item.
    """

    estimates: pd.DataFrame
    ci_lower: pd.DataFrame
    ci_upper: pd.DataFrame
    kind: str
    n: int
    missing: float
    confidence: float
    draws: int
    failed: int
    seed: int
    left_out: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """One row per pair of constructs, the largest first: ``first second htmt ci_lower ci_upper``."""
        i, j = np.triu_indices(len(self.estimates), 1)
        names = np.asarray(self.estimates.index)
        figures = {"htmt": self.estimates, "ci_lower": self.ci_lower, "ci_upper": self.ci_upper}
        rows = pd.DataFrame(
            {"first": names[i], "second": names[j]}
            | {name: frame.to_numpy()[i, j] for name, frame in figures.items()}
        )
        return rows.sort_values("htmt", ascending=False, kind="stable", ignore_index=True)

    def _line(self) -> str:
        pair = self.table().iloc[0]
        ratio = within(pair["htmt"], pair["ci_lower"], pair["ci_upper"])
        return (
            f"{self.kind.upper()} of {how_many(len(self.estimates), 'construct')}, the largest {ratio} "
            f"({pair['first']} – {pair['second']}), n = {self.n}"
        )


def htmt(
    items_by_construct: Mapping[str, pd.DataFrame] | Study,
    *,
    kind: HtmtKind = "htmt2",
    draws: int = 0,
    seed: int = 1,
    confidence: float = 0.95,
    missing: Missing = "pairwise",
    clusters: pd.Series | None = None,
) -> Htmt:
    """Heterotrait-monotrait ratio: correlations between two scales relative to those within them.

    Parameters
    ----------
    items_by_construct : mapping of str to DataFrame, or Study
        The items of each construct, reversed ones turned, over the same respondents. A study gives
        its own, without the constructs of a single item.
    kind : {"htmt2", "htmt"}
        Geometric means, which hold for items of unequal loadings, or arithmetic means.
    draws, seed : int
        Bootstrap samples for the interval; none by default.
    confidence : float
    missing : {"pairwise", "listwise"}
    clusters : Series, optional
        Each respondent's cluster, of which bootstrap samples then draw whole ones; of a study its own, where
        they are enough.

    Raises
    ------
    DataError
        Fewer than two constructs, a construct of one item, or answers without correlations.

    Notes
    -----
    Absolute correlations, as semTools: the ratio says how strong, not in which direction.

    References
    ----------
    Henseler, Ringle & Sarstedt (2015), Journal of the Academy of Marketing Science 43; Roemer,
    Schuberth & Henseler (2021), Industrial Management & Data Systems 121.
    """
    kind = check_choice("kind", kind, get_args(HtmtKind))
    check_count("draws", draws)
    check_count("seed", seed)
    missing = check_choice("missing", missing, get_args(Missing))
    constructs, left_out = _constructs(items_by_construct)
    for name, frame in constructs.items():
        if frame.shape[1] < 2:
            raise TooFewItems([str(c) for c in frame.columns], 2, f'the construct "{name}" in HTMT')
    if len(constructs) < 2:
        raise TooFewConstructs(list(constructs))
    items = check_numeric(pd.concat(list(constructs.values()), axis=1))
    items = items.dropna() if missing == "listwise" else items.dropna(how="all")
    sample = correlate(items, missing=missing, what="HTMT")
    blocks = np.repeat(np.arange(len(constructs)), [frame.shape[1] for frame in constructs.values()])
    clusters = clusters_of(items_by_construct) if clusters is None else clusters
    drawn = _drawn_ratios(items, blocks, kind, draws, seed, clusters)
    lower, upper = percentile_interval(drawn, confidence)
    names = list(constructs)
    return Htmt(
        estimates=pd.DataFrame(ratios(sample.R[None], blocks, kind)[0], names, names),
        ci_lower=pd.DataFrame(lower, names, names),
        ci_upper=pd.DataFrame(upper, names, names),
        kind=kind,
        n=sample.n,
        missing=sample.missing,
        confidence=confidence,
        draws=draws,
        failed=int(np.isnan(drawn).any(axis=(1, 2)).sum()),
        seed=seed,
        left_out=left_out,
    )


def _constructs(
    given: Mapping[str, pd.DataFrame] | Study,
) -> tuple[dict[str, pd.DataFrame], tuple[str, ...]]:
    if isinstance(given, Mapping):
        for frame in given.values():
            if not isinstance(frame, pd.DataFrame):
                raise NotAnswers(frame)
        return {str(name): frame for name, frame in given.items()}, ()
    scales = read_scales(given)
    constructs = {name: scales.of(name) for name in scales.items}
    single = tuple(name for name, frame in constructs.items() if frame.shape[1] == 1)
    return {name: frame for name, frame in constructs.items() if name not in single}, single


def _drawn_ratios(
    items: pd.DataFrame, blocks: Blocks, kind: HtmtKind, draws: int, seed: int, clusters: pd.Series | None
) -> Matrix:
    size, X = int(blocks[-1]) + 1, items.to_numpy(dtype=float)
    own = None if clusters is None else clusters[items.index]
    chunks = [ratios(R, blocks, kind) for R in bootstrap_matrices(X, draws, seed, "correlation", own)]
    return np.concatenate([np.empty((0, size, size)), *chunks])


def ratios(R: Matrix, blocks: Blocks, kind: HtmtKind) -> Matrix:
    """HTMT or HTMT2 for each of many correlation matrices.

    mean |r| between two blocks / √(mean |r| within one · mean |r| within the other)

    Parameters
    ----------
    R : array (draws, p, p)
    blocks : array (p,)
        The construct of each item, 0 to q − 1.
    kind : {"htmt", "htmt2"}
        Arithmetic or geometric means.

    Returns
    -------
    array (draws, q, q)
        One on the diagonal.
    """
    member = (blocks[:, None] == np.arange(blocks.max() + 1)).astype(float)
    size = member.sum(axis=0)
    off = ~np.eye(len(blocks), dtype=bool)
    values = np.abs(R)
    if kind == "htmt2":
        with np.errstate(divide="ignore"):
            # a correlation of exactly 0 makes the mean of its own blocks 0, and leaves the others alone
            values = np.where(off, np.maximum(np.log(values), -1e30), 0.0)
    else:
        values = np.where(off, values, 0.0)
    pairs = np.outer(size, size) - np.diag(size)
    means = member.T @ values @ member / pairs
    within = np.diagonal(means, axis1=1, axis2=2)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        if kind == "htmt2":
            found = np.exp(means - (within[:, :, None] + within[:, None, :]) / 2)
        else:
            found = means / np.sqrt(within[:, :, None] * within[:, None, :])
    return np.asarray(found, dtype=float)


def fornell_larcker(factor_correlations: pd.DataFrame, ave: pd.Series) -> pd.DataFrame:
    """Factor correlations with the root of the average variance extracted on the diagonal.

    A factor shares more with its own items than with another factor where its diagonal entry exceeds
    the other entries of its row. Shown for tradition: the rule seldom fails where it should.

    Parameters
    ----------
    factor_correlations : DataFrame (factors × factors)
    ave : Series
        By factor.

    Returns
    -------
    DataFrame
        The matrix with a last column ``holds``.

    References
    ----------
    Fornell & Larcker (1981), Journal of Marketing Research 18.
    """
    names = list(factor_correlations.index)
    table = factor_correlations.loc[names, names].to_numpy(dtype=float).copy()
    np.fill_diagonal(table, 0)
    largest = np.abs(table).max(axis=1)
    root = np.sqrt(ave.loc[names].to_numpy(dtype=float))
    np.fill_diagonal(table, root)
    return pd.DataFrame(table, names, names).assign(holds=root > largest)


def correlation_intervals(fit: Standardised, *, confidence: float = 0.95) -> pd.DataFrame:
    """Correlations between the factors of a fitted model, with Wald intervals by the delta method.

    Two factors whose interval reaches 1 cannot be told apart; Rönkkö and Cho propose .8, .9 and 1 as bounds
    of marginal, moderate and severe problems.

    Parameters
    ----------
    fit : Fit
        Factors that other variables explain are left out: what the model says of them is not their
        correlation.
    confidence : float

    Returns
    -------
    DataFrame
        One row per pair, and per group: ``group first second r se ci_lower ci_upper``, the largest first.

    References
    ----------
    Rönkkö & Cho (2022), Organizational Research Methods 25.
    """
    from scipy.special import ndtri

    check_confidence(confidence)
    table = fit.standardized("std_all")
    explained = {*table.loc[table["op"] == "~", "lhs"], *table.loc[table["op"] == "=~", "rhs"]}
    free = set(table.loc[table["op"] == "=~", "lhs"]) - explained
    rows = table[(table["op"] == "~~") & (table["lhs"] != table["rhs"])]
    rows = rows[rows["lhs"].isin(free) & rows["rhs"].isin(free)]
    r, half = rows["est_std"], float(ndtri((1 + confidence) / 2)) * rows["se"]
    found = pd.DataFrame(
        {
            "group": rows["group"],
            "first": rows["lhs"],
            "second": rows["rhs"],
            "r": r,
            "se": rows["se"],
            "ci_lower": r - half,
            "ci_upper": r + half,
        }
    )
    return found.sort_values("r", ascending=False, kind="stable", ignore_index=True)

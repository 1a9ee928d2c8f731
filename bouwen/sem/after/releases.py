"""Equalities over groups -> what the fit would gain from giving up each, for one sample or a stack of them.

References
----------
Rao (1948), Large sample tests of statistical hypotheses; Bentler & Chou (1993), Some new covariance
structure model improvement statistics.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from bouwen.checks import Array
from bouwen.sem.after.diagnostics import untied
from bouwen.sem.family.normal import Family
from bouwen.sem.fitted import Fitted
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.implied import compile_structure
from bouwen.sem.model.table import Key, Parameter, ParTable
from bouwen.sem.normal.discrepancy import Objective
from bouwen.sem.normal.free_means import WithoutMeans
from bouwen.special import chdtrc


@dataclass(frozen=True, eq=False)
class Releases:
    """Score tests of the parameters that one fit holds equal over groups and another does not.

    Attributes
    ----------
    fit, beside : Fit
        The fit with the equalities, and the one without them.
    keys : tuple of (lhs, op, rhs), length K
        The parameters.
    family : Family
        The fit's model with a free number for every free row.
    spread, offset : arrays (q', q) and (q',)
        Parameters of the fit to those of ``family``.
    places : array (K, G − 1)
        Where the parameter of each group but the first stands in ``family``.
    """

    fit: Fitted
    beside: Fitted
    keys: tuple[Key, ...]
    family: Family
    spread: Array
    offset: Array
    places: Array

    @classmethod
    def of(cls, fit: Fitted, *, beside: Fitted) -> Releases:
        """Find what ``fit`` holds equal over groups and ``beside`` does not."""
        held, free = _by_key(fit.partable.rows), _by_key(beside.partable.rows)
        keys = tuple(
            key for key, rows in held.items() if _equal(rows) and not _equal(free[key]) and _tells(key, held)
        )
        table = _apart(fit.partable, set(keys))
        spread, offset = np.zeros((table.n_free, fit.partable.n_free)), np.zeros(table.n_free)
        for old, new in zip(fit.partable.rows, table.rows, strict=True):
            if old.free >= 0:
                spread[new.free, old.free] = 1.0
            elif new.free >= 0:
                offset[new.free] = old.value
        apart = _by_key(table.rows)
        places = np.array([[row.free for row in apart[key][1:]] for key in keys], dtype=np.int64)
        family = fit.family.of_model(table, compile_structure(table))
        return cls(fit, beside, keys, family, spread, offset, places.reshape(len(keys), -1))

    @cached_property
    def _kept(self) -> Array:
        """(q', k): the directions that the equalities leave."""
        affine = Restrictions(self.fit.partable).affine
        return self.spread if affine is None else self.spread @ affine[1]

    def scores(self, objective: Objective, theta: Array) -> Array:
        """Score statistics per respondent.

        gᵀ (I_aa − I_ab I_bb⁻¹ I_ba)⁻¹ g with a the parameter's own value in all groups but the first, b
        all that is free in the fit, and I the expected information.

        Parameters
        ----------
        objective : Objective
            Of ``family``, for one sample or a stack of draws.
        theta : array (..., q)
            Solutions of the fit, or of its draws.

        Returns
        -------
        array (..., K)
            Times N, chi-square with G − 1 degrees of freedom for likelihoods; NaN where a draw failed.
        """
        good = np.asarray(np.isfinite(theta).all(axis=-1))
        B = self._kept
        alone = WithoutMeans.of(objective, B)
        if alone is not None:
            objective, B = alone.objective, alone.basis
        point = objective.at(np.where(good[..., None], theta, self.fit.theta) @ self.spread.T + self.offset)
        g, H = point.gradient, point.information
        inner, mixed = B.T @ (H @ B), (H @ B)[..., self.places.ravel(), :]
        solved = np.linalg.solve(inner, np.swapaxes(mixed, -1, -2))
        out = np.empty((*theta.shape[:-1], len(self.keys)))
        width = self.places.shape[1]
        for k, places in enumerate(self.places):
            own = slice(k * width, (k + 1) * width)
            block = H[..., places[:, None], places] - mixed[..., own, :] @ solved[..., :, own]
            pull = g[..., places]
            out[..., k] = (pull * np.linalg.solve(block, pull[..., None])[..., 0]).sum(axis=-1)
        return np.where(good[..., None], out, np.nan)

    def _estimates(self) -> Array:
        """(K, G): the parameters in the fit without the equalities."""
        rows, theta = _by_key(self.beside.partable.rows), self.beside.theta
        values = [[theta[r.free] if r.free >= 0 else r.value for r in rows[key]] for key in self.keys]
        return np.array(values, dtype=float).reshape(len(self.keys), -1)

    def table(self) -> pd.DataFrame:
        """Lhs op rhs difference score df pvalue of every parameter, for the sample that was fitted."""
        score = self.scores(self.family.objective, self.fit.theta) * self.fit.sample.N
        df = self.fit.partable.n_groups - 1
        est = self._estimates()
        frame = pd.DataFrame(list(self.keys), columns=["lhs", "op", "rhs"])
        likelihood = self.fit.call.estimator.discrepancy == "ML"
        return frame.assign(
            difference=est.max(axis=1) - est.min(axis=1),
            score=score,
            df=df,
            pvalue=chdtrc(df, score) if likelihood else np.nan,
        )


def _by_key(rows: tuple[Parameter, ...]) -> dict[Key, list[Parameter]]:
    found: dict[Key, list[Parameter]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(row)
    return found


def _equal(rows: list[Parameter]) -> bool:
    return all((row.free, row.value) == (rows[0].free, rows[0].value) for row in rows)


def _tells(key: Key, rows: dict[Key, list[Parameter]]) -> bool:
    """Whether the data can tell: not of two thresholds beside a free intercept and scale."""
    return key[1] != "|" or (key[0], "|", "t3") in rows


def _apart(table: ParTable, keys: set[Key]) -> ParTable:
    """The table with a number of its own for every free row, and for rows of these keys that are fixed."""
    table, _ = untied(table)
    rows, number = [], table.n_free
    for row in table.rows:
        if row.free < 0 and row.group > 0 and row.key in keys:
            row, number = replace(row, free=number), number + 1
        rows.append(row)
    return replace(table, rows=tuple(rows), n_free=number)

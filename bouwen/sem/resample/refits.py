"""Samples like one's own -> what the model says of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import Array
from bouwen.sem.family.normal import Family
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.implied import Implied, Structure
from bouwen.sem.model.improper import indefinite_blocks, negative_variances
from bouwen.sem.model.standardised import standardise
from bouwen.sem.model.table import ParTable
from bouwen.sem.resample.batch import CONVERGED, fit_batch
from bouwen.sem.resample.draws import Source
from bouwen.sem.resample.samples import take
from bouwen.sem.resample.stacks import batch_measures
from bouwen.sem.resample.workers import Chunk

PARAMETERS = ("est", "std_lv", "std_all")
IMPROPER = (
    "negative variance",
    "latent covariances not positive definite",
    "residual covariances not positive definite",
)


@dataclass(frozen=True, eq=False)
class Drawn:
    """What D draws gave; rows are those of ``fit.parameters``, NaN where a draw failed.

    Attributes
    ----------
    status : array (D,)
        ``CONVERGED``, ``NOT_CONVERGED`` or ``NO_SAMPLE`` of `bouwen.sem.resample.batch`.
    improper : array (D, 3) of bool
        Which of `IMPROPER` holds.
    est, std_lv, std_all : arrays (D, rows)
    measures : DataFrame
        Fit measures, one row a draw.
    """

    status: Array
    improper: Array
    est: Array
    std_lv: Array
    std_all: Array
    measures: pd.DataFrame


def fit_chunk(source: Source, start: Array, measures: Sequence[str], chunk: Chunk) -> Drawn:
    """Draw a chunk of samples and fit the model to each."""
    return join_drawn([solved(start, family, some, measures) for family, some in source.stacks(chunk)])


def solved(start: Array, family: Family, objective: Any, measures: Sequence[str]) -> Drawn:
    """Fit a model to a stack of samples."""
    table, structure = family.table, family.structure
    batch = fit_batch(objective, table, start)
    good = np.flatnonzero(batch.status == CONVERGED)
    D, rows = len(batch.status), len(table.rows) + len(table.definitions)
    est, lv, full = (np.full((D, rows), np.nan) for _ in range(3))
    improper = np.zeros((D, len(IMPROPER)), dtype=bool)
    if len(good):
        implied = _reported(family, objective, batch.theta, good)
        est[good] = with_definitions(table, implied.values)
        lv[good], full[good] = (
            with_definitions(table, standardise(structure, implied, observed=flag)) for flag in (False, True)
        )
        improper[good] = improper_solutions(structure, implied.values)
    found = batch_measures(family, objective, batch, measures) if measures else pd.DataFrame(index=range(D))
    return Drawn(batch.status, improper, est, lv, full, found)


def _reported(family: Any, objective: Any, theta: Array, good: Array) -> Implied:
    """Implied moments of all variables, in the draws that have a solution."""
    sample = family.sample
    if sample.mean.ndim > 2:  # covariates' moments of every draw
        family = replace(family, sample=replace(sample, mean=sample.mean[good], cov=sample.cov[good]))
    implied: Implied = family.reported(take(objective, good).at(theta[good]))
    return implied


def with_definitions(table: ParTable, values: Array) -> Array:
    """Rows (..., G, R) in the order (..., k) of ``fit.parameters``: by group, defined parameters last."""
    flat = values.reshape(*values.shape[:-2], -1)
    if not table.definitions:
        return flat
    return np.concatenate([flat, Restrictions(table).definitions_from_rows(flat)], axis=-1)


def improper_solutions(structure: Structure, values: Array) -> Array:
    """Which of `IMPROPER` holds in each draw, (D, 3), from rows (D, G, R)."""
    indefinite = indefinite_blocks(structure, values)
    return np.stack(
        [
            negative_variances(structure, values).any(axis=(-2, -1)),
            indefinite[..., 0].any(axis=-1),
            indefinite[..., 1].any(axis=-1),
        ],
        axis=-1,
    )


def join_drawn(parts: Sequence[Drawn]) -> Drawn:
    """Chunks of draws as one."""
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("status", "improper", *PARAMETERS)
    }
    return Drawn(**arrays, measures=pd.concat([part.measures for part in parts], ignore_index=True))

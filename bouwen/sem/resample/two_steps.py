"""Structure after measurement -> what both steps would have given in other samples.

Every chunk of draws is taken through both steps at once: the blocks of all draws, their factors' moments, and
the structure of all draws. Draws are estimated without bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bouwen.checks import Array
from bouwen.sem.family.normal import Family, NormalTheory
from bouwen.sem.model.implied import row_values
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.normal.discrepancy import Likelihood, Objective
from bouwen.sem.resample.batch import fit_batch
from bouwen.sem.resample.draws import weighted_stack
from bouwen.sem.resample.memory import parts_of
from bouwen.sem.resample.saturation import saturated_stack
from bouwen.sem.resample.stacks import draw_bytes, moments_objective
from bouwen.sem.resample.weights import resampling_weights
from bouwen.sem.resample.workers import Chunk
from bouwen.sem.sam.mapping import fuller, mapping_of
from bouwen.sem.sam.result import SamFit

NEAR_ENOUGH = 1e-6  # largest change of a moment, in standard deviations: far below what draws differ by


@dataclass(frozen=True)
class ResampledSteps:
    """Respondents, or whole clusters of them, with replacement within each group, through both steps."""

    sam: SamFit

    def __post_init__(self) -> None:
        if self.sam.structural.structure.latent:
            raise UnsupportedModel('draws of both steps are those of method="local"')
        if self.sam.pairwise:
            raise UnsupportedModel(
                "draws of both steps need the moments of all items at once, for which respondents are too few"
            )

    def stacks(self, chunk: Chunk) -> Iterator[tuple[Family, Objective]]:
        """The structure's discrepancies of a chunk of draws, some at a time, and its family."""
        family = self.sam.latent.step.family
        weights = resampling_weights(family.sample, chunk.rng(), chunk.size)
        structural = self.sam.structural.family
        assert isinstance(structural, NormalTheory)
        measured = self.measured(family, weights)
        for part in parts_of(len(weights), draw_bytes(family)):
            mean, cov = self.moments(family, weights[part], measured[part])
            yield structural, moments_objective(structural, mean, cov)

    def moments(self, family: NormalTheory, weights: Array, measured: Array) -> tuple[Array, Array]:
        """Means (D, G, k) and covariances (D, G, k, k) of the structure's variables in each draw."""
        sample, division = family.sample, self.sam.division
        _, objective = weighted_stack(family, weights)
        assert isinstance(objective, Likelihood)
        means, covs = objective.mean, objective.cov
        if sample.patterns is not None:
            given = np.arange(len(weights)), sample.mean, sample.cov
            means, covs, _ = saturated_stack(objective, *given, settled=NEAR_ENOUGH)
        own = replace(division, table=family.table)
        found = mapping_of(own, family.structure, measured, [b.sample.names for b in self.sam.blocks])
        mean, total, unique = found.of(means, covs)
        cov = np.full_like(total, np.nan)
        for d, g in np.argwhere(
            np.isfinite(total).all(axis=(-2, -1)) & np.isfinite(unique).all(axis=(-2, -1))
        ):
            cov[d, g] = fuller(total[d, g], unique[d, g], sample.n[g])
        return mean, cov

    def measured(self, family: NormalTheory, weights: Array) -> Array:
        """The rows (D, G, R) of the whole model at the first step of each draw, 0 in the structure's."""
        st, division = family.structure, self.sam.division
        out = np.zeros((len(weights), *st.free.shape))
        R = family.table.rows_per_group
        for k, row in enumerate(family.table.rows):
            if division.measures(row):
                out[:, k // R, k % R] = row.value or 0.0
        place = {(row.key, row.group): k for k, row in enumerate(family.table.rows)}
        place |= {((b, op, a), g): k for ((a, op, b), g), k in place.items() if op == "~~"}
        for block, who in zip(self.sam.blocks, self.sam.latent.step.first.respondents, strict=True):
            own = [
                (j, place[r.key, r.group]) for j, r in enumerate(block.partable.rows) if division.measures(r)
            ]
            for draws in parts_of(len(weights), draw_bytes(block.family)):
                part, objective = weighted_stack(block.family, weights[draws][:, who])
                theta = fit_batch(objective, part.table, block.theta).theta
                values = row_values(block.structure, theta, block.structure.fixed).reshape(len(theta), -1)
                for j, k in own:
                    out[draws, k // R, k % R] = values[:, j]
        return out

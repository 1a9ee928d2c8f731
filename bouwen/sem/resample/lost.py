"""Draws of ordered answers in which a category that somebody chose is chosen by nobody.

Such a draw has no threshold there and so no estimates. The draws are made again from their seed, as answers
only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import Array
from bouwen.results import how_many
from bouwen.sem.family.ordinal import OrdinalFamily
from bouwen.sem.fit import Fit
from bouwen.sem.ordinal.collapsing import count_categories
from bouwen.sem.resample.draws import Simulated, source_of_draws
from bouwen.sem.resample.weights import resampling_weights
from bouwen.sem.resample.workers import chunks_of

WORST = 3  # categories that a sentence names


@dataclass(frozen=True, eq=False)
class Lost:
    """What draws lack.

    Attributes
    ----------
    table : DataFrame
        item category group draws, the most often lacking first: in how many draws nobody chose it.
    draws : int
        How many lack at least one.
    """

    table: pd.DataFrame
    draws: int

    def sentence(self, total: int) -> str:
        """What was lost, in how many draws, and what that does."""
        shown = [
            f'{category:g} of "{item}"' + (f' in group "{group}"' if group else "") + f" in {draws}"
            for item, category, group, draws in self.table.head(WORST).to_numpy().tolist()
        ]
        rest = len(self.table) - WORST
        more = f" and {how_many(rest, 'other category', 'other categories')}" if rest > 0 else ""
        return (
            f"{self.draws} of {total} draws lack an answer category ({', '.join(shown)}{more}) and give no "
            "estimates: the intervals describe samples in which somebody chose each, and are too narrow "
            "where one is rare. Join rare categories with a neighbour before the fit"
        )


def lost_categories(fit: Fit, kind: str, draws: int, seed: int) -> Lost:
    """Which answer categories the draws of a bootstrap lack, and in how many of them."""
    names, family = ("item", "category", "group", "draws"), fit.family
    if not isinstance(family, OrdinalFamily):
        return Lost(pd.DataFrame(columns=list(names)), 0)
    chosen = np.concatenate(list(_chosen(fit, family, kind, draws, seed)))
    groups = fit.sample.groups
    rows = [
        (fit.sample.names[k], value, label if len(groups) > 1 else "")
        for label in groups
        for k in fit.structure.ordered.tolist()
        for value in count_categories(fit.sample.rows, k)[0].tolist()
    ]
    found = pd.DataFrame(rows, columns=list(names[:3])).assign(draws=(~chosen).sum(axis=0))
    found = found[found["draws"] > 0].sort_values("draws", ascending=False, kind="stable", ignore_index=True)
    return Lost(found, int((~chosen).any(axis=1).sum()))


def _chosen(fit: Fit, family: OrdinalFamily, kind: str, draws: int, seed: int) -> Iterator[Array]:
    """Whether each draw of a chunk has each category, (draws, groups and items and categories)."""
    rows, source = fit.sample.rows, source_of_draws(fit, kind)
    ordered = fit.structure.ordered.tolist()
    values = [count_categories(rows, k)[0] for k in ordered]
    bounds = np.cumsum([len(x) for x in rows])[:-1]
    for chunk in chunks_of(draws, seed):
        rng = chunk.rng()
        if isinstance(source, Simulated):
            for _ in range(chunk.size):
                yield np.concatenate([_has(x, ordered, values).any(axis=0) for x in source.ordered(rng)])[
                    None
                ]
            continue
        parts = np.split(resampling_weights(fit.sample, rng, chunk.size), bounds, axis=1)
        has = [_has(x, ordered, values).astype(float) for x in rows]
        yield np.concatenate([part @ own > 0 for part, own in zip(parts, has, strict=True)], axis=1)


def _has(rows: Array, ordered: list[int], values: list[Array]) -> Array:
    """Whether each respondent (n) gave each answer (items and categories)."""
    return np.concatenate([rows[:, k, None] == own for k, own in zip(ordered, values, strict=True)], axis=1)

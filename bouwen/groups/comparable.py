"""A study -> for each construct and grouping, whether its items work alike there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from bouwen.checks import Matrix, check_count
from bouwen.errors import BouwenError
from bouwen.groups.climbing import (
    FAILS,
    FULL,
    METRIC,
    NOT_TESTED,
    PARTIAL,
    SCALAR,
    Grouping,
    Tested,
    items_tested,
)
from bouwen.groups.deviations import GROUP, LATENT, dmacs, scale_shift
from bouwen.results import Result, how_many
from bouwen.scales import key_items
from bouwen.sem import fit_sem
from bouwen.survey import Study, check_is_study, level_sizes

LADDER_COLUMNS = [
    "group", "construct", "step", "item", "pvalue_step", "padjusted", "invariance", "deviating",
]  # fmt: skip
DEVIATION_COLUMNS = ["group", "construct", "item", "let_go", "level", "other", "dmacs", "scale_shift"]


@dataclass(frozen=True, eq=False, repr=False)
class ConstructLadders(Result):
    """Whether the items of every construct work alike in the levels of every grouping.

    Attributes
    ----------
    items : dict of construct to tuple of str
    groupings : dict of group to Grouping
        Those with at least two levels large enough.
    tested : dict of (group, construct) to Tested
    draws : int
        Shuffles.
    """

    items: dict[str, tuple[str, ...]]
    groupings: dict[str, Grouping]
    tested: dict[tuple[str, str], Tested]
    draws: int

    def table(self) -> pd.DataFrame:
        """Both steps of every construct.

        Returns
        -------
        DataFrame
            ``group construct step item pvalue_step padjusted invariance deviating``: the step *metric*
            (loadings) or *scalar* (intercepts); the item that deviates most and its p-value, corrected for
            all signs of all constructs and groupings (``padjusted``) or of the step alone
            (``pvalue_step``); *full*, *partial*, *fails*, or *untested* where a construct has fewer than
            three items or its factor no solution; and the items found to deviate, with commas.
        """
        rows = []
        for (group, construct), found in self.tested.items():
            items = self.items[construct]
            deviating = ", ".join(items[j] for j in found.found)
            for s, (step, verdict) in enumerate(((METRIC, found.metric), (SCALAR, found.scalar))):
                worst, own, adjusted = "", np.nan, np.nan
                if found.factor is not None:
                    part = slice(s * len(items), (s + 1) * len(items))
                    k = int(np.argmax(found.signs[part]))
                    worst, own, adjusted = items[k], found.own[s], found.adjusted[part][k]
                named = deviating if verdict in (PARTIAL, FAILS) else ""
                rows.append((group, construct, step, worst, own, adjusted, verdict, named))
        return pd.DataFrame(rows, columns=LADDER_COLUMNS)

    @cached_property
    def _deviations(self) -> pd.DataFrame:
        rows = []
        for (group, construct), found in self.tested.items():
            if found.found:
                rows += [
                    (group, construct, *row)
                    for row in _deviations(found, self.items[construct], self.groupings[group])
                ]
        return pd.DataFrame(rows, columns=DEVIATION_COLUMNS)

    def deviations(self) -> pd.DataFrame:
        """How much each deviating item matters.

        Returns
        -------
        DataFrame
            ``group construct item let_go level other dmacs scale_shift``: ``level`` against the largest,
            ``other``; dMACS (Nye & Drasgow, 2011) and what the item adds to the scale mean of ``level``, in
            points of the answer scale, both with the deviating items' loadings and intercepts free. NaN where
            such a model has no solution.
        """
        return self._deviations.copy()

    def status(self, group: str, construct: str, step: str = SCALAR) -> str:
        """*full*, *partial: item*, *fails: item* or *untested*."""
        found = self.tested[group, construct]
        verdict = found.scalar if step == SCALAR else found.metric
        if verdict in (FULL, NOT_TESTED):
            return verdict
        return f"{verdict}: " + ", ".join(self.items[construct][j] for j in found.found)

    def _line(self) -> str:
        verdicts = [found.scalar for found in self.tested.values()]
        told = ", ".join(
            f"{verdicts.count(v)} {v}" for v in (FULL, PARTIAL, FAILS, NOT_TESTED) if v in verdicts
        )
        return (
            f"{how_many(len(self.items), 'construct')} over {how_many(len(self.groupings), 'grouping')}"
            + (f": {told}" if told else "")
            + f"; {how_many(self.draws, 'shuffle')}"
        )


def construct_ladders(study: Study, *, draws: int = 999) -> ConstructLadders:
    """Test for every construct whether its items work alike in the levels of every grouping.

    One factor for each construct; loadings (*metric*), then intercepts (*scalar*), one by one by score
    tests whose reference are shuffles of the respondents over the levels, each level at its own factor
    means, in one family over all items, constructs and groupings of the study. An item that deviates is let
    go, at most one of three to five; see `bouwen.groups.climbing.items_tested`. Whole clusters are shuffled
    where the variable is one of theirs.

    Parameters
    ----------
    study : Study
    draws : int
        Shuffles, at least 19, by the study's seed.

    Returns
    -------
    ConstructLadders

    References
    ----------
    Jorgensen et al. (2018), Psychological Methods 23; Westfall & Young (1993), Resampling-based multiple
    testing.
    """
    check_is_study(study)
    check_count("draws", draws, least=19)
    groupings = study_groupings(study)
    tested = items_tested(
        construct_answers(study), groupings, draws=draws, seed=study.settings.seed,
        alpha=1 - study.settings.confidence,
    )  # fmt: skip
    items = {name: study.items_of(name) for name in study.constructs}
    return ConstructLadders(items, groupings, tested, draws)


def construct_answers(study: Study) -> dict[str, Matrix]:
    """Answers (N, p) to each construct, turned where they were asked the other way round."""
    answers = key_items(study)
    return {name: answers[list(study.items_of(name))].to_numpy(dtype=float) for name in study.constructs}


def study_groupings(study: Study) -> dict[str, Grouping]:
    """The groupings of a study with at least two levels that are large enough."""
    found = {}
    for name in study.groups:
        sizes = level_sizes(study, name)
        levels = tuple(map(str, sizes.index[sizes["enough"]]))
        if len(levels) < 2:
            continue
        number = {level: k for k, level in enumerate(levels)}
        own = study.responses[name].astype(object)
        group = np.array([number.get(level, -1) for level in own], dtype=np.int64)
        found[name] = Grouping(levels, group, _whole_clusters(study, group))
    return found


def _whole_clusters(study: Study, group: np.ndarray) -> np.ndarray | None:
    """Clusters, where nobody's level differs from that of the others in the cluster."""
    if study.clusters is None:
        return None
    inside = group >= 0
    levels = pd.Series(group[inside]).groupby(study.clusters.to_numpy()[inside]).nunique()
    return study.clusters.to_numpy() if (levels <= 1).all() else None


def _deviations(found: Tested, items: tuple[str, ...], grouping: Grouping) -> list[tuple[object, ...]]:
    """Rows of `ConstructLadders.deviations` of one construct."""
    names = [f"x{j}" for j in range(len(items))]
    data = pd.DataFrame(found.answers, columns=names).assign(**{GROUP: found.group})
    freed = [text for j in found.found for text in (f"{LATENT} =~ {names[j]}", f"{names[j]} ~ 1")]
    sizes = np.bincount(found.group, minlength=len(grouping.levels))
    other = int(np.argmax(sizes))
    try:
        fit = fit_sem(
            f"{LATENT} =~ " + " + ".join(names), data, group=GROUP, group_equal=["loadings", "intercepts"],
            group_partial=freed, missing="fiml", std_lv=True, meanstructure=True,
        )  # fmt: skip
    except BouwenError:
        fit = None
    rows: list[tuple[object, ...]] = []
    for j in dict.fromkeys(found.found):
        for level in range(len(grouping.levels)):
            if level == other:
                continue
            size = shift = np.nan
            if fit is not None:
                at = {row.key: k for k, row in enumerate(fit.partable.rows) if row.group == 0}
                order = [[int(str(x)) for x in fit.sample.group_values].index(g) for g in (other, level)]
                v = fit.implied.values[order]
                loading = tuple(v[:, at[LATENT, "=~", names[j]]])
                intercept = tuple(v[:, at[names[j], "~1", ""]])
                mean, var = v[1, at[LATENT, "~1", ""]], v[1, at[LATENT, "~~", LATENT]]
                sds = [np.nanstd(found.answers[found.group == g, j], ddof=1) for g in (other, level)]
                ns = [int(np.isfinite(found.answers[found.group == g, j]).sum()) - 1 for g in (other, level)]
                size = dmacs(loading, intercept, mean, var, float(np.dot(ns, sds) / sum(ns)))
                shift = scale_shift(loading, intercept, mean, len(items))
            rows.append(
                (items[j], j in found.let_go, grouping.levels[level], grouping.levels[other], size, shift)
            )
    return rows

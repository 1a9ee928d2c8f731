"""A study -> differences between the levels of its groupings: means, paths, and what may be said of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import Ints, Vector, check_count, check_known
from bouwen.groups.climbing import FAILS, METRIC, NOT_TESTED, SCALAR, Grouping, Tested, bartlett_scores
from bouwen.groups.comparable import ConstructLadders, construct_answers, construct_ladders
from bouwen.groups.composites import Equations, Variable, level_effects, resampled
from bouwen.groups.verdicts import DIFFERENCES, judge_differences, quantile
from bouwen.results import Result, at_level
from bouwen.scales import difference_estimate, key_items, score_scales
from bouwen.sem import parse_model
from bouwen.survey import Study, check_is_study, level_sizes

THE_OTHERS = "rest"
MEAN, SCORE, PATH, TOTAL = "latent mean", "score", "path", "total effect"
MOST_PAIRED = 12  # levels; of more each is compared with the rest alone
PER_EFFECT = 5  # respondents in the smallest level for every path and residual variance
COMPARISON_COLUMNS = [
    "kind", "what", "level", "other", "method", "estimate", "ci_lower", "ci_upper", "pvalue", "padjusted",
    "smallest", "detectable", "invariance", "n", "n_other", "verdict",
]  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class GroupComparison(Result):
    """The levels of a grouping, each against each other and against all others together.

    Attributes
    ----------
    group : str
    levels, left_out : tuple of str
        Levels compared, and those with fewer than ``min_group`` respondents.
    rows : DataFrame
        See `table`.
    family : dict of kind to int
        How many comparisons of a kind were corrected together, over all groupings of the study.
    ladders : ConstructLadders
        Whether items work alike.
    reduced : bool
        Whether paths are those of the study's antecedents alone, as the levels are too small for all.
    confidence : float
    smallest_difference : float
        The smallest difference of means that matters, in standard deviations.
    """

    group: str
    levels: tuple[str, ...]
    left_out: tuple[str, ...]
    rows: pd.DataFrame
    family: dict[str, int]
    ladders: ConstructLadders
    reduced: bool
    confidence: float
    smallest_difference: float

    def table(self) -> pd.DataFrame:
        """Every difference with its verdict.

        Returns
        -------
        DataFrame
            ``kind what level other method estimate ci_lower ci_upper pvalue padjusted smallest detectable
            invariance n n_other verdict``: ``level`` minus ``other``, which is another level or *rest*.
            Latent means are in standard deviations of the factor within levels, scores in points of the
            answer scale, paths (``predictor -> outcome``) in standard deviations that are the same in all
            levels. The interval is the corrected one, see `judged_by_kind`.
        """
        return at_level(self.rows[COMPARISON_COLUMNS].copy(), self.confidence)

    def _line(self) -> str:
        found = self.rows["verdict"].value_counts()
        told = ", ".join(f"{found[verdict]} {verdict}" for verdict in DIFFERENCES if verdict in found)
        return f"{self.group}, {len(self.levels)} levels" + (f": {told}" if told else ", nothing to compare")


def compare_groups(study: Study, group: str, *, draws: int = 999, permutations: int = 999) -> GroupComparison:
    """Compare the levels of a background variable: means, scores, paths, with a verdict on every difference.

    Latent means are compared where loadings and intercepts are alike, at least but for an item let go;
    scores stand beside them. Both have Welch's errors, cluster-robust (CR2) where respondents are nested.
    Paths and total effects are those of structure after measurement with loadings pooled over the levels,
    where these are alike; their differences have bootstrap errors and Satterthwaite's degrees of freedom.
    Levels with fewer than five respondents for every path and residual variance are compared on the study's
    ``antecedents`` alone, or not at all.

    Parameters
    ----------
    study : Study
        Its settings ``smallest_difference`` and ``smallest_path`` say which differences matter.
    group : str
        One of its groups. All of them are corrected together.
    draws : int
        Bootstrap samples, at least 20.
    permutations : int
        Shuffles of `bouwen.construct_ladders`, at least 19.

    Returns
    -------
    GroupComparison

    Raises
    ------
    UnknownName
        The study has no such group.

    References
    ----------
    Rosseel & Loh (2022), Psychological Methods. Games & Howell (1976), Journal of Educational Statistics 1.
    """
    check_is_study(study)
    check_known("group of the study", group, study.groups)
    return compare_all_groups(study, draws=draws, permutations=permutations)[group]


def compare_all_groups(
    study: Study, *, draws: int = 999, permutations: int = 999
) -> dict[str, GroupComparison]:
    """`compare_groups` of every group of a study at once."""
    check_is_study(study)
    check_count("draws", draws, least=20)
    ladders = construct_ladders(study, draws=permutations)
    found, reduced = [], {}
    for name, grouping in ladders.groupings.items():
        sizes = level_sizes(study, name)["n"]
        model = study_equations(study, int(sizes[list(grouping.levels)].min()))
        reduced[name] = model[1]
        rows = [
            *mean_rows(study, name, ladders),
            *(path_rows(study, name, ladders, model[0], draws) if model[0] else ()),
        ]
        counts = {
            THE_OTHERS: int(sizes[list(grouping.levels)].sum()),
            **{k: int(sizes[k]) for k in grouping.levels},
        }
        for row in rows:
            row["n"] = counts[row["level"]]
            row["n_other"] = counts[row["other"]] - (row["n"] if row["other"] == THE_OTHERS else 0)
        found.append(pd.DataFrame(rows).assign(group=name))
    confidence = study.settings.confidence
    judged = judged_by_kind(pd.concat(found, ignore_index=True), confidence) if found else None
    out = {}
    for name in study.groups:
        enough = level_sizes(study, name)["enough"]
        small = tuple(map(str, enough.index[~enough]))
        levels = ladders.groupings[name].levels if name in ladders.groupings else ()
        own = pd.DataFrame(columns=COMPARISON_COLUMNS) if judged is None else judged[judged["group"] == name]
        family = {} if judged is None else families(judged)
        out[name] = GroupComparison(
            name,
            levels,
            small,
            own.reset_index(drop=True),
            family,
            ladders,
            reduced.get(name, False),
            confidence,
            study.settings.smallest_difference,
        )
    return out


def judged_by_kind(found: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """`judge_differences` with each kind as a family of its own.

    ``family`` is m, how many of the kind were compared; the interval that of level 1 − 2α/m, which lies
    inside the smallest difference where the two one-sided tests reject after Bonferroni's correction.
    """
    out = []
    for _, own in found.groupby("kind", sort=False):
        rows = judge_differences(own, confidence)
        m = max(1, int(rows["pvalue"].notna().sum()))
        half = quantile(1 - (1 - confidence) / m, rows["df"].to_numpy(dtype=float)) * rows["se"]
        ends = {
            "ci_lower": rows["estimate"] - half,
            "ci_upper": rows["estimate"] + half,
            "detectable": rows["detectable"],
        }
        known = rows["pvalue"].notna()
        out.append(rows.assign(family=m, **{name: column.where(known) for name, column in ends.items()}))
    return pd.concat(out).sort_index()


def families(judged: pd.DataFrame) -> dict[str, int]:
    """How many of each kind were compared."""
    return {str(kind): int(own["family"].max()) for kind, own in judged.groupby("kind", sort=False)}


def pairs_of(levels: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each two levels, and each against the rest where there are more than two.

    Of more than `MOST_PAIRED` levels each is compared with the rest alone.
    """
    pairs = combinations(levels, 2) if len(levels) <= MOST_PAIRED else ()
    return [*pairs, *((level, THE_OTHERS) for level in levels if len(levels) > 2)]


# ------------------------------------------------------------------ means


def mean_rows(study: Study, group: str, ladders: ConstructLadders) -> Iterator[dict[str, Any]]:
    """Latent means and scores of every construct."""
    grouping, scores = ladders.groupings[group], score_scales(study)
    inside = grouping.inside
    clusters = None if study.clusters is None else study.clusters[inside]
    least = study.settings.smallest_difference
    for construct in study.constructs:
        status = ladders.status(group, construct, SCALAR)
        own = scores.loc[inside, construct]
        for row in construct_rows(ladders.tested[group, construct], own, grouping, least, clusters):
            yield row | {"what": construct, "invariance": status}


def construct_rows(
    tested: Tested, scores: pd.Series, grouping: Grouping, least: float, clusters: pd.Series | None = None
) -> Iterator[dict[str, Any]]:
    """Latent means, in standard deviations, where there is a factor, and scores, in points."""
    comparable = tested.scalar != FAILS
    sd = within_sd(scores.to_numpy(dtype=float), tested.group)
    kinds = [(SCORE, scores, least * sd)]
    if tested.factor is not None:
        latent = pd.Series(bartlett_scores(tested.answers, tested.factor, tested.anchors), scores.index)
        kinds.insert(0, (MEAN, latent, least))
    for kind, values, smallest in kinds:
        for row in mean_differences(values, grouping, clusters):
            yield row | {"kind": kind, "smallest": smallest, "comparable": comparable}


def mean_differences(
    values: pd.Series, grouping: Grouping, clusters: pd.Series | None
) -> Iterator[dict[str, Any]]:
    """Each difference of means, with Welch's or CR2 errors."""
    names = np.array(grouping.levels, dtype=object)[grouping.group[grouping.inside]]
    levels = pd.Series(names, values.index)
    answered = values.notna()
    values, levels = values[answered], levels[answered]
    own = None if clusters is None else clusters[answered]
    for level, other in pairs_of(grouping.levels):
        against = levels.where(levels == level, THE_OTHERS) if other == THE_OTHERS else levels
        found = difference_estimate(values, against, level, other, own)
        method = "Welch" if own is None else "CR2"
        yield {
            "level": level, "other": other, "estimate": found.value, "se": found.se, "df": found.df,
            "method": method,
        }  # fmt: skip


def within_sd(values: Vector, group: Ints) -> float:
    """Standard deviation within groups."""
    known = np.isfinite(values)
    parts = [values[known & (group == g)] for g in np.unique(group)]
    spread = sum(float(((part - part.mean()) ** 2).sum()) for part in parts if len(part))
    return float(np.sqrt(spread / max(known.sum() - len(parts), 1)))


# ------------------------------------------------------------------ paths


def study_equations(study: Study, smallest: int) -> tuple[Equations | None, bool]:
    """The regressions that levels of this size bear, and whether they are those of the antecedents alone."""
    formulas = [f for f in parse_model(study.model("structural")).formulas if f.op == "~" and f.rhs]
    causes: dict[str, list[str]] = {}
    for f in formulas:
        causes.setdefault(f.lhs, []).append(f.rhs)
    whole = equations_of(causes)
    if whole is not None and smallest >= PER_EFFECT * whole.parameters:
        return whole, False
    named = list(study.file.antecedents)
    between = next((y for y, xs in causes.items() if named and set(named) <= set(xs)), None)
    if between is None:
        return None, False
    part = {between: named}
    part |= {y: [between] for y, xs in causes.items() if between in xs and y == study.outcome_variable}
    few = equations_of(part)
    bears = few is not None and smallest >= PER_EFFECT * few.parameters
    return (few, True) if bears else (None, False)


def equations_of(causes: dict[str, list[str]]) -> Equations | None:
    """Equations of a recursive structure; None where it is empty or runs in circles."""
    names = list(dict.fromkeys(name for y, xs in causes.items() for name in (*xs, y)))
    found = Equations(
        tuple(names), {names.index(y): tuple(names.index(x) for x in xs) for y, xs in causes.items()}
    )
    return found if names and not any(x == y for x, y in found.routes) else None


def path_rows(
    study: Study, group: str, ladders: ConstructLadders, equations: Equations, draws: int
) -> Iterator[dict[str, Any]]:
    """Paths and total effects."""
    grouping = ladders.groupings[group]
    measured = structure_variables(study, group, ladders, equations)
    if measured is None:
        return
    variables, status = measured
    rng = np.random.default_rng([study.settings.seed, list(study.groups).index(group)])
    clusters = None if study.clusters is None else study.clusters.to_numpy()[grouping.inside]
    for row in effect_rows(variables, equations, grouping, draws, rng, clusters):
        yield row | {
            "smallest": study.settings.smallest_path, "invariance": status,
            "comparable": not status.startswith(FAILS),
        }  # fmt: skip


def effect_rows(
    variables: list[Variable],
    equations: Equations,
    grouping: Grouping,
    draws: int,
    rng: np.random.Generator,
    clusters: Ints | None = None,
) -> Iterator[dict[str, Any]]:
    """Differences of paths and total effects, with the errors of their bootstrap.

    The degrees of freedom are Satterthwaite's, from the variance of each side over the draws and its
    respondents, or clusters, minus one.
    """
    level = grouping.group[grouping.inside]
    weights = resampled(level, draws, clusters, rng)
    levels, rest = level_effects(variables, equations, level, weights)
    unit = np.arange(len(level)) if clusters is None else clusters
    names = equations.names
    arrows = [(PATH, f"{names[x]} -> {names[y]}") for x, y in equations.paths]
    arrows += [(TOTAL, f"{names[x]} -> {names[y]}") for x, y in equations.routes]
    number = {name: g for g, name in enumerate(grouping.levels)}
    for name, other in pairs_of(grouping.levels):
        g = number[name]
        one, two = levels[g], rest[g] if other == THE_OTHERS else levels[number[other]]
        against = level != g if other == THE_OTHERS else level == number[other]
        units = np.array([len(np.unique(unit[level == g])), len(np.unique(unit[against]))])
        parts = np.stack([np.nanvar(one[1:], axis=0), np.nanvar(two[1:], axis=0)])
        df = parts.sum(axis=0) ** 2 / (parts**2 / (units - 1)[:, None]).sum(axis=0)
        se = np.nanstd(one[1:] - two[1:], axis=0, ddof=1)
        for k, (kind, what) in enumerate(arrows):
            yield {
                "kind": kind, "what": what, "level": name, "other": other, "method": "SAM",
                "estimate": float(one[0, k] - two[0, k]), "se": float(se[k]), "df": float(df[k]),
            }  # fmt: skip


def structure_variables(
    study: Study, group: str, ladders: ConstructLadders, equations: Equations
) -> tuple[list[Variable], str] | None:
    """The variables of the structure, and whether loadings are alike; None where one is not measured."""
    grouping = ladders.groupings[group]
    answers, items = construct_answers(study), key_items(study)
    formulas = [f for f in parse_model(study.model("structural")).formulas if f.op == "=~"]
    level = grouping.group[grouping.inside]
    statuses: list[str] = []

    def variable(name: str) -> Variable | None:
        below = [f.rhs for f in formulas if f.lhs == name]
        if not below:
            return (
                Variable.observed(items.loc[grouping.inside, name].to_numpy(dtype=float))
                if name in items
                else None
            )
        if name in answers and set(below) == set(study.items_of(name)):
            tested = ladders.tested[group, name]
            if tested.metric == NOT_TESTED or tested.factor is None:
                return None
            statuses.append(ladders.status(group, name, METRIC))
            return Variable.measured(answers[name][grouping.inside], tested.factor, tested.anchors)
        facets = [variable(part) for part in below]
        known = [facet for facet in facets if facet is not None]
        return Variable.of_facets(known, level) if len(known) == len(below) > 2 else None

    found = [variable(name) for name in equations.names]
    complete = [one for one in found if one is not None]
    if len(complete) < len(found):
        return None
    failed = [status for status in statuses if status.startswith(FAILS)]
    partial = [status for status in statuses if ":" in status and status not in failed]
    return complete, (failed or partial or ["full"])[0]

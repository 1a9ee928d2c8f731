"""Differences between groups, with what may be said of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.checks import check_choice, check_known
from bouwen.groups import (
    ConstructLadders,
    GroupComparison,
    against_rest,
    extremes,
    shown_means,
)
from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.given import check_frame, check_given, check_study
from bouwen.report.tables.layout import interval_texts, lay_out, number_texts, pvalue_texts
from bouwen.report.tables.mirrored import difference_words
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

KINDS_COMPARED = ("latent mean", "path", "total effect")
GROUPS_COMPARED = "a comparison of groups (bouwen.compare_groups)"
ALL_COMPARED = "comparisons of groups (bouwen.compare_all_groups)"
SLOPES = "effects of numbers (bouwen.numeric_effects)"
LADDERS = "ladders of constructs (bouwen.construct_ladders)"
Compared = Mapping[str, GroupComparison]


def compared_table(
    found: GroupComparison,
    study: Study | None = None,
    *,
    kind: str = "latent mean",
    **options: Unpack[ReaderOptions],
) -> GT:
    """Differences of a kind between the levels of a grouping, and the verdict on each.

    Parameters
    ----------
    found : GroupComparison
        From `bouwen.compare_groups`.
    study : Study, optional
        Gives the labels and the language.
    kind : str
        "latent mean", "path" or "total effect".
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, GroupComparison, GROUPS_COMPARED)
    check_choice("kind", kind, KINDS_COMPARED)
    to, rows = reader(study, **options), found.table()
    rows = rows[rows["kind"] == kind].reset_index(drop=True)
    return lay_out(
        to,
        {
            "what": what_texts(to, rows),
            "level": level_texts(to, found, rows["level"]),
            "against": level_texts(to, found, rows["other"]),
            **judged_columns(to, rows),
        },
        rows="what",
        note="compared",
    )


def side_by_side_table(found: Compared, study: Study, *, kind: str = "mean") -> GT | None:
    """Of every construct, or path: the highest group, the lowest, how far apart they are, and the verdict.

    Nothing where nothing of the kind is compared.

    Parameters
    ----------
    found : mapping of group to GroupComparison
        From `bouwen.compare_all_groups`.
    study : Study
    kind : {"mean", "path"}
        Means, also in points where they are of the answers themselves; or paths and total effects.
    """
    check_compared(found, study)
    check_choice("kind", kind, ("mean", "path"))
    to, parts = reader(study), []
    for group, one in found.items():
        kinds = KINDS_COMPARED[1:] if kind == "path" else ("latent mean", "score")
        rows = extremes(one, kinds)
        if rows.empty:
            continue
        whole = rows["kind"] == "total effect"
        judged = judged_columns(to, as_fine(study, rows), p=False)
        columns = {
            "variable": [to.group(group)] * len(rows),
            "what": [
                to.words("groups.along_all", path=text) if all_of_it else text
                for text, all_of_it in zip(what_texts(to, rows), whole, strict=True)
            ],
            "verdict": judged.pop("verdict"),
            "high_low": high_low_texts(to, one, rows),
            **judged,
        }
        if kind == "mean":
            columns["points"] = points_apart(to, study, group, rows)
        parts.append(pd.DataFrame(columns))
    return None if not parts else laid_out(to, parts, "side_by_side" if kind == "mean" else "paths_compared")


def against_rest_table(found: GroupComparison, study: Study, level: str) -> GT | None:
    """A level against all others: every scale, path and total effect, and the verdict on each.

    Nothing for a level that is not compared.

    Parameters
    ----------
    found : GroupComparison
        From `bouwen.compare_groups`.
    study : Study
    level : str
    """
    check_level(found, study, level)
    to, rows = reader(study), against_rest(found, level)
    if rows.empty:
        return None
    judged = judged_columns(to, as_fine(study, rows))
    kinds = {"latent mean": "means", "score": "means", "path": "paths", "total effect": "totals"}
    return lay_out(
        to,
        {
            "kind": [to.words(f"groups.kinds.{kinds[kind]}") for kind in rows["kind"]],
            "what": what_texts(to, rows),
            "verdict": judged.pop("verdict"),
            **judged,
        },
        rows="kind",
        note="against_rest",
    )


def numeric_effects_table(
    found: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT | None:
    """How every scale goes with each number known of respondents, and the verdict; nothing without one.

    Parameters
    ----------
    found : DataFrame
        From `bouwen.numeric_effects`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_frame(found, ("variable", "construct", "estimate", "logarithm", "verdict"), SLOPES)
    to = reader(study, **options)
    if found.empty:
        return None
    judged = judged_columns(to, found)
    return lay_out(
        to,
        {
            "variable": [
                number_label(to, *pair) for pair in zip(found["variable"], found["logarithm"], strict=True)
            ],
            "construct": [to.label(name) for name in found["construct"]],
            "verdict": judged.pop("verdict"),
            "std": judged.pop("gap"),
            **judged,
        },
        rows="variable",
        note="numeric_effects",
    )


def number_label(to: Reader, variable: str, logarithm: bool) -> str:
    """A number as a reader names it, and whether by its logarithm."""
    return to.words("groups.logarithm", variable=to.group(variable)) if logarithm else to.group(variable)


def construct_ladders_table(
    found: ConstructLadders, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT | None:
    """Whether the items of every construct work alike in all groups, and which do not.

    Nothing where no grouping has two levels that are large enough.

    Parameters
    ----------
    found : ConstructLadders
        From `bouwen.construct_ladders`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, ConstructLadders, LADDERS)
    to, rows = reader(study, **options), found.table()
    if rows.empty:
        return None
    metric, scalar = (rows[rows["step"] == step].reset_index(drop=True) for step in ("metric", "scalar"))
    return lay_out(
        to,
        {
            "variable": [to.group(group) for group in scalar["group"]],
            "construct": [to.label(name) for name in scalar["construct"]],
            "p_loadings": pvalue_texts(to, metric["padjusted"]),
            "p_intercepts": pvalue_texts(to, scalar["padjusted"]),
            "understood": [to.words(f"alike.{word}") for word in scalar["invariance"]],
            "item_apart": [
                to.words.listing([to.name(item) for item in items.split(", ")]) if items else ""
                for items in scalar["deviating"]
            ],
        },
        rows="variable",
        note="construct_ladders",
    )


def deviations_table(
    found: ConstructLadders, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT | None:
    """How much every item that works differently matters; nothing where none does.

    Parameters
    ----------
    found : ConstructLadders
        From `bouwen.construct_ladders`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, ConstructLadders, LADDERS)
    to, rows = reader(study, **options), found.deviations()
    if rows.empty:
        return None
    return lay_out(
        to,
        {
            "construct": [to.label(name) for name in rows["construct"]],
            "item": [to.name(item) for item in rows["item"]],
            "level": [to.level(g, level) for g, level in zip(rows["group"], rows["level"], strict=True)],
            "against": [to.level(g, level) for g, level in zip(rows["group"], rows["other"], strict=True)],
            "dmacs": number_texts(to, rows["dmacs"]),
            "scale_shift": number_texts(to, rows["scale_shift"]),
        },
        rows="construct",
        note="deviations",
    )


def check_compared(found: object, study: object) -> None:
    """Refuse what is no comparison of all groups, or no study."""
    check_given(found, Mapping, ALL_COMPARED)
    assert isinstance(found, Mapping)
    for one in found.values():
        check_given(one, GroupComparison, ALL_COMPARED)
    check_study(study)


def check_level(found: object, study: Study, level: str) -> None:
    """Refuse what is no comparison of groups, or no level of theirs."""
    check_given(found, GroupComparison, GROUPS_COMPARED)
    check_study(study)
    assert isinstance(found, GroupComparison)
    check_known(f"level of {found.group}", level, study.levels(found.group))


def what_texts(to: Reader, rows: pd.DataFrame) -> list[str]:
    """Constructs and paths as a reader names them."""
    return [to.chain(what.split(" -> ")) for what in rows["what"]]


def level_texts(to: Reader, found: GroupComparison, levels: pd.Series) -> list[str]:
    """Levels as a reader names them, and what stands for all others."""
    names = {level: to.level(found.group, level) for level in found.levels}
    names["rest"] = to.words("compared.rest")
    return [names[level] for level in levels]


def high_low_texts(to: Reader, found: GroupComparison, rows: pd.DataFrame) -> list[str]:
    """The highest level and the lowest, or the one that is held against the rest."""
    pairs = zip(level_texts(to, found, rows["level"]), level_texts(to, found, rows["other"]), strict=True)
    return [f"▲ {high} ▼ {low}" for high, low in pairs]


def judged_columns(to: Reader, rows: pd.DataFrame, *, p: bool = True) -> dict[str, list[str]]:
    """The difference, its interval and adjusted p, what could have been detected, and the verdict."""
    columns = {"gap": number_texts(to, rows["estimate"]), "interval": interval_texts(to, rows)}
    if p:
        columns["p_adjusted"] = pvalue_texts(to, rows["padjusted"])
    columns["detectable_gap"] = number_texts(to, rows["detectable"])
    return columns | {"verdict": difference_words(to, rows["verdict"])}


def as_fine(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows as fine as they may be shown: of a scale of one item to one decimal, without its interval."""
    single = rows["what"].map(lambda what: what in study.constructs and len(study.items_of(what)) == 1)
    rows = rows.copy()
    rows.loc[single, "estimate"] = rows["estimate"].round(1)
    rows.loc[single, ["ci_lower", "ci_upper", "detectable"]] = float("nan")
    return rows


def points_apart(to: Reader, study: Study, group: str, rows: pd.DataFrame) -> list[str]:
    """Mean scores of one level less those of another, from what is shown of them; a dash against the rest."""
    means = shown_means(study, group).set_index(["construct", "level"])["mean"]
    keys = [
        ((what, level), (what, other))
        for what, level, other in rows[["what", "level", "other"]].itertuples(index=False)
    ]
    gaps = [means.get(high, float("nan")) - means.get(low, float("nan")) for high, low in keys]
    single = [len(study.items_of(what)) == 1 for what in rows["what"]]
    return [to.words.number(gap, 1 if one else 2) for gap, one in zip(gaps, single, strict=True)]


def laid_out(to: Reader, parts: list[pd.DataFrame], note: str) -> GT:
    """Columns of several groupings as one table."""
    whole = pd.concat(parts)
    return lay_out(to, {str(key): whole[key] for key in whole}, rows="variable", note=note)

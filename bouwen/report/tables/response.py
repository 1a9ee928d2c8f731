"""Who answered, what was screened, and how much the treatment of gaps matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.given import check_frame, check_given, check_study
from bouwen.report.tables.layout import interval_texts, lay_out, number_texts
from bouwen.report.texts.wording import guarded_text as guarded
from bouwen.scales import Nesting
from bouwen.survey import (
    CONSTANT_ITEMS,
    TOGETHER,
    Screening,
    Study,
    compare_with_register,
    count_text,
    hidden,
    level_counts,
    several_of,
    ticked_categories,
)

if TYPE_CHECKING:
    from great_tables import GT

TREATED = "the table of bouwen.compare_treatments"
# Column -> treatment, of means and of alphas.
MEANS = {
    "treatment_listwise": "listwise",
    "treatment_half": "half answered",
    "treatment_ml": "maximum likelihood",
    "treatment_mi": "multiple imputation",
}
ALPHAS = {"alpha_listwise": "listwise", "alpha_ml": "maximum likelihood"}


def background_table(study: Study) -> GT | None:
    """Who answered: respondents per category, small cells hidden; nothing where there are no categories."""
    check_study(study)
    to = reader(study)
    columns: dict[str, list[str]] = {"variable": [], "level": [], "n": [], "share": []}
    for name in study.categories:
        if name not in study.responses:
            continue
        found = level_counts(study, name)
        columns["variable"] += [to.group(name)] * len(found)
        columns["level"] += [study.level_label(name, level) for level in found.index]
        columns["n"] += list(found["text"])
        columns["share"] += share_texts(to, found["n"] / max(found["n"].sum(), 1), found["secret"])
    for name in several_of(study):
        for key, cells in several_rows(study, to, name).items():
            columns[key] += cells
    return lay_out(to, columns, rows="variable", note="small") if columns["level"] else None


def several_rows(study: Study, to: Reader, name: str) -> dict[str, list[str]]:
    """How many chose each category where several may be chosen, as a share of those who chose any.

    A count is hidden where it, or that of those who did not choose, is small.
    """
    ticked, labels = ticked_categories(study, name), study.instrument.background[name].categories
    pairs = [pd.Series([ticked[level].sum(), (~ticked[level]).sum()]) for level in labels]
    limits = study.settings.min_cell, study.settings.min_width
    secret = pd.Series([bool(hidden(pair, *limits)[0]) for pair in pairs])
    shares = pd.Series([pair[0] / max(pair.sum(), 1) for pair in pairs])
    return {
        "variable": [to.words("response.several", variable=to.group(name))] * len(pairs),
        "level": [label[study.language] for label in labels.values()],
        "n": [count_text(pair, *limits)[0] for pair in pairs],
        "share": share_texts(to, shares, secret),
    }


def response_table(study: Study) -> GT | None:
    """Invited and answered by level, small counts hidden; nothing where the study has no such numbers."""
    check_study(study)
    to, invited = reader(study), study.file.invited
    if not isinstance(invited, dict):
        return None
    (variable,) = invited
    asked = pd.Series(invited[variable]).reindex(list(study.levels(variable)))
    found = level_counts(study, variable)
    return lay_out(
        to,
        {
            "level": [study.level_label(variable, level) for level in asked.index],
            "invited": [to.words.plain(number) for number in asked],
            "n": found["text"],
            "response_rate": share_texts(to, found["n"] / asked, found["secret"]),
        },
        note="small",
    )


def register_table(study: Study) -> GT | None:
    """Respondents beside the entries of the register, in shares; nothing without one to compare with."""
    check_study(study)
    to, found = reader(study), compare_with_register(study)
    if found is None:
        return None
    columns: dict[str, list[str]] = {"variable": [], "level": [], "n": [], "share": [], "in_register": []}
    for name, rows in found.groupby("variable", sort=False):
        limits = study.settings.min_cell, study.settings.min_width
        columns["variable"] += [to.group(str(name))] * len(rows)
        columns["level"] += [stratum_label(study, to, str(name), level) for level in rows["level"]]
        columns["n"] += list(count_text(rows["n"], *limits))
        columns["share"] += share_texts(to, rows["share"], hidden(rows["n"], *limits))
        columns["in_register"] += [to.words.percent(share) for share in rows["register"]]
    return lay_out(to, columns, rows="variable", note="register")


def share_texts(to: Reader, shares: pd.Series, secret: pd.Series) -> list[str]:
    """Shares as percentages, with the mark for those that are not shown."""
    return [
        to.words.none if small else to.words.percent(share)
        for share, small in zip(shares, secret, strict=True)
    ]


def stratum_label(study: Study, to: Reader, variable: str, level: str) -> str:
    """A level of a register's variable as a reader sees it."""
    if level == TOGETHER:
        return to.words("register.together")
    return study.level_label(variable, level) if variable in study.categories else level


def nesting_table(found: Nesting, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """How alike those of one cluster answer: ICC with its interval and design effect, a row per scale.

    Parameters
    ----------
    found : Nesting
        From `bouwen.nesting`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Nesting, "how respondents are nested (bouwen.nesting)")
    to, table = reader(study, **options), found.table()
    columns = {
        "construct": map(to.label, table.index),
        "icc": number_texts(to, table["icc"]),
        "interval": interval_texts(to, table),
        "design_effect": number_texts(to, table["design_effect"]),
    }
    return lay_out(to, columns, note="nesting")


def screening_table(found: Screening, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """What was looked for in the answers before they were analysed, and how often it was found.

    Parameters
    ----------
    found : Screening
        From `bouwen.screen`.
    study : Study, optional
        Gives the language, by default the study that was screened.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Screening, "what a study was screened for (bouwen.screen)")
    to = reader(study or found.study, **options)
    assert to.study
    complete = int(found.missing_per_respondent.get(0, 0))
    gone = [rule.count for rule in to.study.left_out]
    counts = {
        "n": found.n,
        "complete": guarded(to.study, complete, found.n),
        "out_of_range": found.out_of_range,  # none, as reading refuses them
        "constant": guarded(to.study, found.constant, found.n),
        "duplicated": guarded(to.study, found.duplicated, found.n),
        "left_out": guarded(to.study, sum(gone)) if gone else 0,
    }
    return lay_out(
        to,
        {
            "what": [to.words(f"screened.{key}", n=CONSTANT_ITEMS) for key in counts],
            "count": map(str, counts.values()),
        },
    )


def treatments_table(
    treated: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """Mean scores and reliability under several treatments of missing answers.

    Parameters
    ----------
    treated : DataFrame
        From `bouwen.compare_treatments`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    spread = treatment_spread(treated)
    to = reader(study, **options)
    names = list(dict.fromkeys(treated.index.get_level_values("construct")))
    means, alphas = (treated[column].unstack("treatment").loc[names] for column in ("mean", "alpha"))
    single = [to.study is not None and len(to.study.items_of(name)) == 1 for name in names]
    places = [1 if alone else 2 for alone in single]  # as the item itself
    return lay_out(
        to,
        {
            "construct": map(to.label, names),
            **{
                key: [to.words.number(x, d) for x, d in zip(means[name], places, strict=True)]
                for key, name in MEANS.items()
            },
            "largest": [
                to.words.none if alone else to.words.number(x, 3)
                for alone, x in zip(single, spread[names], strict=True)
            ],
            **{key: number_texts(to, alphas[name]) for key, name in ALPHAS.items()},
        },
        note="imputed",
    )


def treatment_spread(treated: pd.DataFrame) -> pd.Series:
    """The largest difference between the means of a scale under two treatments, by construct."""
    check_frame(treated, ("construct", "treatment", "mean", "alpha"), TREATED)
    means = treated["mean"].groupby(level="construct")
    return means.max() - means.min()

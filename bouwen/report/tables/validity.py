"""Whether factors measure well, differ from each other, and where a model misses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from bouwen.report.audience import ReaderOptions, reader, reader_of
from bouwen.report.given import FIT, check_given, check_one_group, check_study
from bouwen.report.tables.layout import head, interval_texts, lay_out, lay_out_frame, number_texts, of_groups
from bouwen.report.tables.models import standardised
from bouwen.scales import Htmt, ave, factor_correlations, fornell_larcker, key_items, omega
from bouwen.sem import Fit
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

RATIOS = "ratios of correlations (bouwen.htmt)"
TOO_CLOSE = 0.85  # HTMT2 that is too high (Henseler, Ringle & Sarstedt 2015)
HIGHEST_PAIRS, IN_FIGURE = 10, 20  # shown anyway, in a table and in a figure
WIDE_MATRIX = 9  # factors from which on a matrix is set smaller
LINKS = {"=~": "→", "~": "←", "~~": "↔"}


def measured(fit: Fit) -> dict[str, pd.Index]:
    """The items of every factor of a fit that has items of its own."""
    loads = standardised(check_one_group(fit), "=~")
    items = loads[~loads["rhs"].isin(set(loads["lhs"]))]
    return {str(factor): pd.Index(rows["rhs"]) for factor, rows in items.groupby("lhs", sort=False)}


def scales_of(fit: Fit, study: Study) -> dict[str, pd.DataFrame]:
    """The answers to the items of every factor with at least two of them, reversed items turned."""
    blocks = measured(fit)
    check_study(study)
    keyed = key_items(study)
    return {factor: keyed[list(items)] for factor, items in blocks.items() if len(items) > 1}


def convergent_table(fit: Fit, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """Reliability and average variance extracted of every factor, with its smallest loading.

    Parameters
    ----------
    fit : Fit
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    smallest = standardised(check_one_group(fit), "=~").groupby("lhs")["est_std"].min()
    to, found = reader(study, **options), omega(fit).set_index("factor")
    names = list(found.index)
    return lay_out(
        to,
        {
            "construct": map(to.label, names),
            "items": [str(k) for k in found["n_items"]],
            "loading_smallest": number_texts(to, smallest[names]),
            "omega": number_texts(to, found["omega"]),
            "ave": number_texts(to, ave(fit)[names]),
        },
        note="convergent",
    )


def distinct_pairs(fit: Fit, ratios: Htmt) -> pd.DataFrame:
    """Every pair of factors: correlation and HTMT2 with intervals, the largest ratio first.

    Returns
    -------
    DataFrame
        ``first second htmt htmt_ci_lower htmt_ci_upper r ci_lower ci_upper``, intervals of the level of the
        ratios.
    """
    check_one_group(fit)
    check_given(ratios, Htmt, RATIOS)
    r = standardised(fit, "~~", ratios.confidence)
    r = r[r["lhs"] != r["rhs"]]
    either = pd.concat([r, r.rename(columns={"lhs": "rhs", "rhs": "lhs"})]).set_index(["lhs", "rhs"])
    pairs = ratios.table().rename(columns={"ci_lower": "htmt_ci_lower", "ci_upper": "htmt_ci_upper"})
    found = either.reindex(pd.MultiIndex.from_frame(pairs[["first", "second"]]))
    figures = found[["est_std", "ci_lower", "ci_upper"]].rename(columns={"est_std": "r"})
    return pairs.assign(**{str(name): figures[name].to_numpy() for name in figures})


def distinct_table(
    fit: Fit, ratios: Htmt, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """Whether pairs of factors can be told apart: the ten closest, and all that may be above .85.

    A line below says how many pairs there are where not all of them are shown.

    Parameters
    ----------
    fit : Fit
    ratios : Htmt
        From `bouwen.htmt`; gives the level of the intervals.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    every = distinct_pairs(fit, ratios)
    found = every[may_be_close(every["htmt"], every["htmt_ci_upper"], HIGHEST_PAIRS)]
    to = reader_of(ratios, study, **options)
    table = lay_out(
        to,
        {
            "pair": [to.pair(a, b) for a, b in zip(found["first"], found["second"], strict=True)],
            "r": number_texts(to, found["r"]),
            "r_interval": interval_texts(to, found),
            "htmt": number_texts(to, found["htmt"]),
            "htmt_interval": interval_texts(to, found, "htmt_"),
        },
        note="distinct",
    )
    if len(found) == len(every):
        return table
    return table.tab_source_note(to.words("validity.others", n=len(every), bound=to.words.number(TOO_CLOSE)))


def may_be_close(htmt: pd.Series, upper: pd.Series, shown: int) -> pd.Series[bool]:
    """Which pairs are among so many highest that are shown, or have a ratio or interval above .85."""
    highest = pd.concat([htmt, upper], axis=1).max(axis=1) > TOO_CLOSE
    return highest | (htmt.rank(ascending=False, method="first", na_option="top") <= shown)


def fornell_figures(fit: Fit) -> pd.DataFrame:
    """What `bouwen.scales.fornell_larcker` gives for the factors with items of their own."""
    names = list(measured(fit))
    phi = next(iter(factor_correlations(fit).values())).loc[names, names]
    return fornell_larcker(phi, ave(fit, standardised=True)[names])


def fornell_table(fit: Fit, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """The table of Fornell and Larcker, factors numbered to keep it narrow, and of which the rule holds.

    Parameters
    ----------
    fit : Fit
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    found = fornell_figures(fit)
    to, names = reader(study, **options), list(found.index)
    cells = np.tril(found[names].to_numpy())
    heading = head(to, "construct")
    columns = {heading: [f"{k}. {to.label(name)}" for k, name in enumerate(names, 1)]}
    for k in range(len(names)):
        shown = number_texts(to, cells[:, k])
        columns[f"{k + 1}"] = ["" if row < k else text for row, text in enumerate(shown)]
    yes, no = to.words("common.yes"), to.words("common.no")
    columns[head(to, "holds")] = [yes if holds else no for holds in found["holds"]]
    table = lay_out_frame(to, pd.DataFrame(columns), left=[heading], note="fornell")
    failing = to.words.listing([to.label(name) for name in found.index[~found["holds"].astype(bool)]])
    said = to.words(f"validity.{'fornell_fails' if failing else 'fornell_holds'}", factors=failing)
    return (narrow(table) if len(names) >= WIDE_MATRIX else table).tab_source_note(said)


def narrow(table: GT) -> GT:
    """A table of many columns, set smaller and closer."""
    return table.tab_options(
        table_font_size="0.75rem",
        data_row_padding_horizontal="2px",
        column_labels_padding_horizontal="2px",
    )


def largest_residuals(fit: Fit, most: int = 10) -> pd.DataFrame:
    """The residual correlations that are furthest from zero.

    Returns
    -------
    DataFrame
        ``first second residual``, the largest first.
    """
    residuals = check_one_group(fit).residuals("cor")
    i, j = np.tril_indices(len(residuals), -1)
    names = np.asarray(residuals.index)
    found = pd.DataFrame({"first": names[j], "second": names[i], "residual": residuals.to_numpy()[i, j]})
    return found.sort_values("residual", key=abs, ascending=False, kind="stable").head(most)


def residuals_table(
    fit: Fit, study: Study | None = None, *, most: int = 10, **options: Unpack[ReaderOptions]
) -> GT:
    """The pairs of items whose correlation the model misses most.

    Parameters
    ----------
    fit : Fit
    study : Study, optional
        Gives the language.
    most : int
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    found = largest_residuals(fit, most)
    to = reader(study, **options)
    pairs = zip(found["first"], found["second"], strict=True)
    return lay_out(
        to,
        {
            "pair": [f"{to.name(a)} ↔ {to.name(b)}" for a, b in pairs],
            "residual": number_texts(to, found["residual"]),
        },
    )


def misfits_table(
    fit: Fit, study: Study | None = None, *, most: int = 10, **options: Unpack[ReaderOptions]
) -> GT:
    """The largest modification indices.

    Parameters
    ----------
    fit : Fit
    study : Study, optional
        Gives the labels and the language.
    most : int
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(fit, Fit, FIT)
    to, found = reader(study, **options), fit.modification_indices().head(most)
    rows = zip(found["lhs"], found["op"], found["rhs"], strict=True)
    return lay_out(
        to,
        {
            **of_groups(to, found["group"]),
            "parameter": [to.pair(lhs, rhs, LINKS[op]) for lhs, op, rhs in rows],
            "mi": number_texts(to, found["mi"], 1),
            "epc": number_texts(to, found["sepc_all"]),
        },
        note="misfit",
    )

"""Differences between groups, with what may be said of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from bouwen.checks import check_choice
from bouwen.groups import GroupComparison
from bouwen.report.audience import ReaderOptions, reader
from bouwen.report.given import check_given
from bouwen.report.tables.layout import interval_texts, lay_out, number_texts, pvalue_texts
from bouwen.report.tables.mirrored import difference_words
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

KINDS_COMPARED = ("latent mean", "path", "total effect")


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
    check_given(found, GroupComparison, "a comparison of groups (bouwen.compare_groups)")
    check_choice("kind", kind, KINDS_COMPARED)
    to, rows = reader(study, **options), found.table()
    rows = rows[rows["kind"] == kind].reset_index(drop=True)
    levels = {level: to.level(found.group, level) for level in found.levels} | {
        "rest": to.words("compared.rest")
    }
    return lay_out(
        to,
        {
            "what": [to.chain(what.split(" -> ")) for what in rows["what"]],
            "level": [levels[level] for level in rows["level"]],
            "against": [levels[level] for level in rows["other"]],
            "gap": number_texts(to, rows["estimate"]),
            "interval": interval_texts(to, rows),
            "p_adjusted": pvalue_texts(to, rows["padjusted"]),
            "detectable_gap": number_texts(to, rows["detectable"]),
            "verdict": difference_words(to, rows["verdict"]),
        },
        rows="what",
        note="compared",
    )

"""What two sides say of the same things."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.groups import UNDERSTOOD, Mirror
from bouwen.report.audience import Reader, ReaderOptions, reader_of
from bouwen.report.given import check_frame, check_given
from bouwen.report.tables.conclusions import claim_number, claim_text
from bouwen.report.tables.layout import head, interval_texts, lay_out, number_texts, pvalue_texts
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

MIRRORED = "two sides (bouwen.mirror)"
FOUND = "findings from two sides (bouwen.mirror_findings)"


def mirror_table(found: Mirror, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """Means of every construct on both sides, their gap and its verdict.

    Parameters
    ----------
    found : Mirror
        From `bouwen.mirror`.
    study : Study, optional
        The first side; gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Mirror, MIRRORED)
    to, rows = reader_of(found, study, **options), as_shown(found, "construct")
    return lay_out(
        to,
        {
            "construct": [to.label(name) for name in rows["what"]],
            "first_side": number_texts(to, rows["first"]),
            "second_side": number_texts(to, rows["second"]),
            **gap_columns(to, rows),
            "detectable_gap": number_texts(to, rows["detectable"]),
            "verdict": difference_words(to, rows["verdict"]),
        },
        note="mirror",
        heads=side_heads(to, found.sides),
    )


def mirror_items_table(found: Mirror, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """Mean answers to every item on both sides, to one decimal, and the verdict on their gap.

    Parameters
    ----------
    found : Mirror
        From `bouwen.mirror`.
    study : Study, optional
        The first side; gives the labels, the wording and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Mirror, MIRRORED)
    to, rows = reader_of(found, study, **options), as_shown(found, "item")
    rows = rows.dropna(subset="estimate")
    return lay_out(
        to,
        {
            "construct": [to.label(name) for name in rows["construct"]],
            "item": [to.name(name) for name in rows["what"]],
            "first_side": number_texts(to, rows["first"], 1),
            "second_side": number_texts(to, rows["second"], 1),
            "gap": number_texts(to, rows["estimate"], 1),
            "interval": [
                to.words.interval(*ends, 1) for ends in zip(rows["ci_lower"], rows["ci_upper"], strict=True)
            ],
            "p_adjusted": pvalue_texts(to, rows["padjusted"]),
            "verdict": difference_words(to, rows["verdict"]),
        },
        rows="construct",
        note="mirror_items",
        heads=side_heads(to, found.sides),
    )


def mirror_invariance_table(
    found: Mirror, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """Whether each construct is understood alike by both sides.

    Parameters
    ----------
    found : Mirror
        From `bouwen.mirror`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Mirror, MIRRORED)
    to, rows = reader_of(found, study, **options), found.invariance
    return lay_out(
        to,
        {
            "construct": [to.label(str(name)) for name in rows.index],
            "p_loadings": pvalue_texts(to, rows["metric_adjusted"]),
            "p_intercepts": pvalue_texts(to, rows["scalar_adjusted"]),
            "understood": [to.words(f"roles.{word}") for word in rows["invariance"]],
            "item_apart": [
                to.name(item) if item and word != UNDERSTOOD else ""
                for item, word in zip(rows["item"], rows["invariance"], strict=True)
            ],
        },
        note="mirror_invariance",
    )


def mirror_paths_table(found: Mirror, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """The standardised paths of the structural model on both sides, and the verdict on their gap.

    Parameters
    ----------
    found : Mirror
        From `bouwen.mirror`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Mirror, MIRRORED)
    to, rows = reader_of(found, study, **options), found.paths
    pairs = zip(rows["rhs"], rows["lhs"], strict=True)
    return lay_out(
        to,
        {
            "path": [to.chain(pair) for pair in pairs],
            "first_side": number_texts(to, rows["first"]),
            "second_side": number_texts(to, rows["second"]),
            **gap_columns(to, rows),
            "detectable_gap": number_texts(to, rows["detectable"]),
            "verdict": difference_words(to, rows["verdict"]),
        },
        note="mirror_paths",
        heads=side_heads(to, found.sides),
    )


def mirror_dyads_table(found: Mirror, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """How far both sides of a unit go together, or how many answers a unit would need for it to be told.

    Parameters
    ----------
    found : Mirror
        From `bouwen.mirror`.
    study : Study, optional
        Gives the labels, the language and the smallest count that is shown.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Mirror, MIRRORED)
    to, rows = reader_of(found, study, **options), found.dyads
    columns: dict[str, Iterable[str]] = {
        "construct": [to.label(str(name)) for name in rows.index],
        "pairs": [unit_count(to, n, found.min_cell) for n in rows["pairs"]],
        "first_side": number_texts(to, rows["first_icc2"].clip(lower=0)),
        "second_side": number_texts(to, rows["second_icc2"].clip(lower=0)),
        "needed_first": needed_texts(to, rows["first_needed"]),
        "needed_second": needed_texts(to, rows["second_needed"]),
    }
    if rows["corrected"].notna().any():
        columns |= {"r_corrected": number_texts(to, rows["corrected"]), "interval": interval_texts(to, rows)}
    sides = side_heads(to, found.sides)
    heads = {f"{key}_side": f"{head(to, 'icc2')}: {sides[f'{key}_side']}" for key in ("first", "second")}
    heads |= {
        f"needed_{key}": f"{head(to, 'answers_needed')}: {sides[f'{key}_side']}"
        for key in ("first", "second")
    }
    return lay_out(to, columns, note="mirror_dyads", heads=heads)


def mirror_findings_table(
    found: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """Every published finding: what the answers of either side say, and the verdict on the gap.

    Parameters
    ----------
    found : DataFrame
        From `bouwen.mirror_findings`.
    study : Study, optional
        The first side; gives the words of the findings and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_frame(found, ("claim", "first_verdict", "second_verdict", "estimate", "smallest"), FOUND)
    to, names = reader_of(found, study, **options), found["claim"].drop_duplicates()

    def said(side: str) -> list[str]:
        both = zip(found[f"{side}_verdict"], found[side], strict=True)
        return [
            to.words(f"verdicts.{verdict}") + (f" ({to.words.number(x)})" if pd.notna(x) else "")
            for verdict, x in both
        ]

    return lay_out(
        to,
        {
            "claim": [f"{claim_number(to, names, name)}. {claim_text(to, name)}" for name in found["claim"]],
            "evidence": found["what"],
            "says_first": said("first"),
            "says_second": said("second"),
            "gap": number_texts(to, found["estimate"]),
            "interval": interval_texts(to, found),
            "verdict": difference_words(to, found["verdict"]),
        },
        rows="claim",
        note="mirror_findings",
        heads=dict(zip(("says_first", "says_second"), side_names(to, found.attrs["sides"]), strict=True)),
    )


def as_shown(found: Mirror, kind: str) -> pd.DataFrame:
    """Gaps of a kind as fine as they may be shown: those of single items to one decimal, others to two."""
    rows = found.gaps[found.gaps["kind"] == kind].reset_index(drop=True)
    single = pd.Series([kind == "item" or is_single(found, name) for name in rows["what"]], dtype=bool)
    for column in ("first", "second", "estimate", "ci_lower", "ci_upper", "detectable"):
        rows[column] = rows[column].round(1).where(single, rows[column].round(2))
    return rows


def is_single(found: Mirror, construct: str) -> bool:
    """Whether a construct has one item."""
    return int((found.gaps["construct"] == construct).sum()) == 2


def gap_columns(to: Reader, rows: pd.DataFrame) -> dict[str, list[str]]:
    """The gap, its interval and its adjusted p."""
    return {
        "gap": number_texts(to, rows["estimate"]),
        "interval": interval_texts(to, rows),
        "p_adjusted": pvalue_texts(to, rows["padjusted"]),
    }


def difference_words(to: Reader, verdicts: Iterable[str]) -> list[str]:
    """Verdicts on differences as a reader meets them."""
    return [to.words(f"differences.{verdict}") for verdict in verdicts]


def side_names(to: Reader, sides: tuple[str, str]) -> list[str]:
    """Both sides as a reader knows them; their names where there is no study."""
    if to.study is None:
        return [to.name(side) for side in sides]
    told = to.study.instrument.perspectives
    return [to.labels.get(side, told[side][to.words.language] if side in told else side) for side in sides]


def side_heads(to: Reader, sides: tuple[str, str]) -> dict[str, str]:
    """The heads of the columns of both sides."""
    return dict(zip(("first_side", "second_side"), side_names(to, sides), strict=True))


def unit_count(to: Reader, n: int, min_cell: int) -> str:
    """How many units there are; words where these are few."""
    return to.words.number(n, 0) if n >= min_cell else to.words("counts.fewer", n=min_cell)


def needed_texts(to: Reader, needed: Iterable[float]) -> list[str]:
    """Answers a unit would need, rounded up; a dash where no number would do."""
    return [to.words.number(float(-(-x // 1)), 0) if x < float("inf") else to.words.none for x in needed]

"""Differences between levels -> who is highest and lowest, each against the rest, how many are settled."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from bouwen.groups.comparing import MEAN, SCORE, THE_OTHERS, GroupComparison
from bouwen.groups.verdicts import DIFFERENT, EQUIVALENT, INCOMPARABLE, TRIVIAL

SETTLED_VERDICTS = (DIFFERENT, TRIVIAL, EQUIVALENT)
SETTLED_COLUMNS = [
    "kind", "n", "settled", "incomparable", "smallest", "detectable", "demonstrable", "times", "least",
]  # fmt: skip


def told_rows(found: GroupComparison) -> pd.DataFrame:
    """Differences without the scores of constructs whose latent means are compared, in standard deviations.

    Returns
    -------
    DataFrame
        See `GroupComparison.table`; also ``demonstrable``. Scores, where a construct has nothing else,
        are divided by the standard deviation within levels.
    """
    rows = found.rows
    latent = set(rows.loc[rows["kind"] == MEAN, "what"])
    kept = rows[(rows["kind"] != SCORE) | ~rows["what"].isin(latent)].reset_index(drop=True)
    scores = kept["kind"] == SCORE
    if scores.any():
        unit = kept["smallest"] / found.smallest_difference
        for column in ("estimate", "ci_lower", "ci_upper", "smallest", "detectable", "demonstrable"):
            kept[column] = kept[column].where(~scores, kept[column] / unit)
    return kept


def extremes(found: GroupComparison, kinds: Iterable[str] = (MEAN, SCORE)) -> pd.DataFrame:
    """The highest level against the lowest, for every construct, or path.

    Parameters
    ----------
    found : GroupComparison
    kinds : iterable of str
        As in `GroupComparison.table`.

    Returns
    -------
    DataFrame
        The columns of `told_rows`: a row per construct with ``level`` the highest and ``other`` the lowest.
        Of a grouping whose levels are compared with the rest alone, two: the highest, and the lowest,
        against the rest.
    """
    rows = told_rows(found)
    rows = rows[rows["kind"].isin(list(kinds))]
    out = [_extremes_of(own) for _, own in rows.groupby(["kind", "what"], sort=False)]
    return pd.concat(out, ignore_index=True) if out else rows


def against_rest(found: GroupComparison, level: str) -> pd.DataFrame:
    """A level against all others, everything that is compared; against the other where there are two."""
    rows = told_rows(found)
    if len(found.levels) > 2:
        return rows[(rows["level"] == level) & (rows["other"] == THE_OTHERS)].reset_index(drop=True)
    own = rows[rows["level"] == level]
    return pd.concat([own, turned(rows[rows["other"] == level])]).sort_index().reset_index(drop=True)


def turned(rows: pd.DataFrame) -> pd.DataFrame:
    """The same differences the other way round."""
    return rows.assign(
        level=rows["other"], other=rows["level"], n=rows["n_other"], n_other=rows["n"],
        estimate=-rows["estimate"], ci_lower=-rows["ci_upper"], ci_upper=-rows["ci_lower"],
    )  # fmt: skip


def alike_everywhere(found: GroupComparison) -> list[str]:
    """Constructs of which every two levels are equivalent."""
    rows = told_rows(found)
    rows = rows[rows["kind"].isin([MEAN, SCORE])]
    same = rows["verdict"].isin([EQUIVALENT, TRIVIAL]).groupby(rows["what"], sort=False).all()
    return list(same.index[same])


def settled_comparisons(found: Iterable[GroupComparison]) -> pd.DataFrame:
    """How many comparisons could be settled, and what it would have taken, by kind, over all groupings.

    Returns
    -------
    DataFrame
        ``kind n settled incomparable smallest detectable demonstrable times least``: comparisons, those with
        a verdict of *different*, *different but trivial* or *equivalent*, and those that are not comparable;
        medians over the others of the smallest difference that matters, of what would have been found and
        of what could have been excluded in 80% of such samples; how many times as many answers would
        make both as small as the first, as errors shrink with the root of their number; and the
        smallest level.
    """
    parts = [told_rows(one) for one in found]
    rows = pd.concat(parts) if parts else pd.DataFrame(columns=["kind"])
    out = []
    for kind, own in rows.groupby("kind", sort=False):
        known = own[own["pvalue"].notna()]
        middle = known[["smallest", "detectable", "demonstrable"]].median()
        times = (max(middle["detectable"], middle["demonstrable"]) / middle["smallest"]) ** 2
        least = own[["n", "n_other"]].min().min()
        counts = (
            len(own),
            int(own["verdict"].isin(SETTLED_VERDICTS).sum()),
            int((own["verdict"] == INCOMPARABLE).sum()),
        )
        out.append((kind, *counts, *middle, times, int(least)))
    return pd.DataFrame(out, columns=SETTLED_COLUMNS)


def _extremes_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of `extremes` of one construct or path."""
    pairs = rows[rows["other"] != THE_OTHERS]
    if pairs.empty:
        order = rows["estimate"].sort_values(kind="stable").index
        return rows.loc[list(dict.fromkeys([order[-1], order[0]]))]
    both = pd.concat([pairs, turned(pairs)])
    place = both.groupby("level", sort=False)["estimate"].mean()
    high, low = str(place.idxmax()), str(place.idxmin())
    return both[(both["level"] == high) & (both["other"] == low)]

"""Estimates with their errors -> p-values, Holm's correction, and what may be said.

A claim says that all of its evidence holds, so it is tested by the weakest: its p-value is the largest of its
parts' (intersection-union; Berger 1982). Both families, the claims of a page and all parts of all claims, are
corrected after Holm (1979), each side on its own, and a side has half of what the level of confidence leaves.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from bouwen.checks import Vector
from bouwen.groups import holm, quantile, upper_tail

SUPPORTED, CONTRADICTED, UNDECIDED, NOT_ASKED = "supported", "contradicted", "cannot tell", "not asked here"
VERDICTS = (
    SUPPORTED,
    "supported in part",
    "supported as far as asked",
    CONTRADICTED,
    "contradicted in part",
    UNDECIDED,
    NOT_ASKED,
)
LARGE_ENOUGH, TOO_SMALL, SIZE_OPEN = "large enough", "small", "size open"
SIZE_WORDS = (LARGE_ENOUGH, TOO_SMALL, SIZE_OPEN)


def judge_evidence(found: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Pass a verdict on every piece of evidence of a page.

    Parameters
    ----------
    found : DataFrame
        One row per piece: ``claim``; ``asked``, whether this study asked it; ``estimate se df reference``,
        NaN where it could not be estimated; ``side``, 1 where the claim expects the estimate above the
        reference and -1 below; ``beyond`` and ``beyond_se``, how far it lies beyond the smallest value on
        that side, NaN where nothing is said of size.
    confidence : float
        α = (1 − confidence)/2 a side.

    Returns
    -------
    DataFrame
        The same rows with ``ci_lower ci_upper``; ``pvalue`` and ``padjusted``, one-sided, of the side on
        which the estimate lies; ``verdict`` and ``size``. The adjusted p of a piece is the smaller of its own
        among all parts and its claim's among all claims, as a claim that holds holds in all its parts.

    References
    ----------
    Berger (1982), Multiparameter hypothesis testing and acceptance sampling, Technometrics 24(4).
    Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of
    Statistics 6.
    """
    alpha, side = (1 - confidence) / 2, found["side"].to_numpy(dtype=float)
    distance = side * (found["estimate"] - found["reference"]).to_numpy(dtype=float)
    se, df = (found[name].to_numpy(dtype=float) for name in ("se", "df"))
    for_it, against = upper_tail(distance, se, df), upper_tail(-distance, se, df)
    adjusted_for, adjusted_against = (adjusted(found, p) for p in (for_it, against))
    on_its_side = distance >= 0
    verdict = np.select(
        [~found["asked"].to_numpy(dtype=bool), adjusted_for <= alpha, adjusted_against <= alpha],
        [NOT_ASKED, SUPPORTED, CONTRADICTED],
        UNDECIDED,
    )
    half = np.abs(quantile(1 - alpha, df)) * se
    tested = np.isfinite(distance)
    return found.assign(
        ci_lower=found["estimate"] - half,
        ci_upper=found["estimate"] + half,
        pvalue=np.where(tested, np.where(on_its_side, for_it, against), np.nan),
        padjusted=np.where(tested, np.where(on_its_side, adjusted_for, adjusted_against), np.nan),
        verdict=verdict,
        size=judge_sizes(found, verdict, alpha),
    )


def judge_sizes(found: pd.DataFrame, verdict: Vector, alpha: float) -> list[str]:
    """Whether what a claim calls large is: *large enough*, *small*, or *size open*; nothing for the others.

    Both sides are corrected after Holm over the pieces that speak of size; only what is supported is large.
    """
    beyond, se, df = (found[name].to_numpy(dtype=float) for name in ("beyond", "beyond_se", "df"))
    speaks = found["speaks_of_size"].to_numpy(dtype=bool) & found["asked"].to_numpy(dtype=bool)
    size = np.where(speaks, SIZE_OPEN, "").astype(object)
    large, small = (holm(upper_tail(sign * beyond, se, df)[speaks]) <= alpha for sign in (1, -1))
    size[np.flatnonzero(speaks)[small]] = TOO_SMALL
    size[np.flatnonzero(speaks)[large & (verdict[speaks] == SUPPORTED)]] = LARGE_ENOUGH
    return [str(word) for word in size]


def adjusted(found: pd.DataFrame, p: Vector) -> Vector:
    """The smaller of a part's Holm-adjusted p among parts and that of its claim among claims."""
    asked = found["asked"].to_numpy(dtype=bool)
    out = np.ones(len(found))
    out[asked] = holm(p[asked])
    claims = found.loc[asked, "claim"].to_numpy()
    weakest = pd.Series(p[asked]).groupby(claims).max()
    of_claims = pd.Series(holm(weakest.to_numpy()), weakest.index)
    out[asked] = np.minimum(out[asked], of_claims.reindex(claims).to_numpy())
    return out


def claim_verdicts(evidence: pd.DataFrame) -> pd.Series:
    """The verdict on every claim, from those on its pieces of evidence.

    Parameters
    ----------
    evidence : DataFrame
        From `bouwen.weigh_claims`: ``claim`` and ``verdict``.

    Returns
    -------
    Series
        By claim: *supported* where all of it is, and *supported as far as asked* where this study left some
        of it out; *contradicted* where all that was asked lies on the other side, and *contradicted in
        part* where some does, whatever else is supported; *supported in part*; *cannot tell*;
        *not asked here*.
    """
    return evidence.groupby("claim", sort=False)["verdict"].agg(verdict_of_parts)


def verdict_of_parts(verdicts: pd.Series) -> str:
    """The verdict on a claim with these verdicts on its parts."""
    asked = set(verdicts) - {NOT_ASKED}
    if not asked:
        return NOT_ASKED
    if CONTRADICTED in asked:
        return CONTRADICTED if len(asked) == 1 else "contradicted in part"
    if asked == {SUPPORTED}:
        return "supported as far as asked" if NOT_ASKED in set(verdicts) else SUPPORTED
    return "supported in part" if SUPPORTED in asked else UNDECIDED


def claim_sizes(evidence: pd.DataFrame) -> pd.Series:
    """What is said of the size of every claim that speaks of size; an empty text for the others.

    The smallest of its parts decides: one that is small makes it small, one that is open leaves it open.
    """

    def decide(sizes: pd.Series) -> str:
        return next((word for word in (TOO_SMALL, SIZE_OPEN, LARGE_ENOUGH) if word in set(sizes)), "")

    return evidence.groupby("claim", sort=False)["size"].agg(decide)


def interval_alone(evidence: pd.DataFrame) -> pd.Series:
    """Which pieces of evidence cannot tell although their interval leaves the reference out."""
    outside = (evidence["ci_lower"] > evidence["reference"]) | (evidence["ci_upper"] < evidence["reference"])
    return outside & (evidence["verdict"] == UNDECIDED)

"""What is said of how well a model fits: a test, cut-offs made for it, its residuals; never one alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.given import check_frame, check_one_group
from bouwen.report.texts.readings import is_significant, pvalue_text
from bouwen.report.texts.wording import markdown
from bouwen.sem import Fit
from bouwen.special import ndtri
from bouwen.survey import Study

if TYPE_CHECKING:
    from IPython.display import Markdown

MISFIT_SIGNS = {"srmr": 1, "rmsea": 1, "cfi": -1}  # of each, the sign of a worse value
Sign = tuple[str, bool | None]  # a sentence, and whether it speaks against the model


def fit_verdict_text(
    fit: Fit,
    study: Study | None = None,
    *,
    cutoffs: pd.DataFrame | None = None,
    **options: Unpack[ReaderOptions],
) -> Markdown:
    """Whether a model describes its answers, as far as test, cut-offs and residuals agree on it.

    The test is that of small samples, where there is one. Cut-offs are those of the mildest level that the
    index can tell from a true model. A residual counts if it differs from zero among all pairs (Bonferroni).

    Parameters
    ----------
    fit : Fit
        Of one group.
    study : Study, optional
        Gives the labels and the language.
    cutoffs : DataFrame, optional
        From `bouwen.fit_cutoffs` of this model; without them the sentence says nothing of indices.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    to = reader(study, **options)
    check_one_group(fit)
    if not fit.df:
        return markdown(to.words("fitting.saturated"))
    signs = [said_of_test(to, fit)]
    if cutoffs is not None:
        check_frame(cutoffs, ("added", *MISFIT_SIGNS), "the table of bouwen.fit_cutoffs")
        signs.append(said_of_indices(to, fit, cutoffs))
    signs.append(said_of_residuals(to, fit))
    told = [against for _, against in signs if against is not None]
    verdict = "none" if not any(told) else "all" if all(told) else "some"
    lead = to.words(f"fitting.{verdict}", against=sum(told), n=len(told))
    return markdown(" ".join([lead, *(sentence for sentence, _ in signs)]))


def said_of_test(to: Reader, fit: Fit) -> Sign:
    """What the test of small samples says; without one, that there is none."""
    p = float(fit.measures.get("pvalue_small", math.nan))
    if math.isnan(p):
        return to.words("fitting.no_test"), None
    rejected = is_significant(to, p)
    chisq, p_said = to.words.number(fit.measures["chisq_small"], 1), pvalue_text(p, to.words.language)
    test = f"χ²({fit.df}) = {chisq}, p {p_said}"
    return to.words("fitting.rejected" if rejected else "fitting.passed", test=test), rejected


def said_of_indices(to: Reader, fit: Fit, cutoffs: pd.DataFrame) -> Sign:
    """Which indices are beyond the cut-off of the mildest level that they can tell from a true model."""
    good: list[str] = []
    bad: list[str] = []
    for name, worse in MISFIT_SIGNS.items():
        known = cutoffs[name].dropna()
        if known.empty:
            continue
        value, bound = measure_of(fit, name), float(known.iloc[0])
        figures = {"value": to.words.number(value, 3), "bound": to.words.number(bound, 3)}
        shown = to.words("fitting.index", index=to.words(f"measures.{name}"), **figures)
        (bad if worse * (value - bound) > 0 else good).append(shown)
    if not good and not bad:
        return to.words("fitting.no_cutoffs"), None
    if not bad:
        return to.words("fitting.within", good=to.words.listing(good)), False
    if not good:
        return to.words("fitting.beyond", bad=to.words.listing(bad)), True
    return to.words("fitting.partly", good=to.words.listing(good), bad=to.words.listing(bad)), True


def measure_of(fit: Fit, name: str) -> float:
    """An index, robust where the estimator gives one."""
    robust = float(fit.measures.get(f"{name}_robust", math.nan))
    return robust if math.isfinite(robust) else float(fit.measures[name])


def said_of_residuals(to: Reader, fit: Fit) -> Sign:
    """How many pairs of items the model misses by more than chance among all of them."""
    lower = np.tril_indices(len(fit.structure.observed), -1)
    z, r = (fit.residuals(kind).to_numpy()[lower] for kind in ("z", "cor"))
    critical = -float(ndtri((1 - to.confidence) / 2 / max(len(z), 1)))
    k = int((np.abs(z) > critical).sum())
    figures = {"pairs": len(z), "k": k, "largest": to.words.number(float(r[np.abs(r).argmax()]))}
    return to.words("fitting.local" if k else "fitting.nowhere", **figures), k > 0

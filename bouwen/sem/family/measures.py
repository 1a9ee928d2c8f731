"""Chi-squares to fit measures.

The functions take numbers rather than a model, so that each can be checked against a
published table. Names are lavaan's, with ``_`` for ``.``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bouwen.checks import Array
from bouwen.sem.normal.chisquare import Corrected
from bouwen.sem.normal.inference import Test
from bouwen.special import chdtrc, chndtr, chndtrinc

NAN = float("nan")
RMSEA = ("rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "rmsea_pvalue")
LEAST_SMALL = 50  # respondents below which no small-sample correction was found to hold
CLOSE_FIT = 0.05  # RMSEA of the close-fit test (Browne & Cudeck, 1993)


def cfi(chisq: float, df: float, baseline_chisq: float, baseline_df: float) -> float:
    """Comparative fit index of Bentler (1990)."""
    misfit = max(chisq - df, 0.0)
    worst = max(baseline_chisq - baseline_df, misfit)
    return 1.0 if worst == 0 else 1 - misfit / worst


def rni(chisq: float, df: float, baseline_chisq: float, baseline_df: float) -> float:
    """Relative noncentrality index of McDonald & Marsh (1990); not clipped to [0, 1]."""
    worst = baseline_chisq - baseline_df
    return 1.0 if worst == 0 else 1 - (chisq - df) / worst


def tli(chisq: float, df: float, baseline_chisq: float, baseline_df: float) -> float:
    """Tucker–Lewis (1973) index, also known as the non-normed fit index."""
    if df == 0 or baseline_df == 0:
        return 1.0
    worst = baseline_chisq / baseline_df - 1
    return 1.0 if worst == 0 else (baseline_chisq / baseline_df - chisq / df) / worst


def nfi(chisq: float, baseline_chisq: float) -> float:
    """Normed fit index of Bentler & Bonett (1980)."""
    return 1.0 if baseline_chisq == 0 else 1 - chisq / baseline_chisq


def rfi(chisq: float, df: float, baseline_chisq: float, baseline_df: float) -> float:
    """Relative fit index of Bollen (1986); 1 for a model that fits worse than the baseline (lavaan)."""
    if df == 0 or baseline_df == 0 or baseline_chisq == 0 or chisq / df > baseline_chisq / baseline_df:
        return 1.0
    return 1 - (chisq / df) / (baseline_chisq / baseline_df)


def ifi(chisq: float, df: float, baseline_chisq: float) -> float:
    """Incremental fit index of Bollen (1989); 1 where the baseline fits as expected or better (lavaan)."""
    return 1.0 if baseline_chisq <= df else (baseline_chisq - chisq) / (baseline_chisq - df)


def mfi(chisq: float, df: float, n: float) -> float:
    """McDonald's (1989) noncentrality index."""
    return math.exp(-0.5 * (chisq - df) / n)


def ecvi(chisq: float, npar: float, n: float) -> float:
    """Expected cross-validation index of Browne & Cudeck (1989)."""
    return chisq / n + 2 * npar / n


def rmsea(chisq: float, df: float, n: float, groups: int = 1, trace: float | None = None) -> float:
    """Misfit per degree of freedom; √G after Steiger (1998).

    ``trace``, the expectation of chi-square under the model where that is not df, gives the
    robust version of Brosseau-Liard, Savalei & Li (2012).
    """
    if df == 0:
        return 0.0
    expected = df if trace is None else trace
    return math.sqrt(groups * max(chisq - expected, 0.0) / (n * df))


def noncentrality(chisq: float, df: float, probability: float) -> float:
    """λ ≥ 0 at which a noncentral chi-square stays below ``chisq`` with this probability; 0 if none."""
    if df <= 0 or not math.isfinite(chisq) or chndtr(chisq, df, 0.0) < probability:
        return 0.0
    return float(chndtrinc(chisq, df, probability))


def rmsea_interval(
    chisq: float, df: float, n: float, groups: int = 1, scaling: float = 1.0, level: float = 0.90
) -> tuple[float, float]:
    """Confidence limits of the RMSEA (Browne & Cudeck, 1993).

    ``chisq`` is the corrected statistic and ``scaling`` its correction factor (Li & Bentler, 2006). Below
    one degree of freedom, as tr(UΓ) may be, both limits are 0, as in lavaan.
    """
    if df < 1:
        return 0.0, 0.0
    unit = groups * scaling / (n * df)
    tail = (1 - level) / 2
    return (
        math.sqrt(unit * noncentrality(chisq, df, 1 - tail)),
        math.sqrt(unit * noncentrality(chisq, df, tail)),
    )


def close_fit_pvalue(chisq: float, df: float, n: float, groups: int = 1, scaling: float = 1.0) -> float:
    """Probability of a larger chi-square if the RMSEA were 0.05."""
    if df == 0:
        return NAN
    return 1 - float(chndtr(chisq, df, n * df * CLOSE_FIT**2 / groups / scaling))


def swain(df: float, p: int, n: float) -> float:
    """Swain's (1975) small-sample factor for the chi-square of a covariance structure.

    1 − [p(2p² + 3p − 1) − q(2q² + 3q − 1)] / (12 df n),  q = ½(√(1 + 4p(p + 1) − 8 df) − 1)

    References
    ----------
    Herzog & Boomsma (2009), Structural Equation Modeling 16. ``n`` is what chi-square multiplies F by.
    """
    if df == 0:
        return 1.0
    square = 1 + 4 * p * (p + 1) - 8 * df
    if square < 0:  # fewer parameters than any covariance structure has
        return NAN
    q = (math.sqrt(square) - 1) / 2
    return 1 - (p * (2 * p**2 + 3 * p - 1) - q * (2 * q**2 + 3 * q - 1)) / (12 * df * n)


def small_sample_factor(n: float, p: int, q: int) -> float:
    """Empirical Bartlett factor of Yuan, Tian & Yanagihara (2015) for the chi-square n F.

    1 − (2.381 + .361 p + .006 q) / n,  for p items and q parameters of their covariances

    NaN below max(50, 2p) respondents, where its authors found that it does not hold.
    """
    if n < max(LEAST_SMALL, 2 * p):
        return NAN
    return 1 - (2.381 + 0.361 * p + 0.006 * q) / n


def unbiased_scaling(scaling: float, n: float) -> float:
    """A scaling factor of chi-square less its bias in n respondents (Browne, 1974; du Toit & Browne, 2007).

    n [(n − 1) c − 1] / [(n − 2)(n − 3)],  c = tr(UΓ̂)/df

    What fourth moments of a sample estimate falls short by nearly 3/n of what they are of normal answers;
    this is tr(UΓ̂)/df with the unbiased Γ̂, where U s = 0 as in models without a scale of their own.
    """
    return n * ((n - 1) * scaling - 1) / ((n - 2) * (n - 3)) if n > 3 else NAN


def answered_together(counts: Array, answered: Array, p: int, size: int = 3) -> float:
    """How many of Σ counts respondents answered ``size`` items, on average over all sets of so many.

    Parameters
    ----------
    counts, answered : arrays (P,)
        Respondents of each pattern, and how many of the p items they answered.
    """
    k = min(size, p)
    sets = np.array([math.comb(int(a), k) for a in answered], dtype=float)
    return float(counts @ sets) / math.comb(p, k)


def srmr(
    sample_mean: Array, sample_cov: Array, mean: Array, cov: Array, n: Array, *, means: bool
) -> tuple[Array, Array]:
    """Root mean square residual, standardised by the sample's deviations, and raw (Bentler, 1995).

    Parameters
    ----------
    sample_mean, mean : arrays (..., G, p)
    sample_cov, cov : arrays (..., G, p, p)
    n : array (..., G)
    means : bool
        Whether residual means count.
    """
    p = cov.shape[-1]
    i, j = np.tril_indices(p)
    sd = np.sqrt(np.diagonal(sample_cov, axis1=-2, axis2=-1))
    raw = (sample_cov - cov)[..., i, j]
    standardised = raw / (sd[..., i] * sd[..., j])
    out = []
    for r, d in ((standardised, (sample_mean - mean) / sd), (raw, sample_mean - mean)):
        squares = (r**2).sum(axis=-1) + ((d**2).sum(axis=-1) if means else 0.0)
        roots = np.sqrt(squares / (len(i) + (p if means else 0)))
        out.append((n * roots).sum(axis=-1) / n.sum(axis=-1))
    return out[0], out[1]


def gfi(
    sample_mean: Array,
    sample_cov: Array,
    mean: Array,
    cov: Array,
    W: Array,
    n: Array,
    *,
    means: bool,
    diagonal: float = 0.0,
) -> float:
    """Goodness of fit: 1 − (s − σ)ᵀV(s − σ) / sᵀVs, V the normal-theory weight at W (Tanaka & Huba, 1985).

    ``diagonal`` is the extra weight of variances, as in `bouwen.sem.normal.discrepancy.LeastSquares`.
    """
    A, B = W @ (sample_cov - cov), W @ sample_cov
    misfit = 0.5 * (A * np.swapaxes(A, -1, -2)).sum(axis=(-2, -1))
    total = 0.5 * (B * np.swapaxes(B, -1, -2)).sum(axis=(-2, -1))
    if diagonal:
        variances, implied = (np.diagonal(x, axis1=-2, axis2=-1) for x in (sample_cov, cov))
        misfit = misfit + 0.5 * diagonal * ((variances - implied) ** 2).sum(axis=-1)
        total = total + 0.5 * diagonal * (variances**2).sum(axis=-1)
    if means:
        r = sample_mean - mean
        misfit = misfit + np.einsum("gi,gij,gj->g", r, W, r)
        total = total + np.einsum("gi,gij,gj->g", sample_mean, W, sample_mean)
    return 1 - float(n @ (misfit / total)) / float(n.sum())


def agfi(gfi_value: float, df: float, n_moments: float) -> float:
    """Goodness of fit adjusted for degrees of freedom (Jöreskog & Sörbom, 1984)."""
    return 1.0 if df == 0 else 1 - n_moments / df * (1 - gfi_value)


def incremental(chisq: float, df: float, baseline_chisq: float, baseline_df: float) -> dict[str, float]:
    """All indices that compare a model with the baseline."""
    b = (baseline_chisq, baseline_df)
    return {
        "cfi": cfi(chisq, df, *b),
        "tli": tli(chisq, df, *b),
        "nnfi": tli(chisq, df, *b),
        "rfi": rfi(chisq, df, *b),
        "nfi": nfi(chisq, baseline_chisq),
        "pnfi": df / baseline_df * nfi(chisq, baseline_chisq) if baseline_df else NAN,
        "ifi": ifi(chisq, df, baseline_chisq),
        "rni": rni(chisq, df, *b),
    }


def information_criteria(logl: float, npar: float, n: float) -> dict[str, float]:
    """AIC, BIC and the sample-size adjusted BIC (Akaike, 1974; Schwarz, 1978; Sclove, 1987)."""
    deviance = -2 * logl
    return {
        "aic": deviance + 2 * npar,
        "bic": deviance + npar * math.log(n),
        "bic2": deviance + npar * math.log((n + 2) / 24),
    }


def absolute(chisq: float, df: float, n: float, groups: int, suffix: str = "") -> dict[str, float]:
    """RMSEA with its 90 % interval and the close-fit test."""
    low, high = rmsea_interval(chisq, df, n, groups)
    return {
        f"rmsea{suffix}": rmsea(chisq, df, n, groups),
        f"rmsea_ci_lower{suffix}": low,
        f"rmsea_ci_upper{suffix}": high,
        f"rmsea_pvalue{suffix}": close_fit_pvalue(chisq, df, n, groups),
    }


def chi_square_measures(
    tests: Sequence[Test], baseline: Sequence[Test], npar: float, n: float, groups: int
) -> dict[str, float]:
    """Everything that follows from the tests of the model and of the baseline.

    ``tests`` and ``baseline`` hold the plain test and, where there is one, the corrected test.
    """
    plain, base = tests[0], baseline[0]
    out = {
        "npar": npar,
        "fmin": plain.chisq / (2 * n),
        "chisq": plain.chisq,
        "df": plain.df,
        "pvalue": plain.pvalue,
        "baseline_chisq": base.chisq,
        "baseline_df": base.df,
        "baseline_pvalue": base.pvalue,
        **incremental(plain.chisq, plain.df, base.chisq, base.df),
        **absolute(plain.chisq, plain.df, n, groups),
    }
    if len(tests) == 1:
        return out
    scaled, base_scaled = tests[1], baseline[1]
    out |= {
        "chisq_scaled": scaled.chisq,
        "df_scaled": scaled.df,
        "pvalue_scaled": scaled.pvalue,
        "chisq_scaling_factor": scaled.scaling,
        "baseline_chisq_scaled": base_scaled.chisq,
        "baseline_df_scaled": base_scaled.df,
        "baseline_pvalue_scaled": base_scaled.pvalue,
        "baseline_chisq_scaling_factor": base_scaled.scaling,
    }
    if scaled.name == "scaled.shifted":
        out["chisq_shift_parameters"] = scaled.shift
    comparison = incremental(scaled.chisq, scaled.df, base_scaled.chisq, base_scaled.df)
    out |= {f"{name}_scaled": value for name, value in comparison.items()}
    return out | scaled_rmsea(plain, scaled, n, groups)


def scaled_rmsea(plain: Test, scaled: Test, n: float, groups: int) -> dict[str, float]:
    """RMSEA of a corrected chi-square.

    The plain chi-square is referred to its expectation tr(UΓ) as if that were its degrees of
    freedom, as lavaan does for mean-corrected tests; a shifted statistic is taken as it is.
    """
    if plain.df > 0 and math.isnan(scaled.scaling):
        return dict.fromkeys((f"{name}_scaled" for name in RMSEA), NAN)
    if scaled.name == "scaled.shifted":
        return absolute(scaled.chisq, scaled.df, n, groups, "_scaled")
    return absolute(plain.chisq, plain.df if plain.df == 0 else scaled.trace, n, groups, "_scaled")


def robust_measures(model: Corrected, baseline: Corrected, n: float, groups: int) -> dict[str, float]:
    """Robust CFI, TLI and RMSEA: misfit in excess of what the model's own expectation explains.

    NaN where that expectation is not positive.

    References
    ----------
    Brosseau-Liard, Savalei & Li (2012); Brosseau-Liard & Savalei (2014); Savalei (2021);
    Zhang & Savalei (2023).
    """
    scaling = model.trace / model.df if model.df > 0 else NAN
    if scaling <= 0:
        model = Corrected(NAN, model.df, NAN)
    if baseline.trace <= 0 < baseline.df:
        baseline = Corrected(NAN, baseline.df, NAN)
    excess = max(model.chisq - model.trace, 0.0)
    worst = max(baseline.chisq - baseline.trace, excess)
    out = {"cfi_robust": 1.0 if worst == 0 else 1 - excess / worst}
    if model.df == 0 or baseline.df == 0:
        tli_robust = 1.0
    else:
        per_df = (model.chisq - model.trace) / model.df
        tli_robust = 1 - per_df * baseline.df / (baseline.chisq - baseline.trace)
    worst = baseline.chisq - baseline.trace
    out |= {
        "tli_robust": tli_robust,
        "nnfi_robust": tli_robust,
        "rni_robust": 1.0 if worst == 0 else 1 - (model.chisq - model.trace) / worst,
        "rmsea_robust": rmsea(model.chisq, model.df, n, groups, trace=model.trace),
    }
    if model.df == 0:
        return out | {"rmsea_ci_lower_robust": 0.0, "rmsea_ci_upper_robust": 0.0, "rmsea_pvalue_robust": NAN}
    if scaling <= 0:
        return out | dict.fromkeys((f"{name}_robust" for name in RMSEA), NAN)
    low, high = rmsea_interval(model.chisq / scaling, model.df, n, groups, scaling)
    close = close_fit_pvalue(model.chisq / scaling, model.df, n, groups, scaling)
    return out | {
        "rmsea_ci_lower_robust": low,
        "rmsea_ci_upper_robust": high,
        "rmsea_pvalue_robust": close,
    }


def chisq_pvalue(chisq: float, df: float) -> float:
    """Upper tail probability; NaN without degrees of freedom."""
    return float(chdtrc(df, max(chisq, 0.0))) if df > 0 else NAN

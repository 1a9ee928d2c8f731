"""A study -> whether its paths could come from one questionnaire answered by one person at one time.

References
----------
Podsakoff, MacKenzie, Lee & Podsakoff (2003), Common method biases in behavioral research. Journal of Applied
Psychology 88, 879–903.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.errors import BouwenError
from bouwen.results import Result, short
from bouwen.scales import key_items, model_clusters, with_clusters
from bouwen.sem import Fit, NotConverged, NotIdentified, fit_sem, parse_model, roles
from bouwen.special import ndtri
from bouwen.survey import Study, check_is_study

FACTOR = "common_method_factor"  # no construct or item may have this name


class NotPossible(BouwenError):
    """The checks need at least four items in the structural model."""

    def __init__(self, items: int) -> None:
        super().__init__(
            f"the structural model has {items} items; checks for a common method need at least four."
        )


@dataclass(frozen=True, eq=False, repr=False)
class CommonMethod(Result):
    """Checks for variance that items share because they were asked in the same way.

    Attributes
    ----------
    first_share : float
        Harman's test: the share of the items' variance in the first unrotated principal component.
    single : Fit
        One factor for all items.
    fits : mapping of str to Fit
        The structural model as it is (``"own"``), with a ``"method"`` factor that moves every keyed item
        equally, and, where items are reversed, with an ``"acquiescence"`` factor that moves every item
        equally as it was put, agreeing whatever the content. One that cannot be fitted is not there: the
        first of the two can only be told from what the constructs share where items differ in their
        loadings.
    confidence : float
        Level of intervals.
    """

    first_share: float
    single: Fit
    fits: Mapping[str, Fit]
    confidence: float

    def paths(self) -> pd.DataFrame:
        """The standardised regressions of each fit: ``lhs rhs`` and a column for each fit."""
        columns = {name: standardised_regressions(fit) for name, fit in self.fits.items()}
        return pd.DataFrame(columns).reset_index()

    def shares(self) -> pd.DataFrame:
        """The mean share of the items' variance that is due to each method factor.

        Returns
        -------
        DataFrame
            Index ``factor``; ``share ci_lower ci_upper``, below 0 where the factor's variance is; the
            interval is that of the variance.
        """
        factors = [name for name in self.fits if name != "own"]
        rows = [method_share(self.fits[name], self.confidence) for name in factors]
        return pd.DataFrame(rows, pd.Index(factors, name="factor"), ["share", "ci_lower", "ci_upper"])

    def table(self) -> pd.DataFrame:
        """The standardised regressions of each fit, see `paths`."""
        return self.paths()

    def _line(self) -> str:
        parts = [f"first component {short(self.first_share)}"]
        parts += [f"{name} factor {short(row)}" for name, row in self.shares()["share"].items()]
        return "share of the variance: " + ", ".join(parts)


def common_method(study: Study) -> CommonMethod:
    """Check a study's structural model for common-method variance.

    The method factor is uncorrelated with the constructs and moves all items equally, in proportion to the
    width of their answer scales, so that its variance is the one parameter it adds (the equal-loadings
    variant of the unmeasured latent method construct; for acquiescence Billiet & McClendon 2000, Structural
    Equation Modeling 7). All models are fitted in one step, also the structural model as it is: a factor of
    all items makes one block of all, so that there is nothing to estimate first, and paths with and without
    it are compared by one method. They are fitted by MLR to every answer given, with cluster-robust errors
    where respondents are nested.

    Parameters
    ----------
    study : Study

    Raises
    ------
    NotPossible
        Fewer than four items.
    BouwenError
        A model cannot be fitted.
    """
    check_is_study(study)
    text, keyed = study.model("structural"), key_items(study)
    used = roles(parse_model(text)).observed
    items = [name for name in used if name in keyed]
    if len(items) < 4:
        raise NotPossible(len(items))
    turned = {name: study.instrument.items[name].reversed for name in items}
    keyed, nested = with_clusters(keyed, model_clusters(study))
    single = fit_sem(f"{FACTOR} =~ " + " + ".join(items), keyed, estimator="MLR", missing="fiml", **nested)
    texts = {"own": text, "method": with_method(study, text, dict.fromkeys(items, 1))}
    if any(turned.values()):
        texts["acquiescence"] = with_method(study, text, {name: -1 if turned[name] else 1 for name in items})
    fits = {}
    for name, model in texts.items():
        with nullcontext() if name == "own" else suppress(NotIdentified, NotConverged):
            fits[name] = fit_sem(model, keyed, estimator="MLR", missing="fiml", **nested)
    return CommonMethod(first_component(single), single, fits, study.settings.confidence)


def with_method(study: Study, text: str, signs: Mapping[str, int]) -> str:
    """A model with one more factor on all items, uncorrelated with the others."""
    width = {item: len(study.instrument.scale_of(item).codes) - 1 for item in signs}
    widest = max(width.values())
    loadings = " + ".join(f"{sign * width[item] / widest!r}*{item}" for item, sign in signs.items())
    apart = "\n".join(f"{FACTOR} ~~ 0*{name}" for name in roles(parse_model(text)).latent_exogenous)
    return f"{text}\n{FACTOR} =~ {loadings}\n{apart}"


def first_component(fit: Fit) -> float:
    """The largest eigenvalue of the items' correlations over the number of items."""
    cov = fit.sample.cov[0]
    sd = np.sqrt(np.diag(cov))
    return float(np.linalg.eigvalsh(cov / np.outer(sd, sd))[-1] / len(sd))


def standardised_regressions(fit: Fit) -> pd.Series[float]:
    """Standardised regressions by outcome and predictor."""
    found = fit.parameters[fit.parameters["op"] == "~"]
    return found.set_index(["lhs", "rhs"])["std_all"]


def method_share(fit: Fit, confidence: float) -> tuple[float, float, float]:
    """Mean of λ²φ/σ² over the items of the method factor, with the interval of φ."""
    st, C = fit.structure, fit.implied.C[0]
    factor = st.p + st.latent.index(FACTOR)
    rows = np.flatnonzero(st.loading & (st.j == factor))
    loading = fit.implied.values[0, rows]
    unit = float(np.mean(loading**2 / np.diag(C)[st.i[rows]]))
    own = fit.parameters.query("lhs == @FACTOR and rhs == @FACTOR").iloc[0]
    half = float(ndtri((1 + confidence) / 2)) * own["se"]
    return unit * own["est"], unit * (own["est"] - half), unit * (own["est"] + half)

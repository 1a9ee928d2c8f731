"""One set of items -> whether its facets are one thing, several, or both at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import check_choice, check_confidence
from bouwen.errors import BouwenError
from bouwen.results import Result, how_many
from bouwen.scales.composite import factor_correlations, omega, omega_of_all
from bouwen.scales.estimators import CORRECTED, estimation
from bouwen.scales.models import named_model
from bouwen.scales.nested import model_clusters, with_clusters
from bouwen.scales.scoring import key_items
from bouwen.scales.validity import correlation_intervals
from bouwen.sem import Fit, NoDifference, NotConverged, NotIdentified, difference_test, fit_sem, parse_model
from bouwen.survey import Study

STRUCTURES = ("one_factor", "facets", "higher_order", "bifactor")
#: Which structures are tested against which: the freer one first.
NESTED = (
    ("higher_order", "one_factor"),
    ("facets", "one_factor"),
    ("facets", "higher_order"),
    ("bifactor", "higher_order"),
)


class NoFacets(BouwenError):
    """The model has fewer than two factors whose items could be one scale."""

    def __init__(self, facets: Iterable[str]) -> None:
        self.facets = tuple(facets)
        found = " and ".join(f'"{name}"' for name in self.facets) or "none"
        super().__init__(f"comparing structures needs a model with two factors or more; found {found}.")


@dataclass(frozen=True)
class Facets:
    """Which item belongs to which facet, read from a model.

    Attributes
    ----------
    items : dict of str to tuple of str
        The items of each facet.
    general : str
        The name of what the facets have in common.
    covariances : tuple of pairs
        Items whose residuals the model lets correlate.
    """

    items: dict[str, tuple[str, ...]]
    general: str
    covariances: tuple[tuple[str, str], ...] = ()

    def texts(self) -> dict[str, str]:
        """The four models, by the names in `STRUCTURES`, for factors of variance one."""
        everything = tuple(dict.fromkeys(item for items in self.items.values() for item in items))
        general = f"{self.general} =~ {' + '.join(everything)}"
        facets = [f"{name} =~ {' + '.join(items)}" for name, items in self.items.items()]
        # Two facets have one correlation, and a facet of two items one covariance to spend beside the general
        # factor: not enough for two loadings, so these are held equal.
        tie = "above*" if len(self.items) == 2 else ""
        higher = f"{self.general} =~ {' + '.join(tie + name for name in self.items)}"
        # Facets take the scale of their first item here, so that the general factor can explain all of a
        # facet.
        scaled = [
            line
            for name, (first, *others) in self.items.items()
            for line in (f"{name} =~ {' + '.join([f'1*{first}', *others])}", f"{name} ~~ NA*{name}")
        ]
        groups = [f"{name} =~ {' + '.join(_tied(name, items))}" for name, items in self.items.items()]
        apart = [f"{one} ~~ 0*{two}" for one, two in combinations((self.general, *self.items), 2)]
        residuals = [f"{one} ~~ {two}" for one, two in self.covariances]
        lines = {
            "one_factor": [general],
            "facets": facets,
            "higher_order": [*scaled, higher],
            "bifactor": [general, *groups, *apart],
        }
        return {name: "\n".join([*model, *residuals]) for name, model in lines.items()}


def _tied(name: str, items: tuple[str, ...]) -> list[str]:
    return [f"{name}_both*{item}" for item in items] if len(items) == 2 else list(items)


def read_facets(model: str) -> Facets:
    """Facets from the text of a measurement model.

    Where the text has a higher-order factor, its facets are taken; otherwise every factor with items. Only
    which item measures what, and which residuals of items correlate, is taken from the text: fixed values,
    labels, constraints and regressions are not.

    Raises
    ------
    NoFacets
        Fewer than two factors with items.
    """
    formulas = parse_model(model).formulas
    loads: dict[str, list[str]] = {}
    for formula in formulas:
        if formula.op == "=~":
            loads.setdefault(formula.lhs, []).append(formula.rhs)
    lowest = {name: tuple(x for x in found if x not in loads) for name, found in loads.items()}
    below = [name for found in loads.values() for name in found if name in loads]
    facets = {name: items for name, items in lowest.items() if items and (name in below or not below)}
    if len(facets) < 2:
        raise NoFacets(facets)
    known = {item for items in facets.values() for item in items}
    higher = [name for name, found in loads.items() if set(found) & set(facets)]
    general = higher[0] if len(higher) == 1 else "general"
    while general in facets or general in known:
        general += "_"
    covariances = tuple(
        (f.lhs, f.rhs) for f in formulas if f.op == "~~" and f.lhs != f.rhs and {f.lhs, f.rhs} <= known
    )
    return Facets(facets, general, covariances)


@dataclass(frozen=True, eq=False, repr=False)
class Structures(Result):
    """Four structures of the same items, fitted to the same answers.

    Attributes
    ----------
    facets : Facets
    fits : dict of str to Fit
        By the names in `STRUCTURES`, those without a solution left out.
    failures : dict of str to str
        Why a structure has no solution.
    confidence : float
    """

    facets: Facets
    fits: dict[str, Fit] = field(repr=False)
    failures: dict[str, str]
    confidence: float

    def table(self) -> pd.DataFrame:
        """One row per structure.

        Returns
        -------
        DataFrame
            Index ``structure``; columns ``chisq df pvalue cfi tli rmsea rmsea_ci_lower rmsea_ci_upper srmr
            aic bic omega omega_h ecv r_lowest r_highest status note``. Chi-square is scaled; CFI, TLI and
            RMSEA (interval of 90%) are robust. ``omega`` is the reliability of the sum of all items and
            ``omega_h`` the part that is due to the general factor, ``ecv`` the general factor's share of the
            common variance, ``r_lowest`` and ``r_highest`` the range of the correlations between facets.
            ``status`` is "proper", "improper" or "no solution", with the reason in ``note``. NaN where a
            figure does not exist.

        References
        ----------
        Zinbarg, Revelle, Yovel & Li (2005), Psychometrika 70; Reise (2012), Multivariate Behavioral Research
        47 (explained common variance).
        """
        rows = {name: self._row(name) for name in STRUCTURES}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("structure")

    def _row(self, name: str) -> dict[str, float | str]:
        if name not in self.fits:
            empty: dict[str, float | str] = dict.fromkeys([*_MEASURES, *_SHARES], np.nan)
            return empty | {"status": "no solution", "note": self.failures[name]}
        fit = self.fits[name]
        figures = {key: float(fit.measures.get(source, np.nan)) for key, source in _MEASURES.items()}
        improper = fit.improper
        status = {"status": "improper" if improper else "proper", "note": "; ".join(improper)}
        return figures | self._shares(name, fit) | status

    def _shares(self, name: str, fit: Fit) -> dict[str, float]:
        correlated = name in ("facets", "higher_order")
        r = _range_of_correlations(fit, list(self.facets.items)) if correlated else (np.nan, np.nan)
        general = omega(fit).set_index("factor")["omega"].get(self.facets.general, np.nan)
        ecv = explained_common_variance(fit, self.facets.general) if name == "bifactor" else np.nan
        shares = (float(omega_of_all(fit).iloc[0]), float(general), ecv, *r)
        return dict(zip(_SHARES, shares, strict=True))

    def tests(self) -> pd.DataFrame:
        """Chi-square difference tests of the structures that are special cases of others.

        Returns
        -------
        DataFrame
            One row per pair: ``free restricted chisq_diff df_diff pvalue note``; the note says why a test
            does not exist. One factor is the others with correlations of one or variances of zero, the
            boundary of what they can be, so that its probability is too large if anything.

        References
        ----------
        Satorra & Bentler (2001), Psychometrika 66; Yung, Thissen & McLeod (1999), Psychometrika 64 (higher
        order within bifactor); Stoel, Garre, Dolan & van den Wittenboer (2006), Psychological Methods 11.
        """
        return self._tests.copy()

    @cached_property
    def _tests(self) -> pd.DataFrame:
        return pd.DataFrame([self._test(free, restricted) for free, restricted in NESTED])

    def _test(self, free: str, restricted: str) -> dict[str, float | str]:
        row: dict[str, float | str] = {"free": free, "restricted": restricted}
        row |= {"chisq_diff": np.nan, "df_diff": np.nan, "pvalue": np.nan, "note": ""}
        if absent := [name for name in (free, restricted) if name not in self.fits]:
            return row | {"note": f"no solution of {' and '.join(absent)}"}
        one, other = self.fits[free], self.fits[restricted]
        if one.df == other.df:
            return row | {"df_diff": 0.0, "note": "the same fit: these items cannot tell the two apart"}
        try:
            found = difference_test(one, other)
        except NoDifference as error:
            return row | {"df_diff": float(other.df - one.df), "note": str(error)}
        return row | {key: float(found[key]) for key in ("chisq_diff", "df_diff", "pvalue")}

    def scales(self) -> pd.DataFrame:
        """What the score of each facet says, alone and beside the general factor.

        Returns
        -------
        DataFrame
            Index ``facet``; ``n_items``; ``omega`` of its sum score in the model of correlated facets;
            ``omega_h``, the share of that score's variance that is the facet's own beside the general factor
            (bifactor model); ``r_highest``, its largest correlation with another facet. NaN where a model has
            no solution.

        References
        ----------
        Reise, Bonifay & Haviland (2013), Journal of Personality Assessment 95 (omega hierarchical subscale).
        """
        names = list(self.facets.items)
        table = pd.DataFrame({"n_items": [len(self.facets.items[name]) for name in names]}, index=names)
        for column, structure in (("omega", "facets"), ("omega_h", "bifactor")):
            table[column] = np.nan
            if structure in self.fits:
                table[column] = omega(self.fits[structure]).set_index("factor")["omega"].reindex(names)
        table["r_highest"] = np.nan
        if "facets" in self.fits:
            phi = factor_correlations(self.fits["facets"])[""].loc[names, names].to_numpy()
            table["r_highest"] = np.max(phi - 2 * np.eye(len(phi)), axis=1)
        return table.rename_axis("facet")

    def correlations(self) -> pd.DataFrame:
        """Correlations between the facets with their intervals, see `correlation_intervals`."""
        if "facets" not in self.fits:
            return pd.DataFrame(columns=["first", "second", "r", "se", "ci_lower", "ci_upper"])
        return correlation_intervals(self.fits["facets"], confidence=self.confidence)

    def _line(self) -> str:
        items = sum(map(len, self.facets.items.values()))
        bic = {name: float(fit.measures.get("bic", np.nan)) for name, fit in self.fits.items()}
        known = {name: value for name, value in bic.items() if np.isfinite(value)}
        best = f", the lowest BIC has {min(known, key=lambda name: known[name])}" if known else ""
        return (
            f"{', '.join(self.fits) or 'none solved'} of {how_many(items, 'item')} in "
            f"{how_many(len(self.facets.items), 'facet')}{best}"
        )


_MEASURES = {
    "chisq": "chisq_scaled",
    "df": "df",
    "pvalue": "pvalue_scaled",
    "cfi": "cfi_robust",
    "tli": "tli_robust",
    "rmsea": "rmsea_robust",
    "rmsea_ci_lower": "rmsea_ci_lower_robust",
    "rmsea_ci_upper": "rmsea_ci_upper_robust",
    "srmr": "srmr",
    "aic": "aic",
    "bic": "bic",
}
_SHARES = ("omega", "omega_h", "ecv", "r_lowest", "r_highest")


def compare_structures(
    data: Study | pd.DataFrame,
    model: str = "measurement",
    *,
    estimator: str = "MLR",
    confidence: float | None = None,
) -> Structures:
    """Fit one factor, correlated facets, a higher-order factor and a bifactor model to the same items.

    Facets that correlate above .8 may be one thing under several names. A single factor that fits as well, or
    a general factor that leaves the facets' own scores nothing of their own (``omega_h`` of
    `Structures.scales`), says that they cannot be told apart.

    Parameters
    ----------
    data : Study or DataFrame
        A study, whose reversed items are turned; or answers, one column per item.
    model : str
        For a study the name of one of its models, or "measurement" or "structural"; for answers a model text.
        See `read_facets` for what is taken from it.
    estimator : "MLR" or "WLSMV"
        Robust maximum likelihood with every answer given (FIML), or ordered answers with every pair given.
    confidence : float, optional
        Level of the intervals of correlations; the study's own, or .95.

    Returns
    -------
    Structures
        A structure that cannot be estimated is reported with its reason; one with a negative variance, such
        as a bifactor model of facets that add nothing, is reported as improper.

    Raises
    ------
    NoFacets
        The model has fewer than two factors with items.
    BouwenError
        The answers cannot be used for any model.

    Notes
    -----
    With two facets the higher-order loadings are held equal, and in the bifactor model those of a facet with
    two items, because the data cannot tell them apart. With three facets the higher-order model has the fit
    of the correlated facets.

    References
    ----------
    Reise (2012), Multivariate Behavioral Research 47; Rindskopf & Rose (1988), Multivariate Behavioral
    Research 23.
    """
    estimator = check_choice("estimator", estimator, CORRECTED)
    if isinstance(data, Study):
        text = named_model(data, model)
        answers, nested = with_clusters(key_items(data), model_clusters(data, estimator))
        level = data.settings.confidence
    else:
        text, answers, level, nested = model, data, 0.95, {}
    level = level if confidence is None else confidence
    check_confidence(level)
    facets = read_facets(text)
    fits: dict[str, Fit] = {}
    failures: dict[str, str] = {}
    for name, syntax in facets.texts().items():
        tries = [syntax]
        if name == "bifactor" and "higher_order" in fits:
            tries.insert(0, f"{syntax}\n{schmid_leiman_starts(fits['higher_order'], facets)}")
        for attempt in tries:
            try:
                fits[name] = _fit(attempt, answers, estimator, nested)
                break
            except (NotConverged, NotIdentified) as error:
                failures[name] = str(error)
    failures = {name: reason for name, reason in failures.items() if name not in fits}
    return Structures(facets, fits, failures, level)


def schmid_leiman_starts(fit: Fit, facets: Facets) -> str:
    """Loadings from which a bifactor model starts: those of the higher-order model, seen as one.

    Items load λγ on the general factor and λ√ψ on their facet, with ψ the facet's own variance, taken as half
    of its variance where the model says less, because a facet without loadings of its own has no direction.

    References
    ----------
    Schmid & Leiman (1957), Psychometrika 22.
    """
    table = fit.parameters.set_index(["lhs", "op", "rhs"])["est"]
    general: dict[str, float] = {}
    lines = []
    for name, items in facets.items.items():
        gamma, psi = table[facets.general, "=~", name], table[name, "~~", name]
        own = np.sqrt(max(psi, 0.5 * (gamma**2 + abs(psi))))
        for item in items:
            loading = table[name, "=~", item]
            general[item] = general.get(item, 0.0) + loading * gamma
            lines.append(f"{name} =~ start({loading * own:.6f})*{item}")
    lines += [f"{facets.general} =~ start({value:.6f})*{item}" for item, value in general.items()]
    return "\n".join(lines)


def _fit(syntax: str, answers: pd.DataFrame, estimator: str, nested: dict[str, Any]) -> Fit:
    return fit_sem(syntax, answers, **estimation(estimator), std_lv=True, **nested)


def _range_of_correlations(fit: Fit, facets: list[str]) -> tuple[float, float]:
    phi = next(iter(factor_correlations(fit).values())).loc[facets, facets].to_numpy()
    r = phi[np.tril_indices(len(facets), -1)]
    return float(r.min()), float(r.max())


def explained_common_variance(fit: Fit, general: str) -> float:
    """Share of the items' common variance that the general factor of a bifactor model explains.

    Σλ²_general / Σλ² over all loadings of standardised items.

    References
    ----------
    Reise (2012), Multivariate Behavioral Research 47; Sijtsma (2009), Psychometrika 74.
    """
    rows = fit.parameters[fit.parameters["op"] == "=~"]
    squared = rows["std_all"] ** 2
    return float(squared[rows["lhs"] == general].sum() / squared.sum())

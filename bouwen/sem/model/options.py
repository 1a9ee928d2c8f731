"""What the user asks for: estimator, errors and test, checked before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass

from bouwen.checks import check_choice
from bouwen.errors import BouwenError


class UnsupportedModel(BouwenError):
    """A combination of options or a model that the engine refuses."""


class NoRows(UnsupportedModel):
    """Something that needs the respondents' rows is asked of a fit that has their moments only."""

    def __init__(self, what: str, instead: str = "") -> None:
        self.what = what
        super().__init__(
            f"{what} the respondents' rows, of which this fit has the moments only; "
            f"fit the model to rows, or save the fit with rows=True{instead}"
        )


@dataclass(frozen=True, slots=True)
class Estimator:
    """An estimator's name for what is minimised, which errors follow, and which test."""

    name: str
    discrepancy: str
    errors: str
    test: str


#: lavaan's names: what they minimise, their standard errors and their test.
ESTIMATORS = {
    e.name: e
    for e in (
        Estimator("ML", "ML", "standard", "standard"),
        Estimator("MLM", "ML", "robust.sem", "satorra.bentler"),
        Estimator("MLR", "ML", "robust.huber.white", "yuan.bentler.mplus"),
        Estimator("GLS", "GLS", "standard", "standard"),
        Estimator("ULS", "ULS", "standard", "standard"),
        Estimator("DWLS", "DWLS", "standard", "standard"),
        Estimator("WLSM", "DWLS", "robust.sem", "satorra.bentler"),
        Estimator("WLSMV", "DWLS", "robust.sem", "scaled.shifted"),
        Estimator("WLSMVS", "DWLS", "robust.sem", "mean.var.adjusted"),
    )
}
MISSING = ("listwise", "fiml", "pairwise")
LIKELIHOOD = ("fiml", "ml", "direct")  # lavaan has three names for it


def choose_missing(found: object) -> str:
    """What becomes of gaps, by the name that it has here; `UnknownOption` where that is not known."""
    known = found.lower() if isinstance(found, str) else ""
    if known in LIKELIHOOD:
        return "fiml"
    if known.endswith(".x") and known.removesuffix(".x") in LIKELIHOOD:
        raise UnsupportedModel(
            f'missing="{found}" keeps respondents whose covariates are missing; use missing="fiml" with '
            "fixed_x=False, which models the covariates and keeps them too"
        )
    return check_choice("missing", found, MISSING)


def choose_estimator(
    name: str, *, missing: str, ordered: bool, rows: bool, cluster: bool = False, weights: bool = False
) -> Estimator:
    """Look up an estimator and refuse what it cannot do.

    Raises
    ------
    UnknownOption, UnsupportedModel
    """
    estimator = ESTIMATORS[check_choice("estimator", name, ESTIMATORS)]
    if ordered and estimator.name in ("ML", "MLR"):
        # lavaan's default for ordered items, whatever is asked by default
        if estimator.name == "MLR":
            raise UnsupportedModel(
                'ordered items need estimator="WLSMV" (or "DWLS"); MLR takes them as continuous, if they are '
                "numbers"
            )
        estimator = ESTIMATORS["WLSMV"]
    categorical = estimator.discrepancy == "DWLS"
    if ordered and not categorical:
        raise UnsupportedModel(f'ordered items need estimator="WLSMV" (or "DWLS"), not "{estimator.name}"')
    if categorical and not ordered:
        raise UnsupportedModel(f'estimator="{estimator.name}" needs ordered items; name them in ordered=')
    if missing == "fiml" and estimator.name not in ("ML", "MLR"):
        raise UnsupportedModel(f'missing="fiml" goes with estimator "ML" or "MLR", not "{estimator.name}"')
    if missing == "pairwise" and not categorical:
        raise UnsupportedModel(
            'missing="pairwise" is for ordered items; use missing="fiml" for continuous ones'
        )
    for option, given in (("cluster", cluster), ("sampling_weights", weights)):
        if given and estimator.name not in ("ML", "MLR"):
            raise UnsupportedModel(f'{option}= goes with estimator="MLR", not "{estimator.name}"')
        if given:
            estimator = ESTIMATORS["MLR"]
    if not rows and (categorical or estimator.test != "standard" or missing == "fiml"):
        raise UnsupportedModel(
            f'estimator="{estimator.name}" with missing="{missing}" needs the respondents\' rows; '
            'moments alone allow "ML", "GLS" and "ULS"'
        )
    return estimator

"""A structural model -> what its predictors do through other variables.

An indirect effect is the product of the regressions along a chain of arrows (Alwin & Hauser, 1975; Bollen,
1987, Total, direct, and indirect effects in structural equation models).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import pandas as pd

from bouwen.checks import Array, check_choice, check_confidence
from bouwen.errors import did_you_mean
from bouwen.results import at_level
from bouwen.sem.after.intervals import check_draws_of, limits, spread
from bouwen.sem.fitted import Fitted, check_is_fit, coefficients
from bouwen.sem.model.implied import Structure
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.model.standardised import numeric_jacobian, standardise
from bouwen.sem.model.table import ModelError

SCALES = ("est", "std_lv", "std_all")

#: What lies between, and the chains that are added up.
Chains = list[tuple[tuple[str, ...], list[tuple[str, ...]]]]


class HasStructure(Protocol):
    """Structure after measurement."""

    @property
    def structural(self) -> Any:
        """The second step."""


class DrawsOfFit(Protocol):
    """What indirect effects use of a bootstrap."""

    def values(self, of: str = "est") -> Array:
        """Draws (D, rows of ``fit.parameters``)."""


def indirect_effects(
    fit: Fitted | HasStructure,
    outcome: str | None = None,
    *,
    of: str = "std_all",
    draws: DrawsOfFit | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Every indirect effect in a model, read off its regressions.

    Parameters
    ----------
    fit : Fit or SamFit
    outcome : str, optional
        Only effects on this variable.
    of : "std_all", "std_lv" or "est"
        Products of standardised regressions, or of the estimates as they are.
    draws : Bootstrap, optional
        Draws of the same model, for a percentile interval beside that of the delta method.
    confidence : float

    Returns
    -------
    DataFrame
        One row for each chain of arrows: predictor via outcome group est se z pvalue ci_lower ci_upper, and
        with draws boot_se boot_lower boot_upper n_draws. ``via`` is the tuple of variables between; it is
        empty in the row that adds up several chains between the same two variables. No rows where no
        regression leads on to another.

    Raises
    ------
    ModelError
        The outcome is not in the model.
    UnsupportedModel
        Variables predict each other in a circle.
    NotAShare, OtherModel

    References
    ----------
    Sobel (1982), Sociological Methodology 13, for the delta method; MacKinnon, Lockwood & Williams (2004),
    Multivariate Behavioral Research 39, for the percentile interval.
    """
    own = _structural(fit)
    arrows = _arrows_to(own, outcome)
    named = [c for c in _chains(arrows) if len(c) > 2 and outcome in (None, c[-1])]
    return _added_up(own, arrows, _with_totals(named), of, draws, confidence)


def decompose_effects(
    fit: Fitted | HasStructure,
    outcome: str | None = None,
    *,
    of: str = "std_all",
    draws: DrawsOfFit | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """What each predictor does to each variable that it leads to, directly and through others together.

    Parameters
    ----------
    fit, outcome, of, draws, confidence
        As in `indirect_effects`.

    Returns
    -------
    DataFrame
        One row for each predictor and what it leads to: the columns of `indirect_effects` without ``via``,
        and ``direct`` and ``indirect``, the parts of ``est``.

    Raises
    ------
    ModelError, UnsupportedModel, NotAShare, OtherModel
        As `indirect_effects`.

    References
    ----------
    Alwin & Hauser (1975), The decomposition of effects in path analysis. American Sociological Review 40.
    """
    own = _structural(fit)
    arrows = _arrows_to(own, outcome)
    ends: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for chain in _chains(arrows):
        if outcome in (None, chain[-1]):
            ends.setdefault((chain[0], chain[-1]), []).append(chain)
    sums: Chains = [((), chains) for chains in ends.values()]
    found = _added_up(own, arrows, sums, of, draws, confidence).drop(columns="via")
    direct: Chains = [((), [chain for chain in chains if len(chain) == 2]) for chains in ends.values()]
    rows = _products(_row_values(own, own.theta, of), _terms(own, arrows, direct))
    return found.assign(direct=rows, indirect=found["est"] - rows)


def _structural(fit: Fitted | HasStructure) -> Fitted:
    """The fit itself; of structure after measurement its second step."""
    found: Any = fit if isinstance(fit, Fitted) else getattr(fit, "structural", fit)
    check_is_fit(found)
    own: Fitted = found
    return own


def _arrows_to(fit: Fitted, outcome: str | None) -> dict[tuple[str, str], int]:
    """The regressions of a fit; `ModelError` where the outcome is not in its model."""
    known = fit.structure.observed + fit.structure.latent
    if outcome is not None and outcome not in known:
        raise ModelError(f'"{outcome}" is not in the model.{did_you_mean(outcome, known)}', item=outcome)
    return _arrows(fit)


def _terms(fit: Fitted, arrows: Mapping[tuple[str, str], int], sums: Chains) -> list[list[list[int]]]:
    """The rows of the table along every chain of every sum, group after group."""
    R = fit.partable.rows_per_group
    return [
        [[g * R + arrows[step] for step in pairwise(chain)] for chain in chains]
        for g in range(fit.partable.n_groups)
        for _, chains in sums
    ]


def _added_up(
    fit: Fitted,
    arrows: Mapping[tuple[str, str], int],
    sums: Chains,
    of: str,
    draws: DrawsOfFit | None,
    confidence: float,
) -> pd.DataFrame:
    """Chains of products along chains, with errors and limits."""
    of = check_choice("of", of, SCALES)
    check_confidence(confidence)
    groups, terms = fit.partable.n_groups, _terms(fit, arrows, sums)
    est = _products(_row_values(fit, fit.theta, of), terms)
    J = numeric_jacobian(
        lambda theta: _products(_row_values(fit, theta, of), terms),
        fit.theta,
        np.sqrt(np.diag(fit.theta_cov)),
    )
    se = np.sqrt(np.maximum(np.einsum("kq,qr,kr->k", J, fit.theta_cov, J), 0.0))
    who: dict[str, Any] = {
        "predictor": [chains[0][0] for _, chains in sums] * groups,
        "via": [via for via, _ in sums] * groups,
        "outcome": [chains[0][-1] for _, chains in sums] * groups,
        "group": [value for value in fit.sample.group_values for _ in sums],
    }
    more = _drawn_limits(fit, draws, of, terms, est, confidence)
    return at_level(coefficients(who, est, se, more, confidence=confidence, degrees=fit.degrees), confidence)


def _drawn_limits(
    fit: Fitted,
    draws: DrawsOfFit | None,
    of: str,
    terms: list[list[list[int]]],
    est: Array,
    confidence: float,
) -> dict[str, Array]:
    """The columns that draws add."""
    if draws is None:
        return {}
    check_draws_of(fit, draws)
    drawn = _products(draws.values(of), terms)
    lower, upper = limits(drawn, est, confidence)
    return {
        "boot_se": spread(drawn),
        "boot_lower": lower,
        "boot_upper": upper,
        "n_draws": (~np.isnan(drawn)).sum(axis=0),
    }


def _arrows(fit: Fitted) -> dict[tuple[str, str], int]:
    """Row of the first group's table for each regression, by predictor and what it predicts."""
    first = fit.partable.rows[: fit.partable.rows_per_group]
    return {(row.rhs, row.lhs): k for k, row in enumerate(first) if row.op == "~"}


def _chains(arrows: Mapping[tuple[str, str], int]) -> list[tuple[str, ...]]:
    """Every chain of arrows, in the order of the predictors, shorter ones first."""
    follow: dict[str, list[str]] = {}
    for source, target in arrows:
        follow.setdefault(source, []).append(target)

    def walk(chain: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for target in follow.get(chain[-1], ()):
            if target in chain:
                raise UnsupportedModel(
                    f'"{target}" and "{chain[-1]}" predict each other in a circle; indirect effects need a '
                    "model without one"
                )
            yield (*chain, target)
            yield from walk((*chain, target))

    found = [chain for source in follow for chain in walk((source,))]
    order = list(follow)
    return sorted(found, key=lambda chain: (order.index(chain[0]), chain[-1], len(chain)))


def _with_totals(chains: Sequence[tuple[str, ...]]) -> Chains:
    """Each chain by itself, and after several between the same two variables all of them together."""
    ends: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for chain in chains:
        ends.setdefault((chain[0], chain[-1]), []).append(chain)
    out: Chains = []
    for same in ends.values():
        out += [(chain[1:-1], [chain]) for chain in same]
        if len(same) > 1:
            out.append(((), same))
    return out


def _row_values(fit: Fitted, theta: Array, of: str) -> Array:
    """Values (..., rows) of the table at parameters (..., q)."""
    implied = fit.family.reported(fit.family.objective.at(theta))
    structure: Structure = fit.structure
    rows = implied.values if of == "est" else standardise(structure, implied, observed=of == "std_all")
    return rows.reshape(*theta.shape[:-1], -1)


def _products(rows: Array, terms: Sequence[Sequence[Sequence[int]]]) -> Array:
    """Chains (..., k) of products of rows."""
    none = np.zeros(rows.shape[:-1])
    sums = [sum((rows[..., chain].prod(axis=-1) for chain in chains), none) for chains in terms]
    return np.stack(sums, axis=-1) if sums else np.zeros((*rows.shape[:-1], 0))

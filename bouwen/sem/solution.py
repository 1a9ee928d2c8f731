"""A discrepancy to the parameters that minimise it.

Fisher scoring brings the parameters near the solution and Newton's method, with the
analytic Hessian, finishes; a backtracking line search guards both (Nocedal & Wright, 2006, ch. 3;
Lee & Jennrich, 1979, for scoring in covariance structures). Linear equalities are removed by
working in their affine space. Nonlinear equalities and inequalities go to SciPy's SLSQP and are
then polished by Newton steps on the Lagrangian.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from bouwen.checks import Array
from bouwen.errors import BouwenError
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.identification import (
    IDENTIFIED,
    NEARLY,
    NotIdentified,
    Weakest,
    check_identified,
    relative_curvature,
)
from bouwen.sem.model.table import Parameter, ParTable
from bouwen.sem.normal.discrepancy import Objective, Point

MAX_STEPS = 500
NEAR = 0.03  # Newton decrement below which the Hessian is used
PATIENCE = 20  # steps of scoring after which the Hessian is used wherever it stands
CLOSE = 1e-6  # Newton decrement below which the next one can be foreseen
DONE = 1e-15  # Newton decrement at the solution
RUNAWAY = 10  # variances of its variable below zero at which a residual variance is on its way to infinity
TOLERANCE = 1e-5  # largest gradient, in units of one standard error per root N, accepted at the solution


First = Callable[[], Point]  # the discrepancy where the search began


class NotConverged(BouwenError):
    """The estimation stopped before it reached a solution."""

    def __init__(self, steps: int, gradient: float, parameter: str, hint: str = "") -> None:
        self.steps, self.gradient, self.parameter = steps, gradient, parameter
        super().__init__(
            f'stopped after {steps} steps with gradient {gradient:.1e} at "{parameter}" '
            f"(needs {TOLERANCE:.0e}).{hint}"
        )


class NoSolution(NotConverged):
    """The sample has no best fit of the model: a variance runs away for ever, and the fit still improves."""

    def __init__(self, steps: int, gradient: float, parameter: str, value: float, item: str) -> None:
        self.steps, self.gradient, self.parameter, self.item = steps, gradient, parameter, item
        BouwenError.__init__(
            self,
            "the model is identified, but this sample has no solution of it: the residual variance of "
            f'"{item}" runs away ({value:.1f} at "{parameter}" after {steps} steps). Leave "{item}" out, '
            "hold loadings equal, or ask more respondents",
        )


@dataclass(frozen=True, eq=False)
class Solution:
    """The estimates and how they were reached.

    ``basis`` (q, k) spans the directions that the restrictions leave free, or is None
    where all are free; ``held`` counts equalities that are no equal labels; ``weakest`` is
    the direction about which the data say least, None without free parameters.
    """

    theta: Array
    point: Point
    steps: int
    basis: Array | None
    held: int
    active: tuple[int, ...] = ()
    """Inequalities that hold as equalities at the solution."""
    weakest: Weakest | None = None


def estimate(
    objective: Objective,
    table: ParTable,
    start: Array,
    *,
    cautious: Array | None = None,
    hessian: bool = True,
) -> Solution:
    """Minimise a discrepancy.

    Parameters
    ----------
    objective : Objective
    table : ParTable
        For its restrictions, and the names of parameters in messages.
    start : array (q,)
    cautious : array (q,), optional
        Used instead where the discrepancy is infinite at ``start``.
    hessian : bool
        Whether the objective's Hessian is to be used near the solution.

    Raises
    ------
    NotIdentified
        Where the information matrix at the solution is singular, or the solution is no minimum.
    NotConverged
        Where no step brings the discrepancy down before the gradient vanishes.
    """
    restrictions = Restrictions(table)
    affine = restrictions.affine
    q = table.n_free
    if q == 0:
        return Solution(start, objective.at(start), 0, None, 0)
    offset, K = affine if affine is not None else (np.zeros(q), None)
    alpha = start if K is None else K.T @ (start - offset)
    if cautious is not None and not np.isfinite(objective.at(_theta(alpha, offset, K)).value):
        alpha = cautious if K is None else K.T @ (cautious - offset)
    held = 0 if K is None else q - K.shape[1]
    if restrictions.needs_optimiser:
        return _constrained(objective, table, restrictions, alpha, offset, K, held)
    begin = _theta(alpha, offset, K)
    alpha, point, steps = _descend(objective, table, alpha, offset, K, hessian)
    theta = _theta(alpha, offset, K)
    first = partial(objective.at, begin)
    weakest = _identified(table, first, point, point.hessian if hessian else None, K, steps)
    return Solution(theta, point, steps, K, held, weakest=weakest)


def _theta(alpha: Array, offset: Array, K: Array | None) -> Array:
    return alpha if K is None else offset + K @ alpha


def _reduced(gradient: Array, curvature: Array, K: Array | None) -> tuple[Array, Array]:
    if K is None:
        return gradient, curvature
    return K.T @ gradient, K.T @ curvature @ K


def _descend(
    objective: Objective, table: ParTable, alpha: Array, offset: Array, K: Array | None, hessian: bool
) -> tuple[Array, Point, int]:
    first = partial(objective.at, _theta(alpha, offset, K))
    point = first()
    value = float(point.value)
    if not np.isfinite(value):
        raise NotConverged(
            0,
            np.inf,
            table.free_name(0),
            f" The starting values imply an impossible covariance matrix; {_remedy(table)}.",
        )
    decrement, use_hessian = np.inf, False
    for steps in range(1, MAX_STEPS + 1):
        before, second = decrement, use_hessian
        use_hessian = hessian and (decrement < NEAR or steps > PATIENCE)
        g, H = _reduced(point.gradient, point.hessian if use_hessian else point.information, K)
        step, positive = _solve(H, g)
        if use_hessian and not positive:
            use_hessian = False
            if steps > PATIENCE:  # a saddle: leave it along its curvature
                step = _saddle_free(H, g)
            else:
                g, H = _reduced(point.gradient, point.information, K)
                step, positive = _solve(H, g)
        decrement = float(g @ step)
        if (foreseen(decrement, before) if use_hessian and second else decrement) < DONE:
            final = objective.at(_theta(alpha - step, offset, K))
            if float(final.value) <= value + 1e-12 * max(1.0, abs(value)):
                alpha, point = alpha - step, final
            below = _below_saddle(objective, alpha, point, offset, K) if hessian else None
            if below is None:
                return alpha, point, steps
            alpha, point = below
            value, decrement, use_hessian = float(point.value), np.inf, False
            continue
        size, accepted = 1.0, False
        for _ in range(40):
            trial = alpha - size * step
            new = objective.at(_theta(trial, offset, K))
            new_value = float(new.value)
            if new_value <= value - 1e-4 * size * decrement:
                accepted = True
                break
            if np.isfinite(new_value):
                curvature = new_value - value + size * decrement
                best = 0.5 * size * size * decrement / curvature if curvature > 0 else 0.5 * size
                size = float(np.clip(best, 0.1 * size, 0.5 * size))
            else:
                size *= 0.4
        if not accepted:
            if decrement < 1e-10:  # rounding: the distance cannot be told from its minimum
                return alpha, point, steps
            break
        alpha, point, value = trial, new, new_value
    raise _not_converged(table, first, point, K, steps)


def foreseen(decrement: Any, before: Any) -> Any:
    """What a Newton decrement is at most after this step: close to a minimum Newton's method squares it.

    Parameters
    ----------
    decrement, before : float or array
        That of this step and of the last one, which is 0 where there was none.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        squared = 1e3 * decrement * np.square(np.divide(decrement, before))  # a margin of 1000
    return np.where(decrement < CLOSE, np.fmin(decrement, squared), decrement)


def _remedy(table: ParTable) -> str:
    given = any(row.start is not None for row in table.rows)
    return "change those given by start()" if given else "give others by start()"


def _solve(H: Array, g: Array) -> tuple[Array, bool]:
    """H⁻¹ g, with H lifted to positive definite where it is not; and whether it was."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(H)), 1e-300))
    C = H / scale[:, None] / scale
    ridge = 0.0
    while True:
        try:
            lifted = C + ridge * np.eye(len(g)) if ridge else C
            if np.diagonal(np.linalg.cholesky(lifted)).min() > 1e-7:
                return np.linalg.solve(lifted, g / scale) / scale, ridge == 0
        except LinAlgError:
            pass
        ridge = 1e-6 if ridge == 0 else ridge * 10
        if ridge > 1e6:
            raise NotIdentified("the information matrix holds values that are not numbers")


def _saddle_free(H: Array, g: Array) -> Array:
    """|H|⁻¹ g: Newton's step with the signs of negative curvature turned (Dauphin et al., 2014)."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(H)), 1e-300))
    values, vectors = np.linalg.eigh(H / scale[:, None] / scale)
    size = np.maximum(np.abs(values), 1e-4)
    return np.asarray(vectors @ ((vectors.T @ (g / scale)) / size) / scale)


def _below_saddle(
    objective: Objective, alpha: Array, point: Point, offset: Array, K: Array | None
) -> tuple[Array, Point] | None:
    """Somewhere lower than a stationary point that is no minimum; None at a minimum.

    Along the direction of most negative curvature both ways are tried, so that its sign does not matter.
    """
    values, directions = relative_curvature(point.hessian, point.information, K)
    if not values[0] < -IDENTIFIED:
        return None
    way = directions[:, 0] * np.sign(directions[np.argmax(np.abs(directions[:, 0])), 0])
    way = way if K is None else K.T @ way
    for size in 0.3 * 0.3 ** np.arange(8):
        there = [(a, objective.at(_theta(a, offset, K))) for a in (alpha + size * way, alpha - size * way)]
        there = [(a, new) for a, new in there if float(new.value) < float(point.value)]
        if there:
            return there[0]
    return None


def _identified(
    table: ParTable,
    first: First,
    point: Point,
    hessian: Array | None,
    K: Array | None,
    steps: int,
) -> Weakest:
    """What `check_identified` finds, unless a variance ran away from a model that was identified at first."""
    try:
        return check_identified(table, point.information, hessian, K)
    except NotIdentified:
        row = _runaway(table, point)
        if row is None or relative_curvature(start := first().information, start, K)[0][0] < NEARLY:
            raise
        gradient = float(np.abs(point.gradient).max())
        value = float(point.implied.values.ravel()[table.rows.index(row)])
        raise NoSolution(steps, gradient, table.free_name(row.free), value, row.lhs) from None


def _runaway(table: ParTable, point: Point) -> Parameter | None:
    """A free residual variance that is many times the variance of its variable, below zero."""
    names = [*table.observed, *table.latent]
    values = point.implied.values.ravel()
    for row, value in zip(table.rows, values, strict=True):
        if row.free >= 0 and row.op == "~~" and row.lhs == row.rhs:
            k = names.index(row.lhs)
            if value < -RUNAWAY * abs(point.implied.C[row.group, k, k]):
                return row
    return None


def _not_converged(table: ParTable, first: First, point: Point, K: Array | None, steps: int) -> BouwenError:
    _identified(table, first, point, None, K, steps)
    scale = np.sqrt(np.maximum(np.diag(point.information), 1e-300))
    gradient = np.abs(point.gradient) / scale
    worst = int(np.argmax(gradient))
    row = next(r for r in table.rows if r.free == worst)
    hint = " Try other starting values with start(), or a simpler model."
    if row.op == "~~" and row.lhs == row.rhs:
        hint = " Its variance is heading for zero or infinity: try another marker item, or a simpler model."
    return NotConverged(steps, float(gradient[worst]), table.free_name(worst), hint)


def _constrained(
    objective: Objective,
    table: ParTable,
    restrictions: Restrictions,
    alpha: Array,
    offset: Array,
    K: Array | None,
    held: int,
) -> Solution:
    """Minimise under nonlinear equalities and inequalities."""
    from scipy.optimize import minimize

    to_theta: Callable[[Array], Array] = lambda a: _theta(a, offset, K)  # noqa: E731
    lift: Array = np.eye(len(offset)) if K is None else K
    first = partial(objective.at, to_theta(alpha))
    information = lift.T @ first().information @ lift
    unit = 1 / np.sqrt(np.maximum(np.diag(information), 1e-12))

    def f(x: Array) -> float:
        value = float(objective.at(to_theta(x * unit)).value)
        return value if np.isfinite(value) else 1e10

    def df(x: Array) -> Array:
        point = objective.at(to_theta(x * unit))
        if not np.isfinite(float(point.value)):
            return np.zeros_like(x)
        return np.asarray((point.gradient @ lift) * unit)

    def rule(kind: str, both: Callable[[Array], tuple[Array, Array]]) -> dict[str, object]:
        return {
            "type": kind,
            "fun": lambda x: both(to_theta(x * unit))[0],
            "jac": lambda x: both(to_theta(x * unit))[1] @ lift * unit,
        }

    rules = [rule("eq", restrictions.equalities)] if restrictions.nonlinear else []
    rules += [rule("ineq", restrictions.inequalities)] if table.inequalities else []
    options = {"maxiter": MAX_STEPS, "ftol": 1e-12}
    found = minimize(f, alpha / unit, jac=df, constraints=rules, method="SLSQP", options=options)
    alpha, active, steps, curvature = _polish(objective, restrictions, found.x * unit, offset, lift)
    theta = to_theta(alpha)
    point = objective.at(theta)
    J = _active_jacobian(restrictions, theta, active) @ lift
    free = _null_space(J)
    residual = np.linalg.norm(
        (free.T @ lift.T @ point.gradient) / np.sqrt(np.diag(free.T @ information @ free))
    )
    broken = np.abs(restrictions.equalities(theta)[0]).max(initial=0.0)
    broken = max(broken, -restrictions.inequalities(theta)[0].min(initial=0.0))
    if not residual < TOLERANCE or not broken < 1e-6:
        raise _not_converged(table, first, point, lift @ free, int(found.nit) + steps)
    basis = lift @ free
    observed = lift @ curvature @ lift.T
    weakest = check_identified(table, point.information, observed, basis)
    held += _rank(restrictions.equalities(theta)[1] @ lift)
    return Solution(theta, point, int(found.nit) + steps, basis, held, active, weakest)


def _active_jacobian(restrictions: Restrictions, theta: Array, active: tuple[int, ...]) -> Array:
    return np.vstack([restrictions.equalities(theta)[1], restrictions.inequalities(theta)[1][list(active)]])


def _polish(
    objective: Objective, restrictions: Restrictions, alpha: Array, offset: Array, lift: Array
) -> tuple[Array, tuple[int, ...], int, Array]:
    """Newton's method on the Lagrangian, with the inequalities that bind held as equalities.

    Returns
    -------
    α, the inequalities that bind, steps, and the curvature of the Lagrangian (k, k) along ``lift``.
    """
    theta = offset + lift @ alpha
    values = restrictions.inequalities(theta)[0]
    active = tuple(int(k) for k in np.flatnonzero(values < 1e-5 * (1 + np.abs(theta).max())))
    for steps in range(50):
        theta = offset + lift @ alpha
        point = objective.at(theta)
        g = lift.T @ point.gradient
        c = np.concatenate(
            [restrictions.equalities(theta)[0], restrictions.inequalities(theta)[0][list(active)]]
        )
        J = _active_jacobian(restrictions, theta, active) @ lift
        multipliers = np.linalg.lstsq(J.T, g, rcond=None)[0] if len(c) else np.zeros(0)
        n_equal = len(c) - len(active)
        slack = [a for a, m in zip(active, multipliers[n_equal:], strict=True) if m < -1e-8]
        if slack:  # pulls away from its bound: no restriction after all
            active = tuple(a for a in active if a not in slack)
            continue
        H = lift.T @ point.hessian @ lift
        if len(c):
            e = 1e-5 * (1 + np.abs(alpha))
            for k in range(len(alpha)):  # curvature of the restrictions
                ahead = _active_jacobian(
                    restrictions, offset + lift @ (alpha + e[k] * np.eye(len(alpha))[k]), active
                )
                back = _active_jacobian(
                    restrictions, offset + lift @ (alpha - e[k] * np.eye(len(alpha))[k]), active
                )
                H[k] -= multipliers @ ((ahead - back) @ lift) / (2 * e[k])
            H = (H + H.T) / 2
        system = np.block([[H, J.T], [J, np.zeros((len(c), len(c)))]])
        move = np.linalg.lstsq(system, np.concatenate([-g, -c]), rcond=None)[0][: len(alpha)]
        alpha = alpha + move
        if np.abs(move).max() < 1e-10 * (1 + np.abs(alpha).max()):
            return alpha, active, steps, H
    return alpha, active, steps, H


def _null_space(J: Array) -> Array:
    _, d, Vt = np.linalg.svd(J)
    return np.asarray(Vt[int((d > 1e-10 * max(1.0, d.max(initial=0.0))).sum()) :].T)


def _rank(J: Array) -> int:
    return int(np.linalg.matrix_rank(J)) if J.size else 0

"""Functions of many parameter vectors at once to their minima.

`quasi_newton` is the method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal & Wright, 2006, ch. 6) in
coordinates where the curvature at the start is the identity, all draws side by side: each evaluation serves
every draw that is still on its way, whether it takes a new step or shortens its last one, and draws that have
arrived leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.identification import IDENTIFIED, smallest_curvature
from bouwen.sem.normal.discrepancy import Objective
from bouwen.sem.resample.samples import take
from bouwen.sem.solution import DONE, foreseen

MAX_ROUNDS = 50  # evaluations before a draw is called difficult
ARRIVED = 1e-13  # N times the Newton decrement below which one more full step ends the search
SUFFICIENT = 1e-4  # share of the promised descent that a step must bring
KEEP = 0.9  # share of draws still on their way below which the others are left behind
ROUNDING = 1e-13  # relative rise of a value that may be rounding
MAX_NEWTON = 60  # steps of Newton's method before a draw is given up
STILL = 1e-10  # Newton decrement below which a value that cannot be lowered is a minimum but for rounding
FLAT = 0.02  # curvature, relative to that at the start, below which a draw is called difficult


class Function(Protocol):
    """Values (D,) and gradients (D, q) of a stack at parameters (D, q)."""

    def __call__(self, theta: Array) -> tuple[Array, Array]:
        """Evaluate."""

    def take(self, draws: Array) -> Function:
        """The same for some of the draws."""


@dataclass(frozen=True, eq=False)
class Descent:
    """Where each draw got to: parameters (D, q), values (D,), evaluations (D,) and whether it has arrived."""

    theta: Array
    value: Array
    steps: Array
    arrived: Array


def quasi_newton(function: Function, start: Array, scale: Array, n: Array) -> Descent:
    """Minimise every function of a stack.

    Parameters
    ----------
    function : Function
    start : array (D, q)
    scale : array (q, k)
        The directions that may be taken, so that the curvature along them is about the identity.
    n : array (D,)
        What makes a value a log-likelihood; a decrement of ``ARRIVED`` / n is accepted.
    """
    D = len(start)
    out = Descent(start.copy(), np.full(D, np.nan), np.zeros(D, dtype=np.int64), np.zeros(D, dtype=bool))
    search = _Search(function, start, scale, n)
    for _ in range(MAX_ROUNDS):
        search.leave(out)
        if not len(search.who):
            return out
        search.advance()
    search.leave(out, everybody=True)
    return out


class _Search:
    """The draws that are on their way; x (d, k) are coordinates from the origin (d, q) along ``scale``."""

    def __init__(self, function: Function, start: Array, scale: Array, n: Array) -> None:
        self.function, self.origin, self.scale, self.n = function, start, scale, n
        self.who = np.arange(len(start))
        self.open = np.ones(len(start), dtype=bool)
        self.x = np.zeros((len(start), scale.shape[1]))
        self.f, self.g = self._at(self.x)
        self.direction, self.size = -self.g, np.ones(len(start))
        self.steps = np.zeros(len(start), dtype=np.int64)
        self.flattest = np.ones(len(start))
        self.memory, self.kept = np.empty((len(start), 32, scale.shape[1])), 0

    def _at(self, x: Array) -> tuple[Array, Array]:
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # far out nothing is a number, and nobody stays there
            f, g = self.function(self.origin + x @ self.scale.T)
        return f, g @ self.scale

    def leave(self, out: Descent, *, everybody: bool = False) -> None:
        """Note who has arrived or is stuck; from time to time, go on without them."""
        decrement = -dot(self.g, self.direction)
        here = decrement * self.n < ARRIVED
        stuck = (self.size < 1e-8) | ~np.isfinite(self.f)
        gone = self.open & (here | stuck | everybody)
        if gone.any():
            who, last = self.who[gone], np.where(here[gone, None], self.direction[gone], 0.0)
            out.theta[who] = self.origin[gone] + (self.x[gone] + last) @ self.scale.T
            out.value[who], out.steps[who] = self.f[gone], self.steps[gone]
            out.arrived[who] = here[gone] & (self.flattest[gone] > FLAT)
            self.open &= ~gone
        if self.open.mean() < KEEP:
            self._keep(np.flatnonzero(self.open))

    def _keep(self, rest: Array) -> None:
        for name in ("origin", "n", "who", "open", "x", "f", "g", "direction", "size", "steps", "flattest"):
            setattr(self, name, getattr(self, name)[rest])
        self.function = self.function.take(rest)
        self._resize(rest, self.memory.shape[1])

    def _resize(self, rest: Array, rows: int) -> None:
        memory = np.empty((len(rest), rows, self.memory.shape[2]))
        memory[:, : self.kept] = self.memory[rest, : self.kept]
        self.memory = memory

    def advance(self) -> None:
        """Evaluate everybody's next point: take it where it is low enough, else come closer."""
        step = self.size[:, None] * self.direction
        slope = -dot(self.g, step)
        f, g = self._at(self.x + step)
        self.steps += 1
        taken = f <= self.f - SUFFICIENT * slope + ROUNDING * (1 + np.abs(self.f))
        if not taken.all():
            bend = np.where(np.isfinite(f), f, 0.0) - self.f + slope
            with np.errstate(divide="ignore", invalid="ignore"):
                best = np.where(bend > 0, 0.5 * slope / bend, 0.5)
            shorter = np.where(np.isfinite(f), np.clip(best, 0.1, 0.5), 0.3)
            self.size = np.where(taken, 1.0, self.size * shorter)
            step, f = np.where(taken[:, None], step, 0.0), np.where(taken, f, self.f)
            g = np.where(taken[:, None], g, self.g)
        else:
            self.size = np.ones(len(f))
        change = g - self.g
        product, length = dot(step, change), dot(step, step)
        flatness = np.divide(product, length, out=np.ones(len(f)), where=length > 1e-20)
        self.flattest = np.minimum(self.flattest, flatness)
        curved = product > 1e-8 * length
        weight = np.divide(1.0, product, out=np.zeros(len(f)), where=curved)
        direction = self._learn(step, change, weight, self._times(g), g)
        self.x, self.f, self.g = self.x + step, f, g
        self.direction = direction if taken.all() else np.where(taken[:, None], direction, self.direction)

    def _times(self, g: Array) -> Array:
        """H g, with H = I + Σ s vᵀ + v sᵀ and the pairs s, v as rows of the memory."""
        if not self.kept:
            return g
        memory = self.memory[:, : self.kept]
        along = (memory @ g[..., None]).reshape(len(g), -1, 2)[:, :, ::-1].reshape(len(g), 1, -1)
        return np.asarray(g + (along @ memory)[:, 0])

    def _learn(self, s: Array, y: Array, r: Array, Hg: Array, g: Array) -> Array:
        """Take a pair up in H, and give the next direction −H g.

        H ← (I − r s yᵀ) H (I − r y sᵀ) + r s sᵀ = H + s vᵀ + v sᵀ, with v = ½ (r + r² yᵀHy) s − r Hy and
        r = 1 / sᵀy; nothing where r is 0. H y is what H g gained since the last direction.
        """
        Hy = Hg + self.direction
        v = (0.5 * (r + r * r * dot(y, Hy)))[:, None] * s - r[:, None] * Hy
        if self.kept == self.memory.shape[1]:
            self._resize(np.arange(len(s)), 2 * self.kept)
        self.memory[:, self.kept], self.memory[:, self.kept + 1] = s, v
        self.kept += 2
        gained: Array = dot(v, g)[:, None] * s + dot(s, g)[:, None] * v
        return -(Hg + gained)


def dot(a: Array, b: Array) -> Array:
    """Inner products (d,) of rows."""
    return np.asarray(np.einsum("dk,dk->d", a, b))


def newton(objective: Objective, start: Array, basis: Array) -> Descent:
    """Newton's method for the draws that `quasi_newton` leaves, with the observed curvature made positive.

    Along directions of negative curvature the step turns round, |H|⁻¹ g (Dauphin et al., 2014). A draw
    arrives as in `bouwen.sem.solution.estimate`, and only where the model is identified.

    Parameters
    ----------
    objective : Objective
        With an axis of draws.
    start : array (D, q)
    basis : array (q, k)
        Directions that may be taken.
    """
    D = len(start)
    out = Descent(start.copy(), np.full(D, np.nan), np.zeros(D, dtype=np.int64), np.zeros(D, dtype=bool))
    who, theta, before = np.arange(D), start, np.zeros(D)
    for _ in range(MAX_NEWTON):
        point = objective.at(theta)
        with np.errstate(over="ignore", invalid="ignore"):  # far out a curvature may exceed every number
            f, H, g = point.value, basis.T @ point.hessian @ basis, point.gradient @ basis
        lost = ~(np.isfinite(f) & np.isfinite(H).all(axis=(1, 2)) & np.isfinite(g).all(axis=1))
        H[lost], g[lost] = np.eye(basis.shape[1]), 0.0
        step, decrement, convex = _newton_step(H, g)
        last = convex & ~lost & (foreseen(decrement, before) < DONE)
        size, lower = _shortened(objective, theta, f, step @ basis.T, decrement)
        lower &= ~lost
        arrived, stuck = last | (~lower & ~lost & (decrement < STILL)), ~lower
        theta = theta + (size * lower)[:, None] * (step @ basis.T)
        out.theta[who] = theta
        out.value[who] = np.where(lower, f - 0.5 * decrement, f)
        out.steps[who] += 1
        out.arrived[who[arrived]] = (
            smallest_curvature(point.information[arrived], point.hessian[arrived], basis) > IDENTIFIED
        )
        on = np.flatnonzero(~(arrived | stuck))
        if not len(on):
            break
        who, theta, objective, before = who[on], theta[on], take(objective, on), decrement[on]
    return out


def _newton_step(H: Array, g: Array) -> tuple[Array, Array, Array]:
    """−|H|⁻¹ g, the decrement, and whether H is positive definite."""
    unit = np.sqrt(np.maximum(np.abs(np.diagonal(H, axis1=-2, axis2=-1)), 1e-300))
    values, V = np.linalg.eigh(H / unit[..., :, None] / unit[..., None, :])
    along = ((g / unit)[:, None, :] @ V)[:, 0]
    step = -(V @ (along / np.maximum(np.abs(values), 1e-9))[..., None])[..., 0] / unit
    return step, -dot(g, step), values[:, 0] > 0


def _shortened(
    objective: Objective, theta: Array, f: Array, step: Array, decrement: Array
) -> tuple[Array, Array]:
    """How far to go along each step, halved until the value is low enough, and whether it ever is."""
    size, lower = np.ones(len(theta)), np.zeros(len(theta), dtype=bool)
    for _ in range(30):
        open_ = np.flatnonzero(~lower)
        new = take(objective, open_).at(theta[open_] + size[open_, None] * step[open_]).value
        rounding = ROUNDING * (1 + np.abs(f[open_]))
        lower[open_] = new <= f[open_] - SUFFICIENT * size[open_] * decrement[open_] + rounding
        if lower.all():
            break
        size[~lower] *= 0.5
    return size, lower

"""Restrictions and definitions of a parameter table, as functions of the parameters.

Linear equalities leave an affine space θ = θ₀ + K α in which the model is estimated; all
others, and inequalities, go to a constrained optimiser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.expression import Dual, evaluate, names
from bouwen.sem.model.statements import Constraint
from bouwen.sem.model.table import ModelError, ParTable, known_labels


@dataclass(frozen=True)
class Restrictions:
    """What a table demands of its parameter vector θ (q,) beyond equal labels."""

    table: ParTable

    def _known(self, theta: Array) -> dict[str, Dual]:
        """Labels and definitions with their gradients, at θ (..., q)."""
        q = self.table.n_free
        unit = np.eye(q)
        known = {}
        for label, row in known_labels(self.table.rows).items():
            if label not in self._used:
                continue
            if row.free >= 0:
                known[label] = Dual(theta[..., row.free], unit[row.free])
            else:
                known[label] = Dual(np.asarray(row.value, dtype=float), np.zeros(q))
        for name, formula in self.table.definitions:
            known[name] = evaluate(formula, known, q)
        return known

    @cached_property
    def _used(self) -> frozenset[str]:
        t = self.table
        formulas = [f for _, f in t.definitions]
        for c in (*t.equalities, *t.inequalities):
            formulas += [c.left, c.right]
        return frozenset(x.label for f in formulas for x in names(f))

    def definitions(self, theta: Array) -> tuple[Array, Array]:
        """Values (..., k) and Jacobian (..., k, q) of the defined parameters."""
        known = self._known(theta)
        return _stacked_duals([known[name] for name, _ in self.table.definitions], theta)

    def definitions_from_rows(self, rows: Array) -> Array:
        """Values (..., k) of the definitions when the rows of the table have other values (..., rows)."""
        place = {id(row): k for k, row in enumerate(self.table.rows)}
        none = np.zeros(0)
        known = {
            label: Dual(rows[..., place[id(row)]], none)
            for label, row in known_labels(self.table.rows).items()
            if label in self._used
        }
        for name, formula in self.table.definitions:
            known[name] = evaluate(formula, known, 0)
        return np.stack(
            [np.broadcast_to(known[n].value, rows.shape[:-1]) for n, _ in self.table.definitions], -1
        )

    def _differences(self, constraints: Sequence[Constraint], theta: Array) -> tuple[Array, Array]:
        known, q = self._known(theta), self.table.n_free
        out = []
        for c in constraints:
            left, right = evaluate(c.left, known, q), evaluate(c.right, known, q)
            sign = -1.0 if c.op == "<" else 1.0
            out.append(Dual(sign * (left.value - right.value), sign * (left.gradient - right.gradient)))
        return _stacked_duals(out, theta)

    @cached_property
    def linear(self) -> tuple[Constraint, ...]:
        """Equalities whose gradient is the same everywhere."""
        if not self.table.equalities:
            return ()
        rng = np.random.default_rng(7)
        points = rng.uniform(0.5, 2.0, (3, self.table.n_free))
        found = []
        for c in self.table.equalities:
            _, slopes = self._differences([c], points)
            if np.allclose(slopes, slopes[0], rtol=1e-12, atol=1e-12):
                found.append(c)
        return tuple(found)

    @cached_property
    def nonlinear(self) -> tuple[Constraint, ...]:
        """The other equalities."""
        return tuple(c for c in self.table.equalities if c not in self.linear)

    @cached_property
    def affine(self) -> tuple[Array, Array] | None:
        """θ₀ (q,) and K (q, k) with θ = θ₀ + K α for all linear equalities; None without any.

        Raises
        ------
        ModelError
            When the equalities contradict each other.
        """
        if not self.linear:
            return None
        q = self.table.n_free
        value, A = self._differences(self.linear, np.zeros(q))
        U, d, Vt = np.linalg.svd(A)
        rank = int((d > 1e-10 * max(1.0, d.max(initial=0.0))).sum())
        theta0 = -(Vt[:rank].T @ ((U.T @ value)[:rank] / d[:rank]))
        if not np.allclose(A @ theta0, -value, atol=1e-8):
            raise ModelError(
                "the == constraints of the model contradict each other, or only join fixed values"
            )
        return theta0, Vt[rank:].T

    @property
    def needs_optimiser(self) -> bool:
        """Whether there is more than linear equalities."""
        return bool(self.nonlinear or self.table.inequalities)

    def equalities(self, theta: Array) -> tuple[Array, Array]:
        """Values and Jacobian of the nonlinear equalities; zero where they hold."""
        return self._differences(self.nonlinear, theta)

    def slopes(self, theta: Array) -> Array:
        """Jacobian of all equalities, linear or not, in the order of the text."""
        return self._differences(self.table.equalities, theta)[1]

    def inequalities(self, theta: Array) -> tuple[Array, Array]:
        """Values and Jacobian of the inequalities; not negative where they hold."""
        return self._differences(self.table.inequalities, theta)


def _stacked_duals(duals: Sequence[Dual], theta: Array) -> tuple[Array, Array]:
    shape, q = theta.shape[:-1], theta.shape[-1]
    values = np.empty((*shape, len(duals)))
    slopes = np.empty((*shape, len(duals), q))
    for k, dual in enumerate(duals):
        values[..., k] = dual.value
        slopes[..., k, :] = dual.gradient
    return values, slopes

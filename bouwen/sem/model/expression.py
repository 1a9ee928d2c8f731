"""Formulas over parameter labels: their value and their exact derivatives.

Definitions (``indirect := a*b``) and constraints (``a == 2*b``) are small trees. A tree
is evaluated on arrays of any leading shape, so one call serves one fit or ten thousand
draws, and derivatives come from forward differentiation with dual numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bouwen.checks import Array

#: Functions a formula may call, with their derivatives.
FUNCTIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "abs": (np.abs, np.sign),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda x: -np.sin(x)),
    "tan": (np.tan, lambda x: 1 / np.cos(x) ** 2),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float

    def __str__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A parameter label, or the name of an earlier definition."""

    label: str
    column: int = 0
    line: int = 0

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True, slots=True)
class Negate:
    """Minus an expression."""

    operand: Expression

    def __str__(self) -> str:
        return f"-{_within(self.operand, 3)}"


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions joined by ``+ - * / ^``."""

    op: str
    left: Expression
    right: Expression

    def __str__(self) -> str:
        rank = _RANK[self.op]
        left, right = (5, 3) if self.op == "^" else (rank, rank + 1)
        return f"{_within(self.left, left)} {self.op} {_within(self.right, right)}"


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function of `FUNCTIONS` applied to an expression."""

    function: str
    argument: Expression

    def __str__(self) -> str:
        return f"{self.function}({self.argument})"


Expression = Number | Symbol | Negate | Binary | FunctionCall


_RANK = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}  # how tightly an operator binds; a minus sign has 3


def _within(expression: Expression, least: int) -> str:
    """An operand as text, in parentheses where it binds less tightly than its place asks."""
    rank = 5
    if isinstance(expression, Binary):
        rank = _RANK[expression.op]
    elif isinstance(expression, Negate):
        rank = 3
    return str(expression) if rank >= least else f"({expression})"


@dataclass(frozen=True, eq=False, slots=True)
class Dual:
    """A value of shape (...) with its gradient (..., q)."""

    value: Array
    gradient: Array


def names(expression: Expression) -> Iterator[Symbol]:
    """Every name in an expression, left to right."""
    match expression:
        case Symbol():
            yield expression
        case Negate(operand):
            yield from names(operand)
        case Binary(_, left, right):
            yield from names(left)
            yield from names(right)
        case FunctionCall(_, argument):
            yield from names(argument)
        case Number():
            return


def evaluate(expression: Expression, known: Mapping[str, Dual], q: int) -> Dual:
    """Value and gradient of an expression.

    Parameters
    ----------
    expression : Expression
    known : mapping from label to Dual
        Values (...) and gradients (..., q) of all names in the expression.
    q : int
        Length of the gradient, needed where the expression names nothing.

    Notes
    -----
    The chain rule, forward: Rall (1981), *Automatic differentiation*.
    Division by zero and logarithms of negative numbers give infinities and NaN, as in R.
    """
    with np.errstate(all="ignore"):
        return _evaluate(expression, known, q)


def _evaluate(expression: Expression, known: Mapping[str, Dual], q: int) -> Dual:
    match expression:
        case Number(value):
            return Dual(np.asarray(value), np.zeros(q))
        case Symbol(label):
            return known[label]
        case Negate(operand):
            x = _evaluate(operand, known, q)
            return Dual(-x.value, -x.gradient)
        case FunctionCall(function, argument):
            x = _evaluate(argument, known, q)
            f, df = FUNCTIONS[function]
            return Dual(f(x.value), _scale(df(x.value), x.gradient))
        case Binary(op, left, right):
            x, y = _evaluate(left, known, q), _evaluate(right, known, q)
            if op == "+":
                return Dual(x.value + y.value, x.gradient + y.gradient)
            if op == "-":
                return Dual(x.value - y.value, x.gradient - y.gradient)
            if op == "*":
                return Dual(x.value * y.value, _scale(y.value, x.gradient) + _scale(x.value, y.gradient))
            if op == "/":
                ratio = x.value / y.value
                return Dual(ratio, _scale(1 / y.value, x.gradient - _scale(ratio, y.gradient)))
            power = np.power(x.value, y.value)
            slope = _scale(y.value * np.power(x.value, y.value - 1), x.gradient)
            if np.any(y.gradient):
                slope = slope + _scale(power * np.log(x.value), y.gradient)
            return Dual(power, slope)


def _scale(factor: Array, gradient: Array) -> Array:
    return np.asarray(factor)[..., None] * gradient

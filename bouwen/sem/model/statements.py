"""What a model text says: relations between variables, definitions and restrictions.

Each prints as text with the same meaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bouwen.sem.model.expression import Expression
from bouwen.sem.model.scanner import NAME


@dataclass(frozen=True, slots=True)
class Modifiers:
    """What stands before ``*``; each tuple has one entry, or one for each group.

    ``None`` inside ``fixed`` is a parameter set free (``NA*x``); an empty string inside
    ``labels`` is a group without label.
    """

    fixed: tuple[float | None, ...] = ()
    start: tuple[float | None, ...] = ()
    labels: tuple[str, ...] = ()
    equal: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = []
        if self.fixed:
            parts.append(_group_text(["NA" if v is None else repr(v) for v in self.fixed]))
        if self.start:
            parts.append(f"start({', '.join('NA' if v is None else repr(v) for v in self.start)})")
        if self.labels:
            parts.append(_group_text([label or "NA" for label in self.labels]))
        if self.equal:
            quoted = [f'"{key}"' for key in self.equal]
            parts.append(f"equal({', '.join(quoted)})")
        return "".join(part + "*" for part in parts)


def as_written(name: str) -> str:
    """A variable's name as a model text has it: in quotes where it has blanks or begins with a digit.

    >>> as_written("x1"), as_written("item 1"), as_written("2nd")
    ('x1', '"item 1"', '"2nd"')
    """
    if re.fullmatch(NAME, name):
        return name
    return f"'{name}'" if '"' in name else f'"{name}"'


def _group_text(entries: Sequence[str]) -> str:
    return entries[0] if len(entries) == 1 else f"c({', '.join(entries)})"


@dataclass(frozen=True, slots=True)
class Formula:
    """One relation between two variables (``rhs`` is empty for an intercept, ``~1``)."""

    lhs: str
    op: str
    rhs: str
    modifiers: Modifiers = Modifiers()
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if self.op == "~1":
            return f"{as_written(self.lhs)} ~ {self.modifiers}1"
        return f"{as_written(self.lhs)} {self.op} {self.modifiers}{as_written(self.rhs)}"


@dataclass(frozen=True, slots=True)
class Constraint:
    """A definition (``name := formula``) or a restriction (``formula == formula``)."""

    op: str
    left: Expression
    right: Expression
    line: int = 0
    column: int = 0
    text: str = ""
    """The right-hand side as written, without blanks."""

    def __str__(self) -> str:
        left = str(self.left)
        if left.startswith("-"):  # at the start of a line it would go on with the line before
            left = f"({left})"
        return f"{left} {self.op} {self.right}"


@dataclass(frozen=True, slots=True)
class ParsedModel:
    """The statements of a model text, in order; ``str`` gives a text with the same meaning."""

    formulas: tuple[Formula, ...]
    constraints: tuple[Constraint, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, (*self.formulas, *self.constraints)))

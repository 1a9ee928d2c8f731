"""Effect coding: the scale of a factor is that of its items on average, rather than that of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bouwen.checks import OptionError, UnknownOption, check_choice
from bouwen.sem.model.statements import Constraint
from bouwen.sem.model.syntax import parse_model

CODED = ("loadings", "intercepts")


class TableRow(Protocol):
    """A row of a parameter table."""

    @property
    def lhs(self) -> str:
        """What is on the left of its operator."""

    @property
    def op(self) -> str:
        """The operator."""

    @property
    def rhs(self) -> str:
        """What is on the right."""

    @property
    def free(self) -> int:
        """Its place among the parameters, or -1."""


def read_coding(given: bool | str | Sequence[str], *, std_lv: bool) -> tuple[str, ...]:
    """What is coded: both for True.

    Raises
    ------
    UnknownOption, OptionError
        Another word; together with factor variances of 1.
    """
    words = (CODED if given else ()) if isinstance(given, bool) else given
    if not isinstance(words, (str, Sequence)):
        raise UnknownOption("effect_coding", given, ("True", "False", *CODED))
    found = (words,) if isinstance(words, str) else tuple(words)
    for word in found:
        check_choice("effect_coding", word, CODED)
    if found and std_lv:
        raise OptionError("effect_coding= and std_lv=True both give factors their scale; leave one out")
    return found


def effect_constraints(
    rows: Sequence[TableRow], n_groups: int, observed: Sequence[str], coded: Sequence[str]
) -> tuple[Constraint, ...]:
    """Loadings of each factor with a mean of 1, and intercepts of its items that add up to 0, in each group.

    Rows that are equal over groups are constrained once.

    References
    ----------
    Little, Slegers & Card (2006), A non-arbitrary method of identifying and scaling latent variables in SEM
    and MACS models. Structural Equation Modeling 13.
    """
    size, texts = len(rows) // n_groups, []
    place = {(row.lhs, row.op, row.rhs): k for k, row in enumerate(rows[:size])}
    factors = dict.fromkeys(row.lhs for row in rows[:size] if row.op == "=~")
    for factor in factors:
        items = [row.rhs for row in rows[:size] if row.op == "=~" and row.lhs == factor]
        kinds = {"loadings": [place[factor, "=~", item] for item in items]}
        if all(item in observed and (item, "~1", "") in place for item in items):
            kinds["intercepts"] = [place[item, "~1", ""] for item in items]
        for kind, places in kinds.items():
            if kind not in coded:
                continue
            total = len(items) if kind == "loadings" else 0
            done = set()
            for g in range(n_groups):
                own = tuple(rows[k + g * size].free for k in places)
                if own not in done:
                    texts.append(" + ".join(f".p{k + g * size + 1}." for k in places) + f" == {total}")
                done.add(own)
    return parse_model("\n".join(texts)).constraints if texts else ()

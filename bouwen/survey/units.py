"""Answers and the key `unit:` -> which units are judged by whom, and whether they can be told apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping

import pandas as pd

from bouwen.survey.files import Part, repeated
from bouwen.survey.instrument import Instrument
from bouwen.survey.wordings import Name, unknown
from bouwen.survey.writing import Problem

FEWEST_UNITS = 10
"""Units below which what they have in common is not told; intervals of ten hold what they promise in
`benchmarks/simulations/units.csv`, where fewer were not tried."""


class UnitSpec(Part):
    """Which units a monitor reports on, and the two roles that judge each of them."""

    variable: Name
    """The background variable that names the unit which a respondent judges."""
    role: Name
    """The categorical background variable with the two roles that judge each unit."""
    case_mix: list[Name] = []
    """Categorical background variables in which units differ and for which scores are adjusted."""

    def problems(self) -> Iterator[Problem]:
        """One variable under two keys, and what is listed twice."""
        if self.variable == self.role:
            yield ("role",), f'"{self.role}" names the unit already; name the variable with the two roles.'
        yield from repeated(("case_mix",), self.case_mix, "variable")
        for i, name in enumerate(self.case_mix):
            if name in (self.variable, self.role):
                yield ("case_mix", i), f'"{name}" is the unit or its role; name a trait of respondents.'


def unit_name_problems(
    spec: UnitSpec | None, instrument: Instrument, levels: Mapping[str, Collection[str]]
) -> Iterator[Problem]:
    """A `unit:` that names no background variables, or a role that is not one of two."""
    if spec is None:
        return
    if spec.variable not in instrument.background:
        yield ("unit", "variable"), unknown("background variable", spec.variable, instrument.background)
    for where, name in ((("role",), spec.role), *((("case_mix", i), n) for i, n in enumerate(spec.case_mix))):
        if name not in levels:
            yield ("unit", *where), unknown("categorical background variable", name, levels)
    if spec.role in levels and len(levels[spec.role]) != 2:
        found = ", ".join(levels[spec.role])
        yield ("unit", "role"), f'two roles judge each unit, and "{spec.role}" has the levels {found}.'


def unit_sizes(responses: pd.DataFrame, spec: UnitSpec) -> pd.DataFrame:
    """Respondents by unit (rows) and role (columns); those who left either open count nowhere."""
    return pd.crosstab(responses[spec.variable], responses[spec.role], dropna=False).astype(int)


def reported_units(responses: pd.DataFrame, spec: UnitSpec, min_unit: int) -> pd.Series[bool]:
    """Which units have so many respondents in both roles, by name in alphabetical order."""
    return (unit_sizes(responses, spec) >= min_unit).all(axis=1)


def unit_problems_of(responses: pd.DataFrame, spec: UnitSpec | None, min_unit: int) -> Iterator[Problem]:
    """A unit in two spellings or in one role only, and fewer units than can be held against each other."""
    if spec is None:
        return
    names = sorted(responses[spec.variable].dropna().unique())
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.setdefault(bare_name(name), name)) != name:
            found = f'"{other}" and "{name}" are one unit in two spellings'
            yield ("unit", "variable"), f"{found}; write it in one way in the file of answers."
    sizes = unit_sizes(responses, spec)
    for name, counts in sizes.iterrows():
        lacking = [str(role) for role, count in counts.items() if count == 0]
        if lacking:
            found = f'"{name}" has no answers from the role "{lacking[0]}"'
            yield ("unit", "role"), f"{found}; add them, or take the unit out of the file of answers."
    enough = int((sizes >= min_unit).all(axis=1).sum())
    if enough < FEWEST_UNITS:
        found = f"units can be held against each other from {FEWEST_UNITS} on; {enough} have {min_unit}"
        yield ("unit", "variable"), f"{found} answers (min_unit) in each role."


def bare_name(name: str) -> str:
    """A name without case, accents, blanks and signs.

    >>> bare_name("Day-room  Één B.V.") == bare_name("dayroom een BV")
    True
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    return re.sub(r"[\W_]", "", "".join(c for c in plain if not unicodedata.combining(c)))

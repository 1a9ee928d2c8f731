"""Answers and the name of a variable -> who is nested with whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from bouwen.survey.instrument import Instrument
from bouwen.survey.register import RegisterSpec
from bouwen.survey.values import fold
from bouwen.survey.wordings import Name, unknown
from bouwen.survey.writing import Problem

NOT_NESTED = "none"


def name_or_none(value: object) -> object:
    """A bare no, or the word in capitals, as the word that says that respondents are not nested."""
    if value is False or (isinstance(value, str) and value.casefold() == NOT_NESTED):
        return NOT_NESTED
    return value


ClusterName = Annotated[Name, BeforeValidator(name_or_none)]


def cluster_name_problems(
    name: str | None, instrument: Instrument, register: RegisterSpec | None
) -> Iterator[Problem]:
    """A `cluster:` that is neither a background variable nor one that a register joins."""
    joined = (*register.columns, *register.classes) if register else ()
    known = tuple(dict.fromkeys((*instrument.background, *joined)))
    if name not in (None, NOT_NESTED, *known):
        yield ("cluster",), unknown("background variable", str(name), known)


def cluster_problems(responses: pd.DataFrame, name: str | None) -> Iterator[Problem]:
    """A `cluster:` that sets nobody apart, or puts nobody together."""
    if name in (None, NOT_NESTED):
        return
    values = cluster_values(responses, str(name)).dropna()
    instead = f'name another variable, or write "cluster: {NOT_NESTED}".'
    if values.nunique() < 2:
        yield ("cluster",), f'respondents do not differ in "{name}", so all would be one cluster; {instead}'
    elif not values.duplicated().any():
        yield ("cluster",), f'no two respondents share a value of "{name}", so nobody is nested; {instead}'


def cluster_of(responses: pd.DataFrame, name: str | None, register: RegisterSpec | None) -> str | None:
    """The variable in which respondents are nested: that of the study file, or else the register's.

    None where it is switched off, and where no two respondents share a value.
    """
    chosen = name or (register.variable if register else NOT_NESTED)
    if chosen == NOT_NESTED or chosen not in responses:
        return None
    return chosen if cluster_values(responses, chosen).dropna().duplicated().any() else None


def cluster_values(responses: pd.DataFrame, name: str) -> pd.Series:
    """What tells clusters apart: the code of the register's entry where there is one, else the value."""
    if f"{name}_code" in responses:
        return responses[f"{name}_code"]
    values = responses[name]
    return values.map(fold, na_action="ignore") if isinstance(values.dtype, pd.StringDtype) else values


def cluster_numbers(responses: pd.DataFrame, name: str) -> pd.Series:
    """Each respondent's cluster as a number from 0; who left it open is a cluster of their own."""
    codes, found = pd.factorize(cluster_values(responses, name))
    open_ = codes < 0
    codes[open_] = len(found) + np.arange(open_.sum())
    return pd.Series(codes, responses.index, name=name)

"""A study and its register -> whom the answers are about, beside all there are, and weights to match.

The register's classes and joined columns are compared. Levels whose counts are hidden elsewhere in the book
(see `bouwen.survey.disclosure.hidden`), and those that nobody names, count as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import Array
from bouwen.errors import BouwenError
from bouwen.survey.disclosure import hidden, level_counts
from bouwen.survey.finding import beside
from bouwen.survey.register import classify, read_register
from bouwen.survey.study import Study

TOGETHER = ""  # the level of all those that are too small to be shown
RAKING_ROUNDS = 500
MATCHED = 1e-8  # largest difference of a share from the register's


class NotRaked(BouwenError):
    """No weights bring the respondents to the register's shares."""


@dataclass(frozen=True, eq=False)
class Raked:
    """Weights with a mean of 1 under which respondents are distributed as the register is.

    Attributes
    ----------
    weights : Series (n,)
        By respondent; 1 for who names no entry. They are not trimmed.
    rounds : int
        Until every share was the register's.
    """

    weights: pd.Series[float]
    rounds: int

    @property
    def design_effect(self) -> float:
        """What they cost, see `design_effect`."""
        return design_effect(self.weights)


def design_effect(weights: pd.Series[float]) -> float:
    """What unequal weights cost: n Σw² / (Σw)², by which variances grow (Kish, 1965)."""
    w = weights.to_numpy()
    return float(len(w) * (w @ w) / w.sum() ** 2)


def register_strata(study: Study) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """The strata of respondents and of the register's entries, a column for each variable.

    None where the study has no register, or one without classes and columns. NaN for respondents who name no
    entry. Small levels are `TOGETHER`.
    """
    spec = study.file.register_
    if spec is None or not (spec.classes or spec.columns):
        return None
    table = read_register(beside(study.path, spec.file), spec).table
    entries = {name: classify(table[kind.column], kind).astype(object) for name, kind in spec.classes.items()}
    entries |= {name: table[name].astype(object) for name in spec.columns}
    named, everything = {}, {}
    for name, levels in entries.items():
        merged = {old: new for new, m in study.file.merge.get(name, {}).items() for old in m.levels}
        levels = levels.replace(merged)
        answers = study.responses[name].astype(object)
        order = study.levels(name) if name in study.categories else sorted(levels.dropna().unique(), key=str)
        counts = answers.value_counts().reindex(list(order), fill_value=0)
        if name in study.categories:  # as in tables of respondents, where the order of levels decides
            secret = level_counts(study, name)["secret"]
        else:
            secret = hidden(counts, study.settings.min_cell, study.settings.min_width)
        small = set(counts.index[secret])
        if small and not counts[list(small)].sum():  # nobody names them: they go with the smallest that is
            small.add(counts[counts > 0].idxmin())
        if len(counts) - len(small) + bool(small) < 2:
            continue
        named[name] = answers.where(~answers.isin(small), TOGETHER)
        everything[name] = levels.where(~levels.isin(small), TOGETHER)
    return (pd.DataFrame(named), pd.DataFrame(everything)) if named else None


def study_numbers(study: Study) -> dict[str, pd.Series[float]]:
    """Numbers that are known of respondents, by the variable that they stand for.

    Those of the register from which classes of respondents are made, by the name of the classification, and
    background variables of kind *number*. NaN for respondents of whom it is not known.
    """
    spec, found = study.file.register_, {}
    if spec is not None and spec.classes:
        table = read_register(beside(study.path, spec.file), spec).table
        codes = study.responses[f"{spec.variable}_code"]
        for name, kind in spec.classes.items():
            found[name] = codes.map(table[kind.column]).astype(float)
    for name, asked in study.instrument.background.items():
        if asked.kind == "number" and name in study.responses:
            found[name] = study.responses[name].astype(float)
    return found


def compare_with_register(study: Study) -> pd.DataFrame | None:
    """Shares of respondents and of the register's entries, by variable and level.

    Returns
    -------
    DataFrame or None
        variable level n share entries register: counts and shares of both. None without a register to compare
        with.
    """
    strata = register_strata(study)
    if strata is None:
        return None
    rows = []
    for name in map(str, strata[0]):
        n, entries = (part[name].dropna().value_counts() for part in strata)
        declared = [x for x in study.categories.get(name, sorted(entries.index)) if x and x in entries]
        for level in [*declared, TOGETHER] if TOGETHER in entries else declared:
            counts = (int(n[level]), n[level] / n.sum(), int(entries[level]), entries[level] / entries.sum())
            rows.append((name, level, *counts))
    return pd.DataFrame(rows, columns=["variable", "level", "n", "share", "entries", "register"])


def rake_to_register(study: Study) -> Raked | None:
    """Weights under which respondents have the register's shares of every variable; None without a register.

    Raises
    ------
    NotRaked
    """
    strata = register_strata(study)
    if strata is None:
        return None
    margins = {str(name): strata[1][name].value_counts(normalize=True) for name in strata[1]}
    complete = strata[0].dropna()
    raked = rake(complete, margins)
    return Raked(raked.weights.reindex(study.responses.index, fill_value=1.0), raked.rounds)


def rake(strata: pd.DataFrame, margins: Mapping[str, pd.Series[float]]) -> Raked:
    """Weights by iterative proportional fitting: variable after variable is brought to its shares.

    w ← w · target / (Σ w of the level / Σ w)

    Parameters
    ----------
    strata : DataFrame
        One row per respondent, a column for each variable.
    margins : mapping of variable to Series
        The share of each level.

    Raises
    ------
    NotRaked
        A level with a share has no respondent, or the shares cannot all be met.

    References
    ----------
    Deming & Stephan (1940), On a least squares adjustment of a sampled frequency table when the expected
    marginal totals are known. Annals of Mathematical Statistics 11.
    """
    codes, targets = [], []
    for name, target in margins.items():
        target = target[target > 0]
        code = pd.Index(target.index).get_indexer(strata[name])
        if len(np.unique(code[code >= 0])) < len(target) or (code < 0).any():
            raise NotRaked(
                f'the levels of "{name}" among respondents are not those of the shares; join levels'
            )
        codes.append(code)
        targets.append(target.to_numpy() / target.sum())
    w: Array = np.ones(len(strata))
    for rounds in range(1, RAKING_ROUNDS + 1):
        for code, wanted in zip(codes, targets, strict=True):
            w = w * (wanted * w.sum() / np.bincount(code, w))[code]
        off = [
            np.abs(np.bincount(code, w) / w.sum() - wanted).max()
            for code, wanted in zip(codes, targets, strict=True)
        ]
        if max(off, default=0.0) < MATCHED:
            return Raked(pd.Series(w / w.mean(), strata.index, name="weights"), rounds)
    raise NotRaked(
        f"raking did not settle in {RAKING_ROUNDS} rounds: combinations of levels that the shares need have "
        "no respondent; join small levels"
    )

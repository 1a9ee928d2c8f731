"""Whether measurement works alike in groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.groups import Invariance, Permutations, StudyInvariance
from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.given import check_given
from bouwen.report.tables.layout import lay_out, number_texts, pvalue_texts
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

Steps = Invariance | Permutations | StudyInvariance
LADDER = "an invariance ladder (bouwen.check_invariance, permutation_invariance or study_ladders)"


def invariance_table(
    steps: Steps | Mapping[str, StudyInvariance],
    study: Study | None = None,
    **options: Unpack[ReaderOptions],
) -> GT:
    """Fit of every step of every ladder, and what the step costs.

    With permutations the cost is the loss of plain CFI beside that of shuffled groups; without them it is the
    change of the CFI shown, and the test of the difference in chi-square.

    Parameters
    ----------
    steps : Invariance, Permutations, StudyInvariance or mapping from group to StudyInvariance
        From `bouwen.check_invariance`, `bouwen.permutation_invariance`, `bouwen.study_invariance` or
        `bouwen.study_ladders`. Groups without a ladder have no rows.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    ladders = ladders_of(steps)
    to = reader(study, **options)
    shuffled = {group: one for group, one in ladders.items() if isinstance(one, Permutations)}
    parts = [permuted_rows(to, group, one) for group, one in shuffled.items()]
    if not shuffled:
        parts = [tested_rows(to, group, one) for group, one in ladders.items() if isinstance(one, Invariance)]
    columns = pd.concat(parts) if parts else pd.DataFrame({"variable": [], "step": []})
    note = "invariance" if shuffled else "ladder"
    return lay_out(to, {str(key): columns[key] for key in columns}, rows="variable", note=note)


def ladders_of(steps: Steps | Mapping[str, StudyInvariance]) -> dict[str, Invariance | Permutations]:
    """The ladders by group, with permutations where there are any; a study's groups without one left out."""
    check_given(steps, (Invariance, Permutations, StudyInvariance, Mapping), LADDER)
    if isinstance(steps, Permutations):
        return {steps.invariance.group: steps}
    if isinstance(steps, Invariance):
        return {steps.group: steps}
    if isinstance(steps, StudyInvariance):
        steps = {steps.group: steps}
    for one in steps.values():
        check_given(one, StudyInvariance, LADDER)
    found = {group: one.permutations or one.invariance for group, one in steps.items()}
    return {group: one for group, one in found.items() if one is not None}


def step_fits(to: Reader, group: str, ladder: Invariance) -> pd.DataFrame:
    """The texts that every step has: what it holds equal, and how it fits."""
    fits = ladder.table()
    columns = {
        "variable": [to.group(group)] * len(fits),
        "step": [step_label(to, str(step)) for step in fits.index],
        "chisq": number_texts(to, fits["chisq"], 1),
        "df": [str(int(df)) for df in fits["df"]],
    }
    columns |= {key: number_texts(to, fits[key], 3) for key in ("cfi", "rmsea", "srmr")}
    return pd.DataFrame(columns)


def permuted_rows(to: Reader, group: str, permutations: Permutations) -> pd.DataFrame:
    """The steps of a ladder with the probability of so large a loss of CFI by chance."""
    found = permutations.table()
    chance = found[found["measure"] == "cfi"]
    solved = zip(chance["used"], chance["used"] + chance["failed"], strict=True)
    return step_fits(to, group, permutations.invariance).assign(
        cfi_change=[to.words.none, *number_texts(to, chance["observed"].iloc[1:], 3)],
        p_shuffled=pvalue_texts(to, chance["pvalue"]),
        solved=[f"{some}/{every}" for some, every in solved],
    )


def tested_rows(to: Reader, group: str, ladder: Invariance) -> pd.DataFrame:
    """The steps of a ladder with the test against the step before."""
    found = ladder.table()
    return step_fits(to, group, ladder).assign(
        cfi_change=number_texts(to, found["cfi_diff"], 3),
        chisq_diff=number_texts(to, found["chisq_diff"], 1),
        df_diff=number_texts(to, found["df_diff"], 0),
        p=pvalue_texts(to, found["pvalue_diff"]),
    )


def step_label(to: Reader, step: str) -> str:
    """A step as a reader names it."""
    return to.words(f"steps.{step}")

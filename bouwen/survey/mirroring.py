"""Two studies -> whether they are two sides of one thing, and which respondents speak of the same unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from bouwen.errors import BouwenError
from bouwen.survey.finding import beside, find_study
from bouwen.survey.nesting import NOT_NESTED, cluster_values
from bouwen.survey.study import Study, check_is_study, read_study
from bouwen.survey.values import fold


class NotMirrored(BouwenError):
    """Two studies that are not two sides of one thing; ``problem`` says why."""

    def __init__(self, study: Study, other: Study, problem: str) -> None:
        self.problem = problem
        super().__init__(f"{other.path}: is no mirror of {study.path}: {problem}")


def read_mirror(study: Study) -> Study | None:
    """The study of the other side that a study file names, in the language of the first; None without one.

    Raises
    ------
    BouwenError
        It cannot be read, or is no mirror of this one; see `check_mirror`.
    """
    if study.file.mirror is None:
        return None
    other = read_study(mirror_path(study))
    check_mirror(study, other)
    return other.in_language(study.language) if study.language in other.languages else other


def with_mirror(study: Study, path: str | Path) -> Study:
    """The study with another one as its other side, whatever its file names."""
    other = str(find_study(path).resolve())
    return replace(study, file=study.file.model_copy(update={"mirror": other}))


def mirror_path(study: Study) -> Path:
    """Where the study of the other side is."""
    path = beside(study.path, str(study.file.mirror))
    return path / "study.yml" if path.is_dir() else path


def check_mirror(study: Study, other: Study) -> None:
    """Whether two studies are two sides of one thing.

    Raises
    ------
    NotMirrored
        Their constructs, items, answer scales or structural models are not the same, they are answered from
        the same perspective, they name no unit in which respondents are nested, or share none.
    NotAStudy
    """
    check_is_study(study)
    check_is_study(other)
    if problem := next(mirror_problems(study, other), None):
        raise NotMirrored(study, other, problem)


def mirror_problems(study: Study, other: Study) -> Iterator[str]:
    """Why two studies are no mirror of each other."""
    if study.path.resolve() == other.path.resolve():
        yield "it is the same study; name that of the other side."
    if study.perspective == other.perspective:
        yield f'both are answered by "{study.perspective}"; a mirror needs two perspectives.'
    yield from instrument_differences(study, other)
    yield from unit_problems(study, other)


def instrument_differences(study: Study, other: Study) -> Iterator[str]:
    """Which constructs, items, answer scales or models one of two studies has otherwise."""
    ours, theirs = study.instrument.constructs, other.instrument.constructs
    advice = "let both studies use one instrument."
    for kind, first, second in (
        ("construct", set(ours), set(theirs)),
        ("item", set(study.instrument.items), set(other.instrument.items)),
    ):
        if alone := sorted(first ^ second):
            yield f"one side only has the {plural(kind, alone)}; {advice}"
            return
    moved = [name for name in ours if set(ours[name].items) != set(theirs[name].items)]
    if moved:
        yield f"other items belong to the {plural('construct', moved)}; {advice}"
    pairs = [(name, study.instrument.items[name], other.instrument.items[name]) for name in study.items]
    if turned := [name for name, one, two in pairs if one.reversed != two.reversed]:
        yield f"one side only reverses the {plural('item', turned)}; {advice}"
    scales = [
        (name, study.instrument.scale_of(name), other.instrument.scale_of(name)) for name in study.items
    ]
    ends = [n for n, a, b in scales if (a.lowest, a.highest, a.step) != (b.lowest, b.highest, b.step)]
    if ends:
        yield f"answer scales differ for the {plural('item', ends)}; {advice}"
    if study.model("structural") != other.model("structural"):
        yield f"their structural models differ; {advice}"


def plural(kind: str, names: list[str]) -> str:
    """Names with their kind before them."""
    return f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names)}"


def unit_problems(study: Study, other: Study) -> Iterator[str]:
    """Why it cannot be told which respondents of two studies speak of the same unit."""
    for one in (study, other):
        if unit_variable(one) is None:
            yield (
                f"{one.path} names no register and no cluster, so that nobody knows who speaks of the same; "
                "name one in both."
            )
            return
    ours, theirs = (set(unit_values(one).dropna()) for one in (study, other))
    first, second = (names_of_units(one) for one in (study, other))
    same_name = set(first) & set(second)
    if any(first[name] != second[name] for name in same_name):
        n = sum(first[name] != second[name] for name in same_name)
        yield (
            f"{n} units of the same name have another code in each, or a code in one only; let both studies "
            "name one register."
        )
    elif not ours & theirs:
        yield (
            f'no unit of "{unit_variable(study)}" here is one of "{unit_variable(other)}" there; check the '
            "files of answers and the registers."
        )


def unit_variable(study: Study) -> str | None:
    """The variable that says what respondents speak of: that of `cluster`, or of the register."""
    register = study.file.register_
    chosen = study.file.cluster or (register.variable if register else NOT_NESTED)
    return None if chosen == NOT_NESTED or chosen not in study.responses else str(chosen)


def unit_values(study: Study) -> pd.Series:
    """What tells units apart in both studies, as text; open where a respondent named none."""
    name = unit_variable(study)
    if name is None:
        return pd.Series(None, study.responses.index, dtype=object)
    return cluster_values(study.responses, name).astype(object).map(str, na_action="ignore")


def names_of_units(study: Study) -> dict[str, str]:
    """The unit that stands for each name, spelt as nobody would mind."""
    name = str(unit_variable(study))
    pairs = pd.DataFrame({"name": study.responses[name].astype(object), "unit": unit_values(study)}).dropna()
    return {fold(str(text)): unit for text, unit in zip(pairs["name"], pairs["unit"], strict=True)}


def shared_units(study: Study, other: Study) -> tuple[pd.Series, pd.Series]:
    """Each respondent's unit in two studies, numbered alike; who named none is a unit of their own."""
    ours, theirs = unit_values(study), unit_values(other)
    codes, found = pd.factorize(pd.concat([ours, theirs], ignore_index=True))
    open_ = codes < 0
    codes[open_] = len(found) + np.arange(open_.sum())
    return pd.Series(codes[: len(ours)], ours.index), pd.Series(codes[len(ours) :], theirs.index)

"""Levels as they were asked -> levels as a study compares them.

``recode`` says for which level a spelling in the file stands, before answers are read; ``merge`` counts some
levels as one, after what the register says has been joined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import pandas as pd
from pydantic import BeforeValidator, model_validator

from bouwen.survey.claimed import DifferenceEvidence
from bouwen.survey.files import Part
from bouwen.survey.instrument import Category, Instrument
from bouwen.survey.register import RegisterSpec, class_label
from bouwen.survey.values import fold, is_empty, number_in, text
from bouwen.survey.wordings import Name, Text, unknown
from bouwen.survey.writing import Location, Problem


def level_name(value: Any) -> Any:
    """The name of a level, a whole number included; what YAML makes of a bare No is refused."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError('a level of "merge" or "recode" must be a name; put a name such as "No" in quotes.')
    return str(value)


Level = Annotated[str, BeforeValidator(level_name, json_schema_input_type=str | int)]
Levels = Mapping[str, Mapping[str, Category]]


class MergedLevel(Part):
    """Levels that count as one: a list of their names, or a mapping that gives the new one a label too."""

    levels: list[Level]
    """The levels that count together."""
    label: Text | None = None
    """What a reader calls them; the labels of all of them without it."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        """What an editor accepts: a list of levels, or a mapping."""
        mapping = handler(schema)
        return {"anyOf": [mapping["properties"]["levels"], mapping]}

    @model_validator(mode="before")
    @classmethod
    def of_list(cls, given: Any) -> Any:
        """A list of levels -> the same without a label."""
        spec = {"levels": given} if isinstance(given, list) else given
        if not isinstance(spec, dict) or not isinstance(spec.get("levels"), list) or len(spec["levels"]) < 2:
            raise ValueError("takes a list of two levels or more, such as [small, middle].")
        return spec


Merge = dict[Name, dict[str | int, MergedLevel]]
Recode = dict[Name, dict[str | int, Level]]


def merged_categories(declared: Levels, merge: Merge, register: RegisterSpec | None) -> Levels:
    """The levels of every variable as a study compares them; a merged one stands where its first was."""
    found = {name: dict(levels) for name, levels in declared.items()}
    for name in merge.keys() & found.keys():
        new = new_names(merge[name])
        bounds = register.classes[name].bounds if register and name in register.classes else None
        labels = {
            str(level): merged_label(list(declared[name]), declared[name], spec, bounds)
            for level, spec in merge[name].items()
        }
        kept = dict.fromkeys(new.get(level, level) for level in declared[name])
        found[name] = {level: labels.get(level) or declared[name][level] for level in kept}
    return found


def new_names(merged: Mapping[str | int, MergedLevel]) -> dict[str, str]:
    """The merged level that each of its parts is counted in."""
    return {part: str(level) for level, spec in merged.items() for part in spec.levels}


def merged_label(
    order: list[str], levels: Mapping[str, Category], spec: MergedLevel, bounds: list[float] | None
) -> Category:
    """A merged level for a reader: its own label, the class that its classes make up, or all labels."""
    if spec.label is not None:
        return Category.model_validate(dict(spec.label.texts))
    places = sorted(order.index(level) for level in spec.levels)
    if bounds is not None and places == list(range(places[0], places[-1] + 1)):
        ends = [None, *bounds, None]
        return class_label(ends[places[0]], ends[places[-1] + 1])
    parts = [levels[order[place]] for place in places]
    codes = dict.fromkeys(code for part in parts for code in part.texts)
    return Category.model_validate({code: " + ".join(part[code] for part in parts) for code in codes})


def merge_levels(responses: pd.DataFrame, merge: Merge, categories: Levels) -> pd.DataFrame:
    """The responses with the merged levels in place of their parts."""
    merged = {}
    for name in merge:
        new = new_names(merge[name])
        answers = [level if is_empty(level) else new.get(level, level) for level in responses[name]]
        merged[name] = pd.Categorical(answers, categories=list(categories[name]), ordered=True)
    return responses.assign(**merged)


def recode_cells(
    raw: pd.DataFrame, recode: Recode, sources: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Cells with a level wherever the study says what a spelling stands for, and how many were changed.

    Parameters
    ----------
    raw : DataFrame
        Cells as `bouwen.survey.readers.read_tables` returns them.
    recode : mapping
        By variable the level of each spelling; case and blanks around make no difference.
    sources : mapping
        The column of each variable.

    Returns
    -------
    DataFrame and dict
        Cells recoded by variable, and how many of each.
    """
    changed, counts = {}, {}
    for name, spellings in recode.items():
        column, levels = sources.get(name), {fold(str(s)): level for s, level in spellings.items()}
        if column is not None:
            found = [level_of(cell, levels) for cell in raw[column]]
            cells = [new or cell for new, cell in zip(found, raw[column], strict=True)]
            changed[column] = pd.Series(cells, raw.index, dtype=object)
            counts[name] = sum(new is not None for new in found)
    return raw.assign(**changed), counts


def level_of(cell: Any, levels: Mapping[str, str]) -> str | None:
    """The level for which a spelling or a number stands; None where the study says nothing of it.

    >>> level_of(" Noord ", {"noord": "north"}), level_of("9,0", {"9": "other"}), level_of(None, {})
    ('north', 'other', None)
    """
    number = number_in(cell)
    coded = None if number is None else levels.get(text(number))
    return None if is_empty(cell) else levels.get(fold(text(cell)), coded)


def level_problems(
    merge: Merge, recode: Recode, declared: Levels, instrument: Instrument
) -> Iterator[Problem]:
    """Variables and levels that are not there, levels in two places, claims about levels that are gone."""
    for name, merged in merge.items():
        if name not in declared:
            yield ("merge", name), unknown("categorical background variable", name, declared)
        else:
            yield from merge_problems(("merge", name), merged, declared[name])
    asked = {name: variable.categories for name, variable in instrument.background.items()}
    for name, spellings in recode.items():
        if name in declared and name not in asked:
            problem = f'"{name}" follows from the register; correct what it holds, or merge classes.'
            yield ("recode", name), problem
        elif not asked.get(name):
            here = [variable for variable, levels in asked.items() if levels]
            yield ("recode", name), unknown("categorical background variable", name, here)
        else:
            yield from recode_problems(("recode", name), spellings, asked[name])
    yield from claim_problems(merge, instrument)


def merge_problems(
    where: Location, merged: Mapping[str | int, MergedLevel], levels: Mapping[str, Category]
) -> Iterator[Problem]:
    """What is wrong with the merged levels of one variable."""
    times = Counter(level for spec in merged.values() for level in spec.levels)
    for new, spec in merged.items():
        places = (*where, new)
        if str(new) in levels and str(new) not in spec.levels:
            yield places, f'"{new}" is a level already, and none of those merged; choose another name.'
        if not str(new).strip():
            yield places, "a merged level needs a name."
        for i, level in enumerate(spec.levels):
            if level not in levels:
                yield (*places, i), unknown(f"level of {where[-1]}", level, levels) + levels_there_are(levels)
            elif times[level] > 1:
                problem = f'the level "{level}" stands here more than once; it can be part of one level only.'
                yield (*places, i), problem


def recode_problems(
    where: Location, spellings: Mapping[str | int, str], levels: Mapping[str, Category]
) -> Iterator[Problem]:
    """What is wrong with the recoded spellings of one variable."""
    seen: dict[str, str] = {}
    for spelling, level in spellings.items():
        if level not in levels:
            yield (
                (*where, spelling),
                unknown(f"level of {where[-1]}", level, levels) + levels_there_are(levels),
            )
        elif seen.setdefault(fold(str(spelling)), level) != level:
            yield (*where, spelling), "this spelling already stands for another level; keep one."


def claim_problems(merge: Merge, instrument: Instrument) -> Iterator[Problem]:
    """Claims about a level that is merged with others, which nothing can be said about any more."""
    for name, claim in instrument.claims.items():
        for evidence in claim.evidence:
            if not isinstance(evidence, DifferenceEvidence):
                continue
            for new, spec in merge.get(evidence.group, {}).items():
                for level in sorted({evidence.higher, evidence.lower} & set(spec.levels)):
                    problem = f'the claim "{name}" is about the level "{level}"; merge others.'
                    yield ("merge", evidence.group, new), problem


def levels_there_are(levels: Mapping[str, Category]) -> str:
    """Which levels there are."""
    return f" Its levels are {', '.join(levels)}."

"""What was found in a file of answers -> what to write in the study so that it is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from bouwen.survey.asked import AnswerScale, Background
from bouwen.survey.columns import header_of
from bouwen.survey.directions import direction_of
from bouwen.survey.exports import folded_words, known
from bouwen.survey.form import ResponsesSpec
from bouwen.survey.headers import squeezed
from bouwen.survey.instrument import Instrument
from bouwen.survey.ladders import ascending
from bouwen.survey.proposals import Proposal
from bouwen.survey.readers import Raw
from bouwen.survey.responses import CODE_WITH_NUMBER, missing_of, type_column, with_number, without_missing
from bouwen.survey.rows import fit
from bouwen.survey.table import TableError
from bouwen.survey.values import as_seen, distinct, fold, is_empty, number_in, text

MOST_DIFFERENT = 500  # cells of a column that are looked at
LONGEST_ANSWER = 60  # letters of a text that is proposed as an answer
SEPARATORS = (";", "|", ", ", ",")
IN_BRACKETS = re.compile(r".*[\[(]\s*(.+?)\s*[\])]\s*")


def answer_proposals(
    cells: pd.DataFrame, sources: Mapping[str, str], instrument: Instrument, spec: ResponsesSpec, least: int
) -> list[Proposal]:
    """What to write in the instrument so that answers are read that it refuses.

    Texts are those of known lists, or were given by at least so many respondents.
    """
    refused: dict[str, Counter[Any]] = {}
    found: list[Proposal] = []
    for name, column in sources.items():
        codes = missing_of(name, instrument, spec.missing_codes)
        bad = refused_cells(without_missing(cells[column], codes), name, instrument)
        if not bad:
            continue
        if name in instrument.items:
            scale = instrument.constructs[instrument.construct_of(name)].answer_scale
            refused.setdefault(scale, Counter()).update(bad)
        elif name in instrument.background:
            found += background_proposals(name, bad, instrument.background[name], least)
    for scale, bad in refused.items():
        found += scale_proposals(scale, bad, instrument.answer_scales[scale], least)
    return found


def refused_cells(cells: pd.Series[Any], name: str, instrument: Instrument) -> Counter[Any]:
    """The different cells of a column that are no answers, and how often each stands there."""
    places, different = distinct(cells.to_list())
    counts = Counter(places.tolist())
    bad: Counter[Any] = Counter()
    for n, cell in enumerate(different[:MOST_DIFFERENT]):
        if not isinstance(cell, Hashable):  # a list, as Parquet may hold
            continue
        one = pd.Series([cell], cells.index[:1], name=cells.name, dtype=object)
        try:
            type_column(one, name, instrument)
        except TableError:
            bad[cell] += counts[n]
    return bad


def scale_proposals(name: str, bad: Mapping[Any, int], scale: AnswerScale, least: int) -> Iterator[Proposal]:
    """What to write under an answer scale: no answers, codes that stand for answers, steps."""
    where = ("answer_scales", name)
    missing, rest = told_missing(bad)
    missing = [code for code in missing if isinstance(code, str) or not scale.allows(float(code))]
    if missing:
        yield Proposal("instrument", (*where, "missing"), missing)
    numbers = [number for cell in rest if (number := number_in(cell)) is not None]
    if scale.step == 1 and any(n % 1 and scale.lowest <= n <= scale.highest for n in numbers):
        yield Proposal("instrument", (*where, "step"), "any")
    words = {text(cell): count for cell, count in rest.items() if number_in(cell) is None}
    if codes := codes_of(words, scale, least):
        yield Proposal("instrument", (*where, "codes"), codes)


def told_missing(bad: Mapping[Any, int]) -> tuple[list[Any], dict[Any, int]]:
    """Words and numbers that are known to mean no answer, and the cells that are left."""
    missing: list[Any] = []
    rest: dict[Any, int] = {}
    numbers, words = {float(n) for n in known()["no_answer_numbers"]}, folded_words("no_answer")
    for cell, count in bad.items():
        own = cell if number_in(cell) is not None else with_number(cell, {}, {})
        number = number_in(own)
        if number is not None and (number in numbers or fold(text(own)) in words):
            missing.append(int(number) if number.is_integer() else number)
        elif number is None and fold(text(cell)) in words:
            missing.append(text(cell))
        else:
            rest[cell] = count
    return list(dict.fromkeys(missing)), rest


def codes_of(words: Mapping[str, int], scale: AnswerScale, least: int) -> dict[str, int]:
    """What texts stand for: the number in A1, or the place on the ladder on which all of them are."""
    numbered = {word: CODE_WITH_NUMBER.fullmatch(word) for word in words}
    codes = {word: int(match[1]) for word, match in numbered.items() if match}
    if codes and len(codes) == len(words) and all(map(scale.allows, codes.values())):
        return dict(sorted(codes.items(), key=lambda pair: pair[1]))
    different = {fold(word): word for word in words}
    if len(different) != len(scale.codes) or any(
        count < least or len(word) > LONGEST_ANSWER for word, count in words.items()
    ):
        return {}
    order = ascending(different.values())
    answers = list(scale.codes)[:: -1 if direction_of(scale) < 0 else 1]
    return dict(sorted(zip(order, answers, strict=True), key=lambda pair: pair[1])) if order else {}


def background_proposals(
    name: str, bad: Mapping[Any, int], asked: Background, least: int
) -> Iterator[Proposal]:
    """What to write under a background variable: no answers, several at once, categories it lacks."""
    where = ("background", name)
    missing, rest = told_missing(bad)
    missing = [code for code in missing if isinstance(code, str) or not asked.allows(float(code))]
    if missing:
        yield Proposal("instrument", (*where, "missing"), missing)
    if asked.kind not in ("category", "multiple"):
        return
    words = {text(cell): count for cell, count in rest.items()}
    listed = {fold(word) for n, c in asked.categories.items() for word in (n, *c.texts.values())}
    sign = asked.separator if asked.kind == "multiple" else separator_of(words, listed)
    if asked.kind == "category" and sign:
        yield Proposal("instrument", (*where, "kind"), "multiple")
        if sign != asked.separator:
            yield Proposal("instrument", (*where, "separator"), sign)
    parts: Counter[str] = Counter()
    for word, count in words.items():
        for part in word.split(sign) if sign else [word]:
            parts[part.strip()] += count
    lacking = {
        part: part
        for part, count in parts.items()
        if part and fold(part) not in listed and number_in(part) is None
        and count >= least and len(part) <= LONGEST_ANSWER
    }  # fmt: skip
    if lacking:
        yield Proposal("instrument", (*where, "categories"), lacking)


def separator_of(words: Iterable[str], listed: set[str]) -> str:
    """The sign between several categories in one cell, if there are such."""
    for sign in SEPARATORS:
        cells = [word.split(sign) for word in words if sign in word]
        if any(fold(part) in listed for parts in cells for part in parts):
            return sign
    return ""


def column_proposals(raw: Raw, instrument: Instrument, spec: ResponsesSpec) -> list[Proposal]:
    """Which columns are which variables, as their names or wordings say, and that others are ignored."""
    header = header_of(raw, spec)
    required = [*instrument.items, *instrument.background]
    taken = {as_seen(name) for name in spec.named}
    names = {v: header.find(v) for v in (*required, *instrument.open_questions)}
    absent = [v for v in required if names[v] is None and v not in spec.columns.values()]
    free = [c for c in header.columns if as_seen(c) not in taken and c not in names.values()]
    pairs = [
        (column, variable)
        for variable in absent
        for column in free
        if is_written_alike(column, header.table.wordings.get(column, ()), variable, instrument)
    ]
    columns, variables = (Counter(pair[i] for pair in pairs) for i in (0, 1))
    sure = {c: v for c, v in pairs if columns[c] == variables[v] == 1}
    found = [Proposal("study", ("responses", "columns"), sure)] if sure else []
    left = [c for c in free if c not in sure and not header.passes_over(c, spec)]
    if left and set(absent) <= set(sure.values()):
        found.append(Proposal("study", ("responses", "ignore"), "others"))
    return found


def is_written_alike(column: str, said: Sequence[str], variable: str, instrument: Instrument) -> bool:
    """Whether a column has a variable's name, otherwise written, or the wording of its question."""
    names = {part for word in (column, *said) for part in forms_of(word)}
    if squeezed(variable) in {squeezed(name) for name in names}:
        return True
    worded: list[str] = []
    if variable in instrument.items:
        worded = [w for asked in instrument.items[variable].text.values() for w in asked.texts.values()]
    elif variable in instrument.background:
        worded = list(instrument.background[variable].label.texts.values())
    return bool({fold(word) for word in worded} & {fold(name) for name in names})


def forms_of(column: str) -> set[str]:
    """A name of a column, and its part after a group, within brackets, or after the question."""
    seen = as_seen(column)
    found = {seen, seen.rpartition("/")[2].strip(), seen.rpartition(" - ")[2].strip()}
    if match := IN_BRACKETS.fullmatch(seen):
        found.add(match[1])
    if (code := seen.partition(". "))[1]:
        found |= {code[0], code[2]}
    return found - {""}


def status_proposals(raw: Raw, spec: ResponsesSpec) -> list[Proposal]:
    """Rules by which known exports tell previews, tests and unfinished answers from those of respondents."""
    names = {as_seen(column).casefold(): column for column in raw.cells.columns}
    ruled = {as_seen(name).casefold() for name in (*spec.keep, *spec.drop, *spec.consent)}
    found: list[Proposal] = []
    for tool in known()["statuses"]:
        if not any(all(sign.casefold() in names for sign in signs) for signs in tool["signs"]):
            continue
        for key in ("keep", "drop"):
            for name, values in tool.get(key, {}).items():
                column = names.get(name.casefold())
                if column is None or name.casefold() in ruled:
                    continue
                if chosen := chosen_values(raw.cells[column], values, key):
                    value = chosen[0] if len(chosen) == 1 else chosen
                    found.append(Proposal("study", ("responses", key, as_seen(column)), value))
    return found


def chosen_values(cells: pd.Series[Any], values: Sequence[Any], key: str) -> list[Any]:
    """Those of known values that a rule needs: none where it would leave out nobody, or everybody."""
    different = [cell for cell in distinct(cells.to_list())[1] if not is_empty(cell)]
    there = [value for value in values if any(map(fit([value]), different))]
    if not there:
        return []
    fits = [fit(there)(cell) for cell in cells]
    there = there[:1] if key == "keep" else there
    return there if 0 < sum(fits) < len(fits) else []

"""A draft of a study -> the text of its files, with what only a person can give marked TODO."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bouwen.survey.batteries import Battery, Draft, Scale, shared_scales
from bouwen.survey.editing import as_yaml
from bouwen.survey.matching import code_text
from bouwen.survey.proposals import Proposal, yaml_lines
from bouwen.survey.questions import Question
from bouwen.survey.wordings import Perspective
from bouwen.survey.writing import MOST_LETTERS, MOST_OF_A_PASSAGE
from bouwen.words import Words, words

TODO = "# TODO:"
MOST_LEFT = 40  # columns that are listed as left out


@dataclass(frozen=True)
class Circumstances:
    """What is known of a study before its file is read."""

    title: str
    file: str
    perspective: Perspective
    language: str
    sheet: str | None = None


def instrument_text(draft: Draft, about: Circumstances) -> str:
    """The instrument file of a draft."""
    return "\n".join([*instrument_lines(draft, about)]) + "\n"


def instrument_lines(draft: Draft, about: Circumstances) -> Iterator[str]:
    """The lines of the instrument: scales, constructs, background, open questions, models."""
    scales = shared_scales(draft.batteries)
    yield f"title: {on_a_line(about.title)}"
    yield "perspectives:"
    yield f"  {about.perspective}: {as_yaml(about.perspective + 's')}  {TODO} who answered"
    yield "answer_scales:"
    for name, scale in scales.items():
        yield from scale_lines(name, scale)
    yield "constructs:"
    for battery in draft.batteries:
        name = next(name for name, scale in scales.items() if scale == battery.scale)
        yield from construct_lines(battery, name, about)
    if draft.background:
        yield "background:"
        for name, question in draft.background.items():
            yield from background_lines(name, question)
    if draft.open_questions:
        yield "open_questions:"
        for name, question in draft.open_questions.items():
            yield f"  {name}: {{text: {{{about.perspective}: {passage(question.wording)}}}}}"
    yield from model_lines(draft.batteries, words(about.language))


def scale_lines(name: str, scale: Scale) -> Iterator[str]:
    """An answer scale."""
    yield f"  {name}:{f'  {TODO} the file has no labels; are these its ends?' if scale.guessed else ''}"
    yield f"    lowest: {scale.lowest}"
    yield f"    highest: {scale.highest}"
    if not scale.whole:
        yield "    step: any"
    yield "    labels:"
    for code, label in scale.labels.items():
        yield f"      {code}: {on_a_line(label)}"
    if scale.codes:
        yield f"    codes: {as_yaml(scale.codes)}"
    if scale.missing:
        yield f"    missing: {as_yaml(list(scale.missing))}"


def construct_lines(battery: Battery, scale: str, about: Circumstances) -> Iterator[str]:
    """A construct with its items."""
    still_open = as_yaml(words(about.language)("drafted.open"))
    yield f"  {battery.name}:"
    yield "    proposed: true  # take this out once somebody has looked at it"
    yield f"    label: {on_a_line(battery.label)}  {TODO} what a reader calls it"
    yield f"    definition: {still_open}  {TODO} what it is"
    yield f"    source: {still_open}  {TODO} the published scale, or own items"
    yield f"    answer_scale: {scale}"
    yield "    items:"
    for name, question in battery.items.items():
        yield f"      {name}:"
        yield f"        text: {{{about.perspective}: {passage(question.wording)}}}"
        if name in battery.against:
            yield f"        reversed: true  {TODO} its answers go against the others; was it asked so?"


def background_lines(name: str, question: Question) -> Iterator[str]:
    """A fact about respondents."""
    yield f"  {name}:"
    yield f"    label: {on_a_line(question.wording)}"
    if question.kind == "number":
        yield "    kind: number"
    else:
        yield f"    kind: {'multiple' if question.kind == 'multiple' else 'category'}"
        if question.kind == "multiple" and question.separator != ";":
            yield f"    separator: {as_yaml(question.separator)}"
        yield "    categories:"
        for code, label in question.answers.items():
            words = on_a_line(label or str(code))
            told = words if isinstance(code, str) else f"{{und: {words}, code: {code}}}"
            yield f"      {as_yaml(short_text(code_text(code)))}: {told}"
    if question.missing:
        yield f"    missing: {as_yaml(list(question.missing))}"


def model_lines(batteries: Iterable[Battery], say: Words) -> Iterator[str]:
    """A factor for each construct, and the paths to the last of them."""
    names = [battery.name for battery in batteries]
    yield "models:"
    yield "  measurement:"
    yield f"    label: {as_yaml(say('drafted.factors'))}"
    yield "    syntax: |"
    for battery in batteries:
        yield f"      {battery.name} =~ {' + '.join(battery.items)}"
    if len(names) > 1:
        yield "  structural:"
        yield f"    label: {as_yaml(say('drafted.paths', name=names[-1]))}  {TODO} what leads to what"
        yield "    based_on: measurement"
        yield "    syntax: |"
        yield f"      {names[-1]} ~ {' + '.join(names[:-1])}"


def study_text(draft: Draft, about: Circumstances, rules: Iterable[Proposal]) -> str:
    """The study file of a draft."""
    outcome = draft.batteries[-1].name
    structural = "structural" if len(draft.batteries) > 1 else "measurement"
    lines = [
        f"title: {on_a_line(about.title)}  {TODO} the title of the book",
        f"about: {as_yaml(words(about.language)('drafted.open'))}  {TODO} what the study asks",
        f"authors: []  {TODO} who made it",
        "instrument: instrument.yml",
        f"perspective: {about.perspective}",
        f"language: {about.language}",
        "responses:",
        f"  file: {as_yaml(about.file)}",
        *([f"  sheet: {as_yaml(about.sheet)}"] if about.sheet else []),
        *([f"  id: {as_yaml(draft.id)}"] if draft.id else []),
        *column_lines(draft),
        "  ignore: others  # what the instrument does not use",
        *rule_lines(rules),
        *left_lines(draft.left),
        f"groups: []  {TODO} by which of these to compare: {', '.join(draft.background) or 'none'}",
        f"outcome: {outcome}  {TODO} the construct that the study explains",
        f"models: {{measurement: measurement, structural: {structural}}}",
    ]
    return "\n".join(lines) + "\n"


def column_lines(draft: Draft) -> Iterator[str]:
    """Which column is which variable, where the file calls it otherwise."""
    parts = [battery.items for battery in draft.batteries]
    every: dict[str, Question] = {}
    for part in (*parts, draft.background, draft.open_questions):
        every |= part
    named = {q.column: name for name, q in every.items() if q.column != name and not q.boxes}
    for name, question in every.items():
        named |= {column: f"{name}.{code_text(code)}" for column, code in question.boxes.items()}
    if named:
        yield "  columns:"
        yield from (f"    {as_yaml(column)}: {name}" for column, name in named.items())


def rule_lines(rules: Iterable[Proposal]) -> list[str]:
    """Who is kept and left out, as the tool's own columns tell."""
    return yaml_lines(list(rules), "study")[1:]


def left_lines(left: Iterable[Question]) -> Iterator[str]:
    """What was left out and why, as a comment."""
    reasons: Mapping[str, str] = {
        "metadata": "of the survey tool",
        "box": "a box whose question has a column of its own",
        "dates": "dates",
        "empty": "empty",
        "texts": "texts of many kinds",
        "rare texts": "answers that few gave",
        "numbers and texts": "numbers and texts in one column",
        "codes without a label": "codes without a label",
        "one answer": "one answer only",
    }
    found = [
        f"  #   {as_yaml(short_text(question.column))}: {reasons.get(question.why, 'alone on its scale')}"
        for question in left
    ]
    if found:
        yield "  # not used (add what is needed to the instrument):"
        yield from found[:MOST_LEFT]
        if len(found) > MOST_LEFT:
            yield f"  #   and {len(found) - MOST_LEFT} more"


def todos(*texts: str) -> list[str]:
    """What is left to decide, each kind once."""
    found = [line.partition(TODO)[2].strip() for text in texts for line in text.splitlines() if TODO in line]
    return list(dict.fromkeys(found))


def short_text(words: str) -> str:
    """A text that fits on a line of a study's files."""
    seen = " ".join(words.split())
    return seen if len(seen) <= MOST_LETTERS else seen[: MOST_LETTERS - 1] + "…"


def on_a_line(words: str) -> str:
    """The same, as it is written there."""
    return as_yaml(short_text(words) or "–")


def passage(words: str) -> str:
    """The wording of a question, as it is written there."""
    return as_yaml(" ".join(words.split())[:MOST_OF_A_PASSAGE] or "–")

"""Files of answers and an instrument -> one row a respondent, and what was left out on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from bouwen.survey.boxes import with_boxes_joined
from bouwen.survey.columns import match_columns, named_column
from bouwen.survey.directions import refuse_opposite
from bouwen.survey.form import ResponsesSpec
from bouwen.survey.instrument import AnswerScale, Background, Instrument
from bouwen.survey.levels import Recode, recode_cells
from bouwen.survey.proposals import Proposal
from bouwen.survey.readers import read_raw, refuse_controls
from bouwen.survey.responses import refuse_nothing_to_analyse, respondents, type_responses
from bouwen.survey.rows import LeftOut, respondents_of
from bouwen.survey.settling import answer_proposals, column_proposals, status_proposals
from bouwen.survey.table import Remark, TableError
from bouwen.survey.weighting import read_weights
from bouwen.survey.writing import Problem


@dataclass(frozen=True, eq=False)
class Answers:
    """Typed answers by respondent, the rows of the files they stand in, and what was changed or left out."""

    responses: pd.DataFrame
    places: pd.Index[str]
    recoded: Mapping[str, int]
    weights: pd.Series[float] | None
    left_out: tuple[LeftOut, ...]
    remarks: tuple[Remark, ...]
    proposals: tuple[Proposal, ...] = ()


def read_answers(
    paths: Sequence[Path],
    spec: ResponsesSpec,
    instrument: Instrument,
    recode: Recode,
    min_cell: int,
    weights: str | None = None,
) -> Answers:
    """Read the answers of a study; see `bouwen.survey.read_study` for what is refused."""
    also = [weights] if weights else []
    found = read_raw(paths, spec.reading(instrument), spec.patterns)
    proposed = status_proposals(found, spec)
    with proposing(lambda: column_proposals(found, instrument, spec)):
        if spec.wide_from is None:
            found, spec = with_boxes_joined(found, instrument, spec)
            match_columns(found, instrument, spec, also)  # before anybody is left out
        found, left_out = respondents_of(found, spec, min_cell)
        found, spec = with_boxes_joined(found, instrument, spec)
        sources = match_columns(found, instrument, spec, also)
    refuse_controls(found.cells, sources.values())
    raw, recoded = recode_cells(found.cells, recode, sources)
    with proposing(lambda: answer_proposals(raw, sources, instrument, spec, min_cell)):
        responses = type_responses(raw, sources, instrument, spec, min_cell)
    refuse_opposite(found, sources, instrument)
    refuse_nothing_to_analyse(paths[0], responses[list(instrument.items)])
    enough = responses[list(instrument.items)].notna().sum(axis=1) >= spec.min_answered
    if not enough.all():
        left_out = (*left_out, LeftOut("min_answered", "", int((~enough).sum())))
        raw, responses = raw[enough], responses[enough]
        refuse_nothing_to_analyse(paths[0], responses[list(instrument.items)])
    ids = respondents(raw, named_column(found, spec, spec.id))
    weighed = read_weights(replace(found, cells=raw), named_column(found, spec, weights), ids)
    told = (left_out, found.remarks, tuple(proposed))
    return Answers(responses.set_axis(ids), raw.index, recoded, weighed, *told)


@contextmanager
def proposing(settled: Callable[[], Sequence[Proposal]]) -> Iterator[None]:
    """Give a refusal what would settle it."""
    try:
        yield
    except TableError as error:
        error.proposals = (*error.proposals, *settled())
        raise


def missing_code_proposals(codes: Sequence[float | str], instrument: Instrument) -> list[Proposal]:
    """Numbers that mean no answer everywhere, told to each scale and variable of which they are none."""
    numbers = [code for code in codes if not isinstance(code, str)]
    found = []
    for kind, parts in (("answer_scales", instrument.answer_scales), ("background", instrument.background)):
        for name, part in parts.items():
            outside = [code for code in numbers if not part.allows(float(code))]
            if not part.missing and outside and len(outside) < len(numbers):
                found.append(Proposal("instrument", (kind, name, "missing"), outside))
    return found


def missing_code_problems(codes: Sequence[float | str], instrument: Instrument) -> Iterator[Problem]:
    """Numbers that mean no answer everywhere, and are an answer somewhere."""
    scales = {c.answer_scale for c in instrument.constructs.values()}
    found: dict[str, tuple[str, AnswerScale | Background]] = {
        **{
            name: ("answer scale", instrument.answer_scales[name])
            for name in sorted(scales & {*instrument.answer_scales})
        },
        **{name: ("background variable", part) for name, part in instrument.background.items()},
    }
    for i, code in enumerate(codes):
        for name, (kind, part) in found.items():
            if isinstance(code, str) or part.missing or not part.allows(float(code)):
                continue
            outside = [c for c in codes if not isinstance(c, str) and not part.allows(float(c))]
            problem = f'{code:g} is an answer of the {kind} "{name}" and cannot mean "no answer" everywhere; '
            example = f", such as missing: {outside}" if outside else ' as "missing"'
            problem += f'write under "{name}" in the instrument what does{example}.'
            yield ("responses", "missing_codes", i), problem
            break

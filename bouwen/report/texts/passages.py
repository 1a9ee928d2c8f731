"""Sentences and lists that depend on the study or its results."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Unpack

from bouwen.checks import check_known
from bouwen.escaping import in_markdown, listing_in_markdown, paragraphs_in_markdown
from bouwen.report.audience import ReaderOptions, reader
from bouwen.report.given import check_study
from bouwen.report.texts.wording import guarded_text, markdown, shown_path
from bouwen.sem import Fit, SamFit
from bouwen.survey import (
    NOT_SHOWN,
    REPORTED,
    Study,
    left_out_lines,
    level_counts,
    level_sizes,
    merged_lines,
)
from bouwen.version import __version__
from bouwen.words import words

if TYPE_CHECKING:
    from IPython.display import Markdown


def about_text(study: Study) -> Markdown:
    """What the study is, in its own words."""
    return markdown(paragraphs_in_markdown(study.file.about[study.language]))


def remarks_text(fit: Fit | SamFit, study: Study | None = None, **options: Unpack[ReaderOptions]) -> Markdown:
    """What is improper about a solution, or that nothing is.

    Parameters
    ----------
    fit : Fit or SamFit
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    say = reader(study, **options).words
    if not fit.warnings:
        return markdown(say("remarks.fine"))
    title = say("remarks.title")
    return markdown(
        f"**{title}**\n\n" + "\n".join(f"- {in_markdown(say.said(warning))}" for warning in fit.warnings)
    )


def too_few_text(study: Study, group: str, level: str) -> Markdown | None:
    """Why a group gets no estimates; nothing where it gets them."""
    check_known(f"level of {group}", level, study.levels(group))
    if level_sizes(study, group)["enough"][level]:
        return None
    say, shown = words(study.language), level_size_text(study, group, level)
    return markdown(say("passages.too_few", need=study.settings.min_group, n=shown))


def level_size_text(study: Study, group: str, level: str) -> str:
    """How many respondents a level has, where tables of its variable show it."""
    check_known(f"level of {group}", level, study.levels(group))
    shown = str(level_counts(study, group)["text"][level])
    return words(study.language)("levels.unshown") if shown == NOT_SHOWN else shown


def levels_text(study: Study) -> Markdown | None:
    """Who was left out, which levels count together, what was recoded; nothing where none were."""
    check_study(study)
    say = words(study.language)
    lines = [*left_out_lines(study, say), *merged_lines(study, say)]
    for variable, count in study.recoded.items():
        shown = guarded_text(study, count, int(study.responses[variable].count()))
        lines.append(say("levels.recoded", variable=study.group_label(variable), count=shown))
    return markdown("\n".join(f"- {in_markdown(line)}" for line in lines)) if lines else None


def open_questions_text(study: Study) -> Markdown:
    """The open questions as they were put."""
    questions = study.instrument.open_questions.values()
    lines = [f"- {in_markdown(question.text[study.perspective][study.language])}" for question in questions]
    return markdown("\n".join(lines) or words(study.language)("passages.no_open_questions"))


def models_text(study: Study) -> Markdown:
    """Every model of the instrument in full."""
    parts = [
        f"**{in_markdown(model.label[study.language])}**\n\n"
        + listing_in_markdown(study.instrument.model_syntax(name))
        for name, model in study.instrument.models.items()
    ]
    return markdown("\n\n".join(parts))


def report_text(study: Study, *keys: str) -> Markdown | None:
    """What the researchers tell of their study under ``report:``, in their own words.

    Parameters
    ----------
    study : Study
    *keys : str
        Such as ``"recruitment"``; without any all that they tell, or which keys are theirs to fill in.
    """
    check_study(study)
    for key in keys:
        check_known("key of report:", key, REPORTED)
    say, told = words(study.language), study.file.report.told
    parts = [
        f"**{say(f'report.{key}')}**\n\n{paragraphs_in_markdown(told[key][study.language])}"
        for key in keys or REPORTED
        if key in told
    ]
    if not parts and not keys:
        parts = [say("report.nothing", keys=", ".join(f"`{key}`" for key in REPORTED))]
    return markdown("\n\n".join(parts)) if parts else None


def how_to_rerun_text(study: Study) -> Markdown:
    """The commands that make this book again."""
    path = shlex.quote(shown_path(study))
    commands = [
        "make book",
        f".venv/bin/bouwen build {path}",
        f".venv/bin/papermill book/scales.ipynb scales.ipynb -p study {path}",
    ]
    listing = listing_in_markdown("\n".join(commands), "bash")
    return markdown(f"{words(study.language)('passages.rerun')}\n\n{listing}")


def how_to_cite_text(study: Study) -> Markdown:
    """How to cite the study and the program."""
    say = words(study.language)
    own = [say("passages.study", citation=in_markdown(study.citation))] if study.citation else []
    return markdown("\n\n".join([*own, say("passages.program", version=__version__)]))

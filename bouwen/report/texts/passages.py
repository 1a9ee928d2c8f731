"""Sentences and lists that depend on the study or its results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bouwen.report.texts.wording import guarded, markdown, shown_path
from bouwen.sem import Fit
from bouwen.survey import Study
from bouwen.version import __version__

if TYPE_CHECKING:
    from IPython.display import Markdown


def about(study: Study) -> Markdown:
    """What the study is, in its own words."""
    return markdown(study.file.about[study.language])


def remarks(study: Study, fit: Fit) -> Markdown:
    """What is improper about a solution, or that nothing is."""
    if not fit.warnings:
        fine = {
            "en": "No estimate is improper: no negative variance, no correlation beyond one.",
            "nl": "Geen schatting is onmogelijk: geen negatieve variantie, geen correlatie boven één.",
        }
        return markdown(fine[study.language])
    title = {"en": "Remarks on the solution", "nl": "Opmerkingen bij de oplossing"}[study.language]
    return markdown(f"**{title}**\n\n" + "\n".join(f"- {warning}" for warning in fit.warnings))


def too_few(study: Study, group: str, level: str) -> Markdown | None:
    """Why a group gets no estimates; nothing where it has enough respondents."""
    n = int((study.responses[group] == level).sum())
    if n >= study.settings.min_group:
        return None
    words = {
        "en": "Estimates need at least {need} respondents; this group has {n}. So there are no figures here: "
        "they would say more about chance, and about individual respondents, than about the group.",
        "nl": "Schattingen vragen ten minste {need} respondenten; deze groep heeft er {n}. Daarom staan "
        "hier geen cijfers: die zouden meer zeggen over toeval, en over individuele respondenten, dan over "
        "de groep.",
    }
    found = guarded(study, n)
    return markdown(words[study.language].format(need=study.settings.min_group, n=found))


def open_questions(study: Study) -> Markdown:
    """The open questions as they were put."""
    questions = study.instrument.open_questions.values()
    none = {"en": "No open questions were asked.", "nl": "Er zijn geen open vragen gesteld."}
    lines = [f"- {question.text[study.perspective][study.language]}" for question in questions]
    return markdown("\n".join(lines) or none[study.language])


def models(study: Study) -> Markdown:
    """Every model of the instrument in full."""
    parts = [
        f"**{model.label[study.language]}**\n\n```text\n{study.instrument.model_syntax(name)}\n```"
        for name, model in study.instrument.models.items()
    ]
    return markdown("\n\n".join(parts))


def how_to_rerun(study: Study) -> Markdown:
    """The commands that make this book again."""
    path = shown_path(study)
    words = {
        "en": "In a copy of the project, the first command makes the default book, the second this one, and "
        "the third runs a single chapter on this study.",
        "nl": "In een kopie van het project maakt de eerste opdracht het standaardboek, de tweede dit boek, "
        "en voert de derde één hoofdstuk uit op deze studie.",
    }
    commands = [
        "make book",
        f".venv/bin/bouwen build {path}",
        f".venv/bin/papermill book/scales.ipynb scales.ipynb -p study {path}",
    ]
    return markdown(f"{words[study.language]}\n\n```bash\n" + "\n".join(commands) + "\n```")


def how_to_cite(study: Study) -> Markdown:
    """How to cite the study and the program."""
    program = {
        "en": f"The program: *bouwen*, version {__version__} (GPL-3.0-or-later).",
        "nl": f"Het programma: *bouwen*, versie {__version__} (GPL-3.0-or-later).",
    }
    study_text = {"en": "The study: {}", "nl": "De studie: {}"}[study.language].format(study.citation)
    return markdown("\n\n".join([*([study_text] if study.citation else []), program[study.language]]))

"""A study -> its questionnaire in a file, and what the study file says of the answers that come back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bouwen.checks import check_choice
from bouwen.errors import BouwenError
from bouwen.questionnaire.pages import Sheet, sheet_of
from bouwen.survey import FileError, Proposal, Study, read_asked, yaml_lines

#: Formats, and how the name of their file ends.
FORMATS = {"limesurvey": ".txt", "xlsform": ".xlsx", "sav": ".sav", "word": ".docx", "pdf": ".pdf"}


class NotSent(BouwenError):
    """A questionnaire cannot be written; ``path`` is the file that stands in the way."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        super().__init__(f"{path}: {problem}")


@dataclass(frozen=True)
class Sent:
    """A questionnaire that was written, and what a study file says of the answers that come back."""

    path: Path
    languages: tuple[str, ...]
    questions: int
    proposals: tuple[Proposal, ...]

    def text(self) -> str:
        """What was written, and the lines for the study file that reads its answers."""
        made = f"{self.path} was written: {self.questions} questions in {', '.join(self.languages)}"
        lines = []
        for file, name in (("study", "the study file"), ("instrument", "the instrument")):
            if found := yaml_lines(self.proposals, file):
                lines += [f"to write in {name} that reads its answers:", *(f"  {line}" for line in found)]
        return "\n".join([made, *lines])


def write_questionnaire(
    study: str | Path, output: str | Path, *, to: str, language: str | None = None
) -> Sent:
    """Write the questionnaire of a study's side for a survey tool, for SPSS or for paper.

    Parameters
    ----------
    study : str or Path
        A ``study.yml``; its answers need not be there yet.
    output : str or Path
        The file to write: one that is not there yet, whose name ends as its format does (`FORMATS`).
    to : str
        ``limesurvey`` (tab-separated structure), ``xlsform`` (KoboToolbox, ODK), ``sav`` (SPSS, without
        answers), ``word`` or ``pdf``.
    language : str, optional
        Code of the only language. Without it that of the study comes first; survey tools get all others in
        which every text for this side is there as well.

    Raises
    ------
    NotSent
        The file is there already, or its name ends otherwise.
    BouwenError
        The study or its instrument is refused, or lacks texts in the language.
    """
    check_choice("format", to, tuple(FORMATS))
    path = Path(output)
    if path.suffix.lower() != FORMATS[to]:
        raise NotSent(
            path, f"a file for {to} ends in {FORMATS[to]}; name it {path.with_suffix(FORMATS[to]).name}."
        )
    asked = read_asked(study)
    sheet = sheet_of(asked, language)
    if path.exists():
        raise NotSent(path, "is there already; name another file, or remove it.")
    data, proposals, spoken = content(asked, sheet, to)
    written_new(path, data)
    return Sent(path, spoken, len(sheet.questions), tuple(proposals))


def content(study: Study, sheet: Sheet, to: str) -> tuple[bytes, list[Proposal], tuple[str, ...]]:
    """The bytes of a file, what a study file says of its answers, and the languages that it has."""
    from bouwen.questionnaire import limesurvey, paper, printing, spss, word, xlsform

    first = sheet.languages[:1]
    consent = consent_proposals(sheet, to)
    if to == "limesurvey":
        data = b"\xef\xbb\xbf" + limesurvey.lime_text(sheet).encode()
        return data, [*limesurvey.lime_proposals(sheet), *consent], sheet.languages
    if to == "xlsform":
        return xlsform.form_bytes(sheet), consent, sheet.languages
    if to == "sav":
        return spss.spss_bytes(sheet, no_answer(study)), [*spss.spss_proposals(sheet), *consent], first
    if to == "word":
        return word.document_bytes(paper.blocks_of(sheet), first[0]), [], first
    return printing.print_bytes(paper.blocks_of(sheet), sheet.title[first[0]]), [], first


def no_answer(study: Study) -> dict[str, list[Any]]:
    """The numbers that mean no answer, by item and background variable; SPSS takes three of them."""
    asked = study.instrument
    found = {name: [*asked.scale_of(name).missing, *item.missing] for name, item in asked.items.items()}
    found |= {name: list(fact.missing) for name, fact in asked.background.items() if fact.kind == "number"}
    return {n: [code for code in codes if not isinstance(code, str)][:3] for n, codes in found.items()}


def consent_proposals(sheet: Sheet, to: str) -> list[Proposal]:
    """That only who consented counts."""
    if sheet.consent is None:
        return []
    column, yes = sheet.consent.name, {"xlsform": "yes"}.get(to, 1)
    if to == "limesurvey":
        from bouwen.questionnaire.limesurvey import LimeNames

        column = LimeNames(sheet).questions[column]
    return [Proposal("study", ("responses", "consent"), {column: yes})]


def written_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, whole or not at all."""
    made = False
    try:
        with path.open("xb") as file:
            made = True
            file.write(data)
    except FileExistsError:
        raise NotSent(path, "is there already; name another file, or remove it.") from None
    except OSError as error:
        if made:
            path.unlink(missing_ok=True)
        raise FileError(path, f"cannot be written ({error.strerror}).") from None

"""A study -> its follow-up from another side: the same instrument, no answers yet, and the questionnaire."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bouwen.checks import check_known
from bouwen.questionnaire.sending import FORMATS, Sent, write_questionnaire
from bouwen.survey import Instrument, Study, beside, read_asked, read_instrument, refuse_occupied, write_new

TAKEN_OVER = ("authors", "language", "outcome", "predictor", "models", "settings", "analysis")


@dataclass(frozen=True)
class Followed:
    """A follow-up that was made: its study file, its questionnaire, and who is asked."""

    path: Path
    perspective: str
    sent: Sent

    def text(self) -> str:
        """What was made, and what is left to do."""
        return (
            f"{self.path} was made: the same instrument, asked of {self.perspective}\n"
            f"{self.sent.path} was written: {self.sent.questions} questions\n"
            f"left to decide (TODO in {self.path.name}): the title, and what the study asks\n"
            f"then send the questionnaire (bouwen questionnaire {self.path} --to …) and put the answers in "
            f"{self.path.parent / 'responses.csv'}"
        )


def follow_study(folder: str | Path, like: str | Path, perspective: str, *, to: str = "word") -> Followed:
    """Make the follow-up of a study: the same instrument from another side, without answers.

    Groups and a register stay where this side is asked what they are about; how a file of answers is
    read, and what was told of the former answers, do not.

    Parameters
    ----------
    folder : str or Path
        The folder of the new study, which is not there yet or empty.
    like : str or Path
        The study to follow up, whose answers are not read.
    perspective : str
        Who is asked now: a perspective of its instrument.
    to : str
        The format of the questionnaire that is written beside it, see `write_questionnaire`.

    Raises
    ------
    BouwenError
        The study is refused, its instrument has no such perspective, or the folder holds something; then
        nothing is written.
    """
    folder, before = Path(folder), read_asked(like)
    asked = read_instrument(before.instrument_path, [before.file.language])
    check_known("perspective", perspective, asked.perspectives)
    asked = asked.asked_from(perspective)
    refuse_occupied(folder, [])
    texts = {
        "study.yml": follow_up_text(folder, before, asked, perspective),
        "responses.csv": header_row(asked),
    }
    write_new(folder, texts)
    path = folder / "study.yml"
    sent = write_questionnaire(path, folder / f"questionnaire{FORMATS[to]}", to=to)
    return Followed(path, perspective, sent)


def follow_up_text(folder: Path, before: Study, asked: Instrument, perspective: str) -> str:
    """The study file of a follow-up."""
    given: dict[str, Any] = yaml.safe_load(before.path.read_text(encoding="utf-8-sig"))
    said: dict[str, Any] = {
        "title": given["title"],
        "about": given["about"],
        "instrument": seen_from(folder, before.instrument_path),
        "perspective": perspective,
        "responses": {"file": "responses.csv", "id": "respondent"},
    }
    facts = set(asked.background)
    register = given.get("register")
    if register and register["variable"] in facts:
        file = beside(before.path, register["file"])
        said["register"] = {**register, "file": seen_from(folder, file)}
        facts |= {*register.get("classes", ()), *register.get("columns", ())}
    said["groups"] = [group for group in given.get("groups", []) if group in facts]
    said |= {key: given[key] for key in TAKEN_OVER if key in given}
    head = "# TODO: title and about are those of the study that this one follows; say what this one asks.\n"
    return head + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=110)


def seen_from(folder: Path, path: Path) -> str:
    """A file as a study in a folder names it."""
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def header_row(asked: Instrument) -> str:
    """A file of answers with nobody in it."""
    out = io.StringIO()
    names = ["respondent", *asked.items, *asked.background, *asked.open_questions]
    csv.writer(out, lineterminator="\n").writerow(names)
    return out.getvalue()

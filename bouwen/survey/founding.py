"""A file of answers -> a new study: its files in a folder, checked, with what is left to decide."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bouwen.checks import OptionError
from bouwen.errors import BouwenError
from bouwen.survey.batteries import FEWEST_ITEMS, draft_of
from bouwen.survey.codebooks import read_codebook
from bouwen.survey.drafting import Circumstances, instrument_text, study_text, todos
from bouwen.survey.files import FileError
from bouwen.survey.form import ResponsesSpec
from bouwen.survey.matching import with_codebook
from bouwen.survey.questions import questions_in
from bouwen.survey.readers import read_raw
from bouwen.survey.settling import status_proposals
from bouwen.survey.study import read_study
from bouwen.survey.table import Reading
from bouwen.words import CODE, ENGLISH


class NotMade(BouwenError):
    """A study cannot be made; ``path`` is the folder or the file that stands in the way."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        super().__init__(f"{path}: {problem}")


@dataclass(frozen=True)
class Founded:
    """A study that was made: its file, its constructs and their items, and what is left to decide.

    ``refused`` is what reading it says, where the files do not fit yet.
    """

    path: Path
    constructs: Mapping[str, int]
    background: tuple[str, ...]
    todo: tuple[str, ...]
    refused: str = ""

    def text(self) -> str:
        """What was made, and what is left to decide."""
        named = ", ".join(f"{name} ({n} items)" for name, n in self.constructs.items())
        facts = f"background: {', '.join(self.background)}\n" if self.background else ""
        left = "".join(f"  - {one}\n" for one in self.todo)
        made = f"{self.path} was made\nproposed constructs: {named}\n{facts}"
        wrong = f"not read yet: {self.refused}\n" if self.refused else ""
        return f"{made}left to decide (TODO in the files):\n{left}{wrong}"


def new_study(
    folder: str | Path,
    source: str | Path,
    codebook: str | Path | None = None,
    *,
    sheet: str | None = None,
    perspective: str = "respondent",
    language: str = ENGLISH,
) -> Founded:
    """Make a study of a file of answers.

    Columns with the same answers that share a name or follow each other become items of a construct with
    ``proposed: true``; others facts about respondents, open questions, or a comment. Nothing that is there is
    written over, and where something is refused nothing is written.

    Parameters
    ----------
    folder : str or Path
        The folder of the study: one that is not there yet, or holds nothing but the file.
    source : str or Path
        The file of answers.
    codebook : str or Path, optional
        What the survey tool says of the questionnaire, see `bouwen.survey.codebooks.read_codebook`.
    sheet : str, optional
        The sheet of a workbook; the first that is shown without it.
    perspective : str
        Who answered, as a name.
    language : str
        Code of the language of the texts.

    Raises
    ------
    NotMade
        The folder holds something else, or no three columns have the same answers.
    BouwenError
        The file cannot be read.
    """
    folder, source = Path(folder), Path(source)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", perspective):
        raise OptionError(f'a perspective is a name of letters, digits and _; found "{perspective}"')
    if not re.fullmatch(CODE, language):
        raise OptionError(f'a language is named by its code, such as pt-BR; found "{language}"')
    refuse_occupied(folder, [source, *([Path(codebook)] if codebook else [])])
    raw = read_raw([source], Reading(sheet=sheet))
    asked = questions_in(raw)
    if codebook:
        asked = with_codebook(raw, asked, read_codebook(Path(codebook), language))
    draft = draft_of(raw, asked)
    if not draft.batteries:
        problem = f"no {FEWEST_ITEMS} columns have the same answers, so no scale can be told; "
        other = "name another sheet (--sheet), or " if source.suffix.lower() in (".xlsx", ".xls") else ""
        raise NotMade(source, f"{problem}{other}write the instrument by hand (docs/survey.md).")
    place = Path(os.path.relpath(source.resolve(), folder.resolve())).as_posix()
    about = Circumstances(title_of(folder), place, perspective, language, sheet)
    rules = status_proposals(raw, ResponsesSpec(file=[place]))
    texts = {"instrument.yml": instrument_text(draft, about), "study.yml": study_text(draft, about, rules)}
    todo = todos(texts["study.yml"], texts["instrument.yml"])
    write_new(folder, {**texts, "README.md": readme(about, todo)})
    constructs = {battery.name: len(battery.items) for battery in draft.batteries}
    path = folder / "study.yml"
    return Founded(path, constructs, tuple(draft.background), tuple(todo), refusal(path))


def refusal(path: Path) -> str:
    """What reading a study says where it is refused."""
    try:
        read_study(path)
    except BouwenError as error:
        return str(error)
    return ""


def title_of(folder: Path) -> str:
    """A title from the name of a folder."""
    name = folder.resolve().name.replace("_", " ").replace("-", " ").strip()
    return name[:1].upper() + name[1:] or "Study"


def refuse_occupied(folder: Path, given: list[Path]) -> None:
    """Raise `NotMade` unless a folder is free but for the files that a study is made of."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise NotMade(folder, "is a file; name a folder that is not there yet.")
    own = {path.resolve() for path in given}
    found = [path.name for path in sorted(folder.iterdir()) if path.resolve() not in own]
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise NotMade(folder, f'holds "{found[0]}"{more} already; name a folder that is empty or not there.')


def write_new(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files that are not there yet: all of them, or none."""
    made: list[Path] = []
    try:
        for parent in reversed([folder, *folder.parents]):
            if not parent.exists():
                parent.mkdir()
                made.append(parent)
        for name, text in texts.items():
            with (folder / name).open("x", encoding="utf-8", newline="\n") as file:
                made.append(folder / name)
                file.write(text)
    except OSError as error:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink()
        raise FileError(folder, f"cannot be written ({error.strerror}); nothing was.") from None


def readme(about: Circumstances, todo: list[str]) -> str:
    """What the folder holds, and what is to be done next."""
    steps = "".join(f"- [ ] {one}\n" for one in todo)
    return f"""\
# {about.title}

Made by `bouwen new` from `{about.file}`. `study.yml` says which answers, `instrument.yml` what was asked;
both are yours to change.

```bash
bouwen check study.yml
bouwen build study.yml
```

Left to decide (`TODO` in the files):

{steps}"""

"""The whole road from a study to its online book."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol, TextIO

from bouwen.errors import BouwenError
from bouwen.inputs import COPIES, copied, copy_inputs
from bouwen.report.audit import refuse_leaks
from bouwen.report.book.answers import refuse_answers
from bouwen.report.book.asking import gigabytes_asked, minutes_asked, time_limit
from bouwen.report.book.caching import digest, fingerprint_of, secret_of
from bouwen.report.book.chapters import (
    Notebook,
    Page,
    check_parameters,
    chosen,
    has_prose,
    pages,
    read_chapters,
)
from bouwen.report.book.places import clear_scratch, remedy
from bouwen.report.book.recording import record_of
from bouwen.report.book.rendering import Sphinx
from bouwen.report.book.running import Runner, run
from bouwen.report.book.site import assemble, digest_tree
from bouwen.report.book.startup import CAN_FORK
from bouwen.scales import check_models
from bouwen.survey import (
    ANALYSIS,
    Study,
    fallback,
    mirror_path,
    proposed_lines,
    read_mirror,
    read_study,
    screen,
    with_mirror,
)
from bouwen.words import MORE, added_files, words

CARRIED = Path(__file__).parents[2] / "shipped"  # the chapters in a wheel, see pyproject.toml


class OutputError(BouwenError):
    """The book cannot be written where it should go; ``path`` says where."""

    def __init__(self, path: Path | str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = Path(path)


class InputChanged(BouwenError):
    """A file of the study that was saved between its check and its copy; ``path`` names it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: was saved while the build began; start the build again.")
        self.path = path


class Listener(Protocol):
    """Follows a build; the command line shows what it hears."""

    def step(self, name: str) -> None:
        """A part of the work begins."""

    def plan(self, pages: int) -> None:
        """So many pages will be run or found kept."""

    def page(self, page: Page, event: str) -> None:
        """A page is ``"kept"``, ``"started"``, still ``"running"`` or ``"done"``."""


class Silence:
    """Listens without a word."""

    def step(self, name: str) -> None:
        """Say nothing."""

    def plan(self, pages: int) -> None:
        """Say nothing."""

    def page(self, page: Page, event: str) -> None:
        """Say nothing."""


def build(
    path: str | Path,
    *,
    output: str | Path | None = None,
    mirror: str | Path | None = None,
    parameters: Mapping[str, str] | None = None,
    jobs: int | None = None,
    timeout: float | None = None,
    warm: bool = CAN_FORK,
    listener: Listener | None = None,
) -> Path:
    """Build the online book of a study.

    Everything is checked first, chapters run in parallel and only where something changed, and the
    new book takes the place of the old one at the very end.

    Parameters
    ----------
    path : str or Path
        The study file.
    output : str or Path, optional
        Folder of the HTML; ``_build/<study>/html`` below the root of the project, or beside the study where
        the library was installed without one, if not given.
    mirror : str or Path, optional
        The study of the other side, instead of the one that the study file names, if it names one.
    parameters : mapping, optional
        Values for parameters that chapters declare, as text.
    jobs : int, optional
        Chapters that run at once; as many as there are processors if not given.
    timeout : float, optional
        Seconds that a chapter may take; in proportion to the study, and at least 600, if not given.
    warm : bool
        Fork kernels from one server that has imported the libraries.
    listener : Listener, optional
        Told about progress.

    Returns
    -------
    Path
        The page to open.

    Raises
    ------
    BouwenError
        The study, a chapter, a parameter or the place of the output is refused, or a page would show
        answers. The old book is still there.
    """
    listener = listener or Silence()
    listener.step("Checking")
    book = plan(path, parameters, mirror=mirror, jobs=jobs, timeout=timeout, warm=warm)
    target = Path(output).absolute() if output else book.work / "html"
    make_site(book, target, listener)
    return target / "index.html"


def make_site(book: Plan, target: Path, listener: Listener) -> dict[str, Notebook]:
    """Build what was planned; the executed notebooks, by page name, that it was made from."""
    with refusing_bad_output(target), locked(book.work), Sphinx() as sphinx:
        refuse_foreign(target)
        recover(target)
        clear_leftovers(book)
        notebooks = run_chapters(book, listener, sphinx.start)
        listener.step("Writing the site")
        sources = assemble(book.study, book.language, book.pages, notebooks, book.root, book.work / "source")
        stamp = digest([book.fingerprint, sources])
        if not is_current(target, stamp):
            for study in filter(None, (book.study, book.other)):
                refuse_answers(study, notebooks)
            refuse_leaks(
                book.study.in_language(book.language), {n: record_of(one) for n, one in notebooks.items()}
            )
            publish(book.work / "source", target, stamp, sphinx)
    return notebooks


@dataclass(frozen=True)
class Plan:
    """Everything that is known of a book before a chapter runs.

    ``root`` holds the chapters, ``work`` is the study's own folder below ``_build``, ``inputs`` has a hash
    of every file that was read. ``other`` is the study of the other side, and ``mirrored`` has a hash of
    every file of which that was read.
    """

    study: Study
    root: Path
    work: Path
    language: str
    pages: list[Page]
    runner: Runner
    inputs: Mapping[Path, str]
    other: Study | None = None
    mirrored: Mapping[Path, str] = field(default_factory=dict)

    @cached_property
    def fingerprint(self) -> str:
        """Stands for everything besides the chapters that determines the book."""
        return fingerprint_of([secret_of(self.work), *self.inputs.values()], self.root)


def with_analysis(study: Study, given: Mapping[str, str]) -> Study:
    """The study with what the parameters of one build say of its analysis."""
    texts = {name: text for name, text in given.items() if name in ANALYSIS}
    analysis = study.analysis.changed(texts, study.items)
    return replace(study, file=study.file.model_copy(update={"analysis": analysis}))


def plan(
    path: str | Path,
    parameters: Mapping[str, str] | None = None,
    *,
    mirror: str | Path | None = None,
    jobs: int | None = None,
    timeout: float | None = None,
    warm: bool = CAN_FORK,
) -> Plan:
    """Read and check a study, the chapters and the parameters (see `build`)."""
    study, inputs = read_settled(path)
    check_models(study)
    study = with_mirror(study, mirror) if mirror is not None else study
    other, mirrored = read_other(study)
    root = find_root(study.path)
    work = work_of(study.path, root)
    chapters = read_chapters(root)
    declared = {name for chapter in chapters.values() for name in chapter.declared}
    given = dict(parameters or {})
    own = {name: text for name, text in given.items() if name in declared or name not in ANALYSIS}
    values = check_parameters(chapters, own)
    study = with_analysis(study, given)
    chapters = chosen(chapters, study.analysis.chapters)
    values = {**values, **study.analysis.parameters}
    study = study.in_language(str(values.get("language", study.language)))
    jobs, timeout = jobs or os.cpu_count() or 1, timeout or time_limit(study)
    runner = Runner(root, work / "cache", jobs, timeout, warm)
    if other is not None:
        values["mirror"] = place_of(other, root)
    made = pages(study, chapters, values, study.language, place_of(study, root))
    both = digest(mirrored.values())
    made = [
        replace(page, depends=both) if "mirror" in chapters[page.chapter].declared else page for page in made
    ]
    return Plan(study, root, work, study.language, made, runner, inputs, other, mirrored)


def read_other(study: Study) -> tuple[Study | None, dict[Path, str]]:
    """The study of the other side, found to match, with a hash of every file that it was read from."""
    if study.file.mirror is None:
        return None, {}
    _, hashes = read_settled(mirror_path(study))
    return read_mirror(study), hashes


def read_settled(path: str | Path) -> tuple[Study, dict[Path, str]]:
    """A study, and a hash of every file that it was read from, while none of them was being saved."""
    before: dict[Path, str] = {}
    while True:
        began = time.time()
        study = read_study(path)
        files = (*study.files, *added_files())
        hashes = {file: digest([file.read_bytes()]) for file in files}
        if hashes == before or all(file.stat().st_mtime < began - 2 for file in files):
            return study, hashes
        before = hashes


def check_book(path: str | Path) -> str:
    """Read a study and its models; report on its answers and on chapters without prose in its language.

    Raises
    ------
    BouwenError
        See `bouwen.survey.read_study` and `bouwen.scales.check_models`.
    """
    study = read_study(path)
    check_models(study)
    read_mirror(study)
    try:
        chapters = read_chapters(find_root(study.path))
    except OutputError:
        chapters = {}
    if chapters:
        chosen(chapters, study.analysis.chapters)
    foreign = [name for name, chapter in chapters.items() if not has_prose(chapter.notebook, study.language)]
    say = words(study.language)
    lines = [fallback(say, "prose", foreign)] if foreign else []
    if chapters:
        minutes, memory = minutes_asked(study), gigabytes_asked(study)
        lines.append(say("screening.asks", minutes=say.number(minutes, 1), memory=say.number(memory, 1)))
    if names := [name for name, one in study.instrument.constructs.items() if one.proposed]:
        lines.append(say("screening.proposed", names=", ".join(names)))
    lines += proposed_lines(study.proposals, say)
    return screen(study).text() + "".join(f"  {line}\n" for line in lines)


def run_chapters(
    book: Plan, listener: Listener, begin: Callable[[], object] = lambda: None
) -> dict[str, Notebook]:
    """Executed notebooks by page name; only what changed is run, on one copy of the inputs.

    ``begin`` is called first where something changed.
    """
    listener.plan(len(book.pages))
    with copied_inputs(book) as inputs:
        runner = replace(book.runner, inputs=inputs)
        return run(book.pages, book.fingerprint, runner, listener.page, begin)


@contextmanager
def copied_inputs(book: Plan) -> Iterator[dict[str, str]]:
    """A copy of what a study was read from, and what says to a chapter that it is to read the copy.

    Raises
    ------
    InputChanged
        A file is not any more as it was when the study was read.
    """
    folder = book.work / "inputs"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        every = {**book.mirrored, **book.inputs}
        copy_inputs(every, folder)
        for path, before in every.items():
            if digest([copied(path, folder).read_bytes()]) != before:
                raise InputChanged(path)
        own = {MORE: str(copied(Path(os.environ[MORE]), folder))} if added_files() else {}
        yield {COPIES: str(folder.absolute()), **own}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def work_of(study_file: Path, root: Path) -> Path:
    """Where builds of a study work: below the root, or beside it where the chapters are the library's own."""
    file = study_file.resolve()
    return (file.parent if root == CARRIED else root) / "_build" / file.parent.name


def find_root(study_file: Path) -> Path:
    """The folder that holds the chapters: here, above here, above the study, around the library, or in it.

    Raises
    ------
    OutputError
        There is none.
    """
    above = [Path.cwd(), *Path.cwd().parents, *study_file.resolve().parents]
    candidates = [*above, Path(__file__).parents[3], CARRIED]
    for folder in candidates:
        if (folder / "_toc.yml").is_file() and (folder / "_config.yml").is_file():
            return folder
    raise OutputError(
        Path.cwd(), "holds no book (_toc.yml, _config.yml, book/), nor does the library; install it anew."
    )


def place_of(study: Study, root: Path) -> str:
    """The study file as seen from the root, which is where chapters run."""
    return Path(os.path.relpath(study.path.resolve(), root.resolve())).as_posix()


@contextmanager
def refusing_bad_output(target: Path) -> Iterator[None]:
    """Turn what the system says of a full disk or a closed folder into one sentence."""
    try:
        yield
    except OSError as error:
        raise OutputError(error.filename or target, f"cannot be written: {remedy(error)}.") from error


def refuse_foreign(target: Path) -> None:
    """Never replace a folder that is not a book of ours."""
    if target.is_dir() and any(target.iterdir()) and not (target / "_static" / "bouwen.css").exists():
        raise OutputError(target, "is a folder with other files; name an empty or new folder for the book.")
    if target.exists() and not target.is_dir():
        raise OutputError(target, "is a file; name a folder for the book.")


@contextmanager
def locked(work: Path) -> Iterator[None]:
    """Keep other builds of the same study out.

    The system lets go of the lock when the process ends, however it ends, so a lock is never stale.
    """
    work.mkdir(parents=True, exist_ok=True)
    with (work / ".lock").open("w") as file:
        try:
            take_lock(file)
        except OSError as error:
            raise OutputError(
                work, "another build of this study is running; wait until it has ended."
            ) from error
        yield


def take_lock(file: TextIO) -> None:
    """Lock a file for this process, or raise OSError if another holds it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def neighbour_of(target: Path, name: str) -> Path:
    """A hidden neighbour of the book's folder."""
    return target.with_name(f".{target.name}.{name}")


def recover(target: Path) -> None:
    """Put the old book back if a build died while swapping, and clear what it left."""
    old, new = neighbour_of(target, "old"), neighbour_of(target, "new")
    if old.exists() and not target.exists():
        old.rename(target)
    for leftover in (old, new):
        shutil.rmtree(leftover, ignore_errors=True)


def clear_leftovers(book: Plan) -> None:
    """Remove what a build of this study that was killed left outside the place of its book."""
    shutil.rmtree(book.work / "inputs", ignore_errors=True)
    clear_scratch(book.runner.cache)


def is_current(target: Path, stamp: str) -> bool:
    """Whether the book was made from these sources and nobody changed it since."""
    try:
        record = json.loads(neighbour_of(target, "json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return target.is_dir() and record == {"sources": stamp, "tree": digest_tree(target)}


def publish(source: Path, target: Path, stamp: str, sphinx: Sphinx) -> None:
    """Write the site neighbour_of the old one, swap the two and note what the new one was made from."""
    new = neighbour_of(target, "new")
    try:
        sphinx.render(source, new)
        neighbour_of(target, "json").unlink(missing_ok=True)
        swap(new / "html", target, neighbour_of(target, "old"))
    finally:
        shutil.rmtree(new, ignore_errors=True)
    record = {"sources": stamp, "tree": digest_tree(target)}
    neighbour_of(target, "json").write_text(json.dumps(record), encoding="utf-8")


def swap(new: Path, target: Path, old: Path) -> None:
    """Let the new book take the place of the old one, which is gone for no longer than a rename."""
    if target.exists():
        target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        if old.exists():  # not so for a first book
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)

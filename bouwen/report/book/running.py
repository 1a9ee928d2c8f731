"""Pages -> executed notebooks, several at a time, each run only when something changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import math
import os
import platform
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bouwen.errors import BouwenError
from bouwen.report.book.chapters import Notebook, Page, slug, source_of, tags_of
from bouwen.report.book.startup import ANSI, CAN_FORK, skip_address_grammar

if TYPE_CHECKING:
    from bouwen.report.book.kernels import ColdKernelManager

TIMEOUT = 600.0


class ChapterFailed(BouwenError):
    """A chapter that raised, printed a warning, hung or lost its kernel.

    ``chapter`` and ``cell`` (counted from 1; 0 if none was running) say where, ``error`` is the
    type of what was raised and ``traceback`` its text.
    """

    def __init__(self, page: Page, cell: int, error: str, message: str, traceback: str = "") -> None:
        where = page.name
        if cell:
            first_line = source_of(page.notebook["cells"][cell - 1]).strip().partition("\n")[0]
            where += f", cell {cell} ({first_line})"
        super().__init__(f"{where}: {error}: {message}" if message else f"{where}: {error}")
        self.chapter, self.cell, self.error, self.traceback = page.name, cell, error, traceback


@dataclass(frozen=True)
class Runner:
    """How to run pages.

    ``root`` is the working directory of the kernels, ``cache`` keeps executed notebooks, ``jobs``
    run at once, each for at most ``timeout`` seconds; ``warm`` forks kernels from one server and
    ``withhold`` takes respondents' answers out of a message.
    """

    root: Path
    cache: Path
    jobs: int = os.cpu_count() or 1
    timeout: float = TIMEOUT
    warm: bool = CAN_FORK
    withhold: Callable[[str], str] = str


Tell = Callable[[Page, str], None]


def run(
    pages: Sequence[Page], fingerprint: str, runner: Runner, tell: Tell = lambda page, event: None
) -> dict[str, Notebook]:
    """Executed notebooks by page name.

    Parameters
    ----------
    pages : sequence of Page
    fingerprint : str
        Stands for everything besides the pages that determines results (see `fingerprint_of`).
    runner : Runner
    tell : callable
        Called with a page and ``"kept"``, ``"started"`` or ``"done"``.

    Raises
    ------
    ChapterFailed
        For the first page that fails; the others are stopped.
    """
    done, todo = {}, {}
    for page in pages:
        key = digest([fingerprint, json.dumps(page.notebook, sort_keys=True)])
        if (kept := read_cached(runner.cache, page, key)) is not None:
            done[page.name] = kept
            tell(page, "kept")
        else:
            todo[key] = page
    if todo:
        done |= run_fresh(todo, runner, tell)
    return {page.name: done[page.name] for page in pages}


def run_fresh(todo: Mapping[str, Page], runner: Runner, tell: Tell) -> dict[str, Notebook]:
    """Run pages, given by cache key, and keep their results."""
    from bouwen.report.book.kernels import kernel_managers

    def run_one(key: str, page: Page) -> tuple[str, Notebook]:
        tell(page, "started")
        with own_event_loop():
            executed = execute(page, runner, managers)
        notebook = cleaned(executed, page, runner.root)
        write_cached(runner.cache, page, key, notebook)
        tell(page, "done")
        return page.name, notebook

    pool = ThreadPoolExecutor(min(runner.jobs, len(todo)), thread_name_prefix="chapter")
    with tempfile.TemporaryDirectory(prefix="bouwen-") as scratch:
        try:
            with kernel_managers(Path(scratch), warm=runner.warm and len(todo) > 1) as managers:
                futures = [pool.submit(run_one, key, page) for key, page in todo.items()]
                return dict(first_failure_or_all(futures))
        finally:  # the kernels have ended, so what still runs fails at once
            pool.shutdown(cancel_futures=True)


@contextmanager
def own_event_loop() -> Iterator[None]:
    """Leave nothing of the event loop that jupyter_client keeps for a thread."""
    from jupyter_core.utils import ensure_event_loop

    try:
        yield
    finally:
        loop = ensure_event_loop()
        unfinished = asyncio.all_tasks(loop)
        for task in unfinished:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*unfinished, return_exceptions=True))
        loop.close()


def first_failure_or_all(futures: Iterable[Future[tuple[str, Notebook]]]) -> Iterator[tuple[str, Notebook]]:
    """The results of all futures, or the exception of the first that failed."""
    finished, _ = wait(futures, return_when=FIRST_EXCEPTION)
    for future in sorted(finished, key=lambda future: future.exception() is None):
        yield future.result()


def execute(page: Page, runner: Runner, managers: type[ColdKernelManager]) -> Notebook:
    """Run one page with papermill.

    Raises
    ------
    ChapterFailed
        It raised, wrote to stderr, ran too long or its kernel died.
    """
    skip_address_grammar()
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what goes wrong is raised as well
    running = 0

    def note_cell(cell: Notebook, cell_index: int) -> None:
        nonlocal running
        running = cell_index + 1

    deadline = time.monotonic() + runner.timeout
    try:
        executed = papermill.execute_notebook(
            nbformat.from_dict({**page.notebook, "metadata": METADATA}),  # type: ignore[no-untyped-call]
            None,
            progress_bar=False,
            kernel_manager_class=managers,
            resources={"metadata": {"path": str(runner.root)}},
            timeout_func=lambda cell: max(1, math.ceil(deadline - time.monotonic())),
            on_cell_start=note_cell,
            shutdown_kernel="immediate",
        )
    except papermill.PapermillExecutionError as error:
        message = runner.withhold(error.evalue)
        traceback = runner.withhold(ANSI.sub("", "\n".join(error.traceback)))
        raise ChapterFailed(page, error.cell_index + 1, error.ename, message, traceback) from None
    except CellTimeoutError as error:
        problem = f"ran longer than {runner.timeout:g} seconds (see --timeout)"
        raise ChapterFailed(page, running, "Timeout", problem) from error
    except (DeadKernelError, RuntimeError, OSError) as error:
        raise ChapterFailed(page, running, "DeadKernel", f"its kernel died ({error})") from error
    refuse_warnings(page, executed, runner)
    return executed  # type: ignore[no-any-return]


def refuse_warnings(page: Page, executed: Notebook, runner: Runner) -> None:
    """Stop at a cell that wrote to stderr: a warning in a book is for the author, not for readers."""
    for number, cell in enumerate(executed["cells"], 1):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise ChapterFailed(page, number, "Warning", runner.withhold(output["text"].strip()))


def cleaned(executed: Notebook, page: Page, root: Path) -> Notebook:
    """The executed notebook without times, random ids, object addresses and places on this machine."""
    cells = []
    for number, cell in enumerate(json.loads(json.dumps(executed["cells"]))):
        metadata = {key: cell["metadata"][key] for key in sorted(cell["metadata"]) if key not in FLEETING}
        outputs = {"outputs": [cleaned_output(o, root) for o in cell["outputs"]]} if "outputs" in cell else {}
        source = {"source": without_place(cell["source"])} if "parameters" in tags_of(cell) else {}
        cells.append({**cell, **source, **outputs, "id": cell_id(page.name, number), "metadata": metadata})
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def without_place(source: str) -> str:
    """A parameters cell that does not say where on this machine a study outside the project is.

    >>> without_place('study = "../../home/jan/mine/study.yml"')
    'study = "mine/study.yml"'
    """
    return re.sub(r'"\.\./[^"]*?([^/"]+/[^/"]+)"', r'"\1"', source)


def cleaned_output(output: dict[str, Any], root: Path) -> dict[str, Any]:
    """One output with every text in it cleaned; figures are left alone."""
    if "text" in output:
        return {**output, "text": cleaned_text(output["text"], root)}
    data = {
        mime: cleaned_text(content, root) if mime in TEXTS and isinstance(content, str) else content
        for mime, content in output.get("data", {}).items()
    }
    return {**output, "data": data}


def cleaned_text(text: str, root: Path) -> str:
    """A text without object addresses and without the path of the root."""
    return ADDRESS.sub("0x0", text).replace(f"{root.resolve()}{os.sep}", "")


def cell_id(name: str, number: int) -> str:
    """A cell's fixed id: the notebook's own name and the cell's place from 0.

    >>> cell_id("book/sample", 3)
    'sample-03'
    """
    return f"{slug(Path(name).name)[:60]}-{number:02}"


def read_cached(folder: Path, page: Page, key: str) -> Notebook | None:
    """The kept result of a page, if it was made from the same things."""
    try:
        kept = json.loads(cache_file(folder, page).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return kept["notebook"] if kept["key"] == key else None


def write_cached(folder: Path, page: Page, key: str, notebook: Notebook) -> None:
    """Keep a result; a half-written file never takes the place of a whole one."""
    path = cache_file(folder, page)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"key": key, "notebook": notebook}, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def cache_file(folder: Path, page: Page) -> Path:
    """Where the result of a page is kept."""
    return folder / f"{page.name}.json"


def fingerprint_of(files: Iterable[Path], root: Path) -> str:
    """Stands for what determines every page: the study's files, the library, the lock and Python."""
    library = sorted(p for p in Path(__file__).parents[2].rglob("*") if p.suffix in (".py", ".yml"))
    lock = [path for path in [root / "requirements.lock"] if path.exists()]
    return digest([platform.python_version(), *(path.read_bytes() for path in [*files, *library, *lock])])


def digest(parts: Iterable[str | bytes]) -> str:
    """One hash of several parts, each counted with its length."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
FLEETING = {"papermill", "execution"}
TEXTS = {"text/plain", "text/html", "text/markdown", "text/latex"}
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")

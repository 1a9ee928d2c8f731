"""Pages -> executed notebooks, several at a time, each run only when something changed."""

from __future__ import annotations

import ast
import asyncio
import json
import logging
import math
import os
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bouwen.errors import BouwenError
from bouwen.escaping import slug
from bouwen.report.book.asking import LEAST_SECONDS
from bouwen.report.book.caching import digest, digest_of, read_cached, write_cached
from bouwen.report.book.chapters import Notebook, Page, source_of, tags_of
from bouwen.report.book.places import refuse_little_room, remedy, scratch_folder
from bouwen.report.book.startup import CAN_FORK, skip_address_grammar
from bouwen.report.book.watching import HELD_BACK, WARNED, line_of_cell

if TYPE_CHECKING:
    from bouwen.report.book.kernels import ColdKernelManager


QUIET = 120  # seconds that a machine with much to do may take to bring what a cell has shown


class ChapterFailed(BouwenError):
    """A chapter that raised, printed a warning, hung or lost its kernel.

    ``chapter`` and ``cell`` (counted from 1; 0 if none was running) say where, ``error`` is the
    type of what was raised and ``traceback`` the code that it went through. Neither holds answers.
    """

    def __init__(
        self, page: Page, cell: int, error: str, message: str, traceback: str = "", call: str = ""
    ) -> None:
        where = page.name
        if cell:
            first_line = source_of(page.notebook["cells"][cell - 1]).strip().partition("\n")[0]
            where += f", cell {cell} ({call or first_line})"
        super().__init__(f"{where}: {error}: {message}" if message else f"{where}: {error}")
        self.chapter, self.cell, self.error, self.traceback = page.name, cell, error, traceback


@dataclass(frozen=True)
class Runner:
    """How to run pages.

    ``root`` is the working directory of the kernels, ``cache`` keeps executed notebooks, ``jobs``
    run at once, each for at most ``timeout`` seconds; ``warm`` forks kernels from one server, and
    ``inputs`` says in a kernel's environment where the study's files are read.
    """

    root: Path
    cache: Path
    jobs: int = os.cpu_count() or 1
    timeout: float = LEAST_SECONDS
    warm: bool = CAN_FORK
    inputs: Mapping[str, str] = field(default_factory=dict)


Tell = Callable[[Page, str], None]


def run(
    pages: Sequence[Page],
    fingerprint: str,
    runner: Runner,
    tell: Tell = lambda page, event: None,
    begin: Callable[[], object] = lambda: None,
) -> dict[str, Notebook]:
    """Executed notebooks by page name.

    Parameters
    ----------
    pages : sequence of Page
    fingerprint : str
        Stands for everything besides the pages that determines results (see `fingerprint_of`).
    runner : Runner
    tell : callable
        Called with a page and ``"kept"``, ``"started"``, ``"running"`` (every minute) or ``"done"``.
    begin : callable
        Called before pages are run, if any are.

    Raises
    ------
    ChapterFailed
        For the first page that fails; the others are stopped.
    """
    done, todo = {}, {}
    for page in pages:
        key = digest([fingerprint, page.depends, page.name, json.dumps(page.notebook, sort_keys=True)])
        if (kept := read_cached(runner.cache, page, key)) is not None:
            done[page.name] = kept
            tell(page, "kept")
        else:
            todo[key] = page
    if todo:
        begin()
        done |= run_fresh(todo, runner, tell)
    return {page.name: done[page.name] for page in pages}


class Stopped(Exception):
    """A chapter that did not begin, or did not end, because another one failed."""


def run_fresh(todo: Mapping[str, Page], runner: Runner, tell: Tell) -> dict[str, Notebook]:
    """Run pages, given by cache key, the longest first, and keep their results."""
    from bouwen.report.book.kernels import kernel_managers

    refuse_little_room(min(runner.jobs, len(todo)))
    stop, running = threading.Event(), list[Page]()

    def run_one(key: str, page: Page) -> tuple[str, Notebook]:
        if stop.is_set():
            raise Stopped
        tell(page, "started")
        running.append(page)
        try:
            with own_event_loop():
                executed, reads = execute(page, runner, managers)
            notebook = cleaned(executed, page, runner.root)
            hashes = {path: digest_of(Path(path), key) for path in reads}
            write_cached(runner.cache, page, key, notebook, hashes)
        except BaseException:
            if stop.is_set():
                raise Stopped from None
            stop.set()
            raise
        finally:
            running.remove(page)
        tell(page, "done")
        return page.name, notebook

    def every_minute() -> None:
        for page in running.copy():
            tell(page, "running")

    in_order = sorted(todo.items(), key=lambda entry: -seconds_of(entry[1]))
    pool = ThreadPoolExecutor(min(runner.jobs, len(todo)), thread_name_prefix="chapter")
    with scratch_folder(runner.cache) as scratch:
        try:
            warm = runner.warm and len(todo) > 1
            with kernel_managers(scratch, warm=warm, inputs=runner.inputs) as managers:
                futures = [pool.submit(run_one, key, page) for key, page in in_order]
                return dict(first_failure_or_all(futures, every_minute))
        finally:  # the kernels have ended, so what still runs fails at once
            stop.set()
            pool.shutdown(cancel_futures=True)


def seconds_of(page: Page) -> float:
    """How long a chapter takes in the shipped study, as its metadata say; 0 where they do not."""
    return float(page.notebook.get("metadata", {}).get("bouwen", {}).get("seconds", 0))


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


def first_failure_or_all(
    futures: Collection[Future[tuple[str, Notebook]]],
    every_minute: Callable[[], None] = lambda: None,
    minute: float = 60.0,
) -> Iterator[tuple[str, Notebook]]:
    """The results of all futures, or the exception of the first that failed."""

    def rank(future: Future[tuple[str, Notebook]]) -> int:
        return 2 if future.exception() is None else int(isinstance(future.exception(), Stopped))

    while True:
        finished, unfinished = wait(futures, minute, return_when=FIRST_EXCEPTION)
        if not unfinished or any(future.exception() for future in finished):
            break
        every_minute()
    for future in sorted(finished, key=rank):
        yield future.result()


def execute(page: Page, runner: Runner, managers: type[ColdKernelManager]) -> tuple[Notebook, list[str]]:
    """Run one page with papermill; gives also the files that it opened.

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
    own = type("PageKernelManager", (managers,), {"deadline": deadline})
    try:
        executed = papermill.execute_notebook(
            nbformat.from_dict({**page.notebook, "metadata": METADATA}),  # type: ignore[no-untyped-call]
            None,
            progress_bar=False,
            kernel_manager_class=own,
            resources={"metadata": {"path": str(runner.root)}},
            timeout_func=lambda cell: max(1, math.ceil(deadline - time.monotonic())),
            iopub_timeout=QUIET,
            on_cell_start=note_cell,
            shutdown_kernel="immediate",
        )
    except papermill.PapermillExecutionError as error:
        raise ChapterFailed(
            page, error.cell_index + 1, error.ename, error.evalue, "\n".join(error.traceback)
        ) from None
    except CellTimeoutError as error:
        if time.monotonic() < deadline:
            problem = f"its kernel said nothing for {QUIET} seconds; close other programs or use --jobs 1"
            raise ChapterFailed(page, running, "DeadKernel", problem) from error
        problem = f"ran longer than {runner.timeout:g} seconds (see --timeout)"
        call = running_call(page, running, beside_kernel(own, ".stack"))
        raise ChapterFailed(page, running, "Timeout", problem, call=call) from error
    except (DeadKernelError, RuntimeError) as error:
        problem = "its kernel ended without a word; where memory ran out, use --jobs 1 or a larger machine"
        raise ChapterFailed(page, running, "DeadKernel", problem) from error
    except OSError as error:
        raise ChapterFailed(page, running, "DeadKernel", f"its kernel died ({remedy(error)})") from error
    refuse_warnings(page, executed)
    return executed, json.loads(beside_kernel(own, ".reads") or "[]")


def beside_kernel(manager: type[ColdKernelManager], ending: str) -> str:
    """What the kernel of a page left beside its connection file; nothing if it left nothing."""
    path = manager.connection.with_suffix(ending)
    return path.read_text(encoding="utf-8") if path.exists() else ""


def running_call(page: Page, cell: int, dump: str) -> str:
    """The innermost statement of a cell that was running, in one line; nothing if that is not known."""
    line = line_of_cell(dump)
    if line is None or not cell:
        return ""
    source = source_of(page.notebook["cells"][cell - 1])
    running = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    if not running:
        return ""
    said = " ".join((ast.get_source_segment(source, running[-1]) or "").split())
    return f"{said[:100]}…" if len(said) > 100 else said


def refuse_warnings(page: Page, executed: Notebook) -> None:
    """Stop at a cell that wrote to stderr: a warning in a book is for the author, not for readers.

    Only what the kernel wrote of a warning is shown, since the rest may hold answers.
    """
    for number, cell in enumerate(executed["cells"], 1):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                lines = [line for line in output["text"].splitlines() if line.strip()]
                warned = [line.removeprefix(WARNED) for line in lines if line.startswith(WARNED)]
                said = " ".join(warned) if len(warned) == len(lines) else f"wrote to stderr; {HELD_BACK}"
                raise ChapterFailed(page, number, "Warning", said)


def cleaned(executed: Notebook, page: Page, root: Path) -> Notebook:
    """The executed notebook without times, random ids, object addresses and places on this machine."""
    cells = []
    for number, cell in enumerate(json.loads(json.dumps(executed["cells"]))):
        metadata = {key: cell["metadata"][key] for key in sorted(cell["metadata"]) if key not in FLEETING}
        outputs = {"outputs": [cleaned_output(o, root) for o in shown(cell)]} if "outputs" in cell else {}
        source = {"source": without_place(cell["source"])} if "parameters" in tags_of(cell) else {}
        cells.append({**cell, **source, **outputs, "id": cell_id(page.name, number), "metadata": metadata})
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def shown(cell: Notebook) -> list[dict[str, Any]]:
    """The outputs of a cell that reach a reader: all, or of a hidden cell those that other cells refer to."""
    if not {"remove-cell", "remove-output"} & set(tags_of(cell)):
        return list(cell["outputs"])
    return [output for output in cell["outputs"] if "scrapbook" in output.get("metadata", {})]


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


METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
FLEETING = {"papermill", "execution"}
TEXTS = {"text/plain", "text/html", "text/markdown", "text/latex"}
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")

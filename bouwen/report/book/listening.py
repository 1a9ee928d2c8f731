"""What a build shows while it runs: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bouwen.report.book.building import Listener
from bouwen.report.book.chapters import Page


@contextmanager
def progress() -> Iterator[Listener]:
    """A listener that suits where stdout goes."""
    console = Console(highlight=False)
    if not console.is_terminal:
        yield Lines()
        return
    columns = (BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        yield Bar(bar)


class Bar:
    """One bar that names the running chapters behind it."""

    def __init__(self, bar: Progress) -> None:
        self.bar, self.task = bar, bar.add_task("", total=None)
        self.running: list[str] = []
        self.lock = threading.Lock()

    def step(self, name: str) -> None:
        """Show a part of the work."""
        self.bar.update(self.task, description=name)

    def plan(self, pages: int) -> None:
        """Give the bar its length."""
        self.bar.update(self.task, total=pages)

    def page(self, page: Page, event: str) -> None:
        """Name the running chapters and count the finished ones."""
        with self.lock:
            if event == "started":
                self.running.append(page.title)
            if event == "done":
                self.running.remove(page.title)
            finished = int(event in ("kept", "done"))
            self.bar.update(self.task, advance=finished, description=", ".join(self.running))


class Lines:
    """One line per event that takes time."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {}

    def step(self, name: str) -> None:
        """Print a part of the work."""
        print(name, flush=True)  # noqa: T201

    def plan(self, pages: int) -> None:
        """Lines need no length."""

    def page(self, page: Page, event: str) -> None:
        """Print a chapter that starts or is done, with its seconds."""
        if event == "started":
            self.began[page.name] = time.monotonic()
            print(f"  {page.name} ...", flush=True)  # noqa: T201
        elif event == "running":
            minutes = (time.monotonic() - self.began[page.name]) / 60
            print(f"  {page.name} still running after {minutes:.0f} min", flush=True)  # noqa: T201
        elif event == "done":
            seconds = time.monotonic() - self.began[page.name]
            print(f"  {page.name} done in {seconds:.1f} s", flush=True)  # noqa: T201

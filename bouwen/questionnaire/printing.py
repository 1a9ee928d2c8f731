"""Blocks on paper -> a PDF on A4, drawn by matplotlib with its own fonts."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from bouwen.questionnaire.paper import Block, share_of_items

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595.0, 842.0, 56.0  # points
TEXT_WIDTH = PAGE_WIDTH - 2 * MARGIN
LETTER_LOOKS = {
    "title": (18.0, "bold"),
    "text": (10.5, "normal"),
    "question": (10.5, "bold"),
    "hint": (8.5, "normal"),
}
LEADING = 1.35  # of lines, in sizes of letters
TICK = 8.0  # the side of a box to tick
INDENT = 16.0
BELOW = 80.0  # what must follow a text on its page


def print_bytes(blocks: Iterable[Block], title: str) -> bytes:
    """The document; the same blocks give the same bytes."""
    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import PdfPages

    out = io.BytesIO()
    facts = {"Title": title, "CreationDate": None, "Producer": None, "Creator": "bouwen"}
    looks: Any = {"pdf.fonttype": 42, "font.family": "DejaVu Sans", "text.parse_math": False}
    with mpl.rc_context(looks), PdfPages(out, metadata=facts) as pages:
        printer = Printer(pages)
        for block in blocks:
            printer.put(block)
        printer.turn()
    return out.getvalue()


class Printer:
    """A pen that goes down a page, and turns it at the end."""

    def __init__(self, pages: Any) -> None:
        self.pages, self.down, self.number = pages, 0.0, 0
        self.figure: Any = None

    def put(self, block: Block) -> None:
        """One block below the former."""
        if block.kind == "table":
            self.table(block)
        elif block.kind == "boxes":
            for answer in block.answers:
                lines = set_lines(answer, 10.0, TEXT_WIDTH - 2 * INDENT)
                self.room(height_of(lines, 10.0))
                self.box(MARGIN + INDENT, self.down + 2)
                self.lines(lines, 10.0, MARGIN + 2 * INDENT)
            self.down += 6
        elif block.kind == "lines":
            for _ in block.rows:
                self.room(20)
                self.down += 18
                self.rule(MARGIN + INDENT, MARGIN + TEXT_WIDTH, self.down)
            self.down += 8
        else:
            size, weight = LETTER_LOOKS[block.kind]
            lines = set_lines(block.text, size, TEXT_WIDTH, weight)
            self.room(height_of(lines, size) + BELOW)
            self.down += 4
            self.lines(lines, size, MARGIN, weight)
            self.down += 2

    def table(self, block: Block) -> None:
        """Items with boxes; the answers stand again above on every page."""
        first = TEXT_WIDTH * share_of_items(block.answers)
        width = (TEXT_WIDTH - first) / len(block.answers)
        heads = [set_lines(answer, 7.5, width - 4) for answer in block.answers]
        rows = [set_lines(row, 9.5, first - 8) for row in block.rows]
        tall = max(height_of(head, 7.5) for head in heads) + 4
        self.room(tall + height_of(rows[0], 9.5) + 8)
        self.heads(heads, first, width, tall)
        for row in rows:
            height = height_of(row, 9.5) + 6
            if self.down + height > PAGE_HEIGHT - MARGIN:
                self.turn()
                self.room(tall)
                self.heads(heads, first, width, tall)
            self.rule(MARGIN, MARGIN + TEXT_WIDTH, self.down)
            top = self.down
            self.down += 3
            self.lines(row, 9.5, MARGIN)
            for n in range(len(heads)):
                middle = MARGIN + first + (n + 0.5) * width
                if len(heads) > 1:
                    self.box(middle - TICK / 2, top + height / 2 - TICK / 2)
                else:
                    self.rule(middle - 20, middle + 20, top + height - 4)
            self.down = top + height
        self.rule(MARGIN, MARGIN + TEXT_WIDTH, self.down)
        self.down += 12

    def heads(self, heads: list[list[str]], first: float, width: float, tall: float) -> None:
        """The answers above their columns, at the bottom of their row."""
        top = self.down
        for n, head in enumerate(heads):
            self.down = top + tall - height_of(head, 7.5) - 2
            self.lines(head, 7.5, MARGIN + first + (n + 0.5) * width, centred=True)
        self.down = top + tall

    def room(self, height: float) -> None:
        """A page on which so much is free."""
        from matplotlib.figure import Figure

        if self.figure is not None and self.down + height > PAGE_HEIGHT - MARGIN:
            self.turn()
        if self.figure is None:
            self.figure = Figure(figsize=(PAGE_WIDTH / 72, PAGE_HEIGHT / 72))
            self.down = MARGIN

    def turn(self) -> None:
        """The page is done."""
        if self.figure is None:
            return
        self.number += 1
        self.letters(str(self.number), 8.0, PAGE_WIDTH / 2, PAGE_HEIGHT - MARGIN / 2, centred=True)
        self.pages.savefig(self.figure)
        self.figure = None

    def lines(
        self, lines: list[str], size: float, left: float, weight: str = "normal", *, centred: bool = False
    ) -> None:
        """Lines of text below each other."""
        for line in lines:
            self.down += size * LEADING
            self.letters(line, size, left, self.down - size * 0.3, weight, centred=centred)

    def letters(
        self,
        text: str,
        size: float,
        left: float,
        down: float,
        weight: str = "normal",
        *,
        centred: bool = False,
    ) -> None:
        """One line of text on its base line."""
        place = (left / PAGE_WIDTH, 1 - down / PAGE_HEIGHT)
        self.figure.text(
            *place, text, size=size, weight=weight, ha="center" if centred else "left", va="baseline"
        )

    def rule(self, left: float, right: float, down: float) -> None:
        """A thin line across."""
        from matplotlib.lines import Line2D

        y = 1 - down / PAGE_HEIGHT
        self.figure.add_artist(Line2D([left / PAGE_WIDTH, right / PAGE_WIDTH], [y, y], lw=0.4, color="0.4"))

    def box(self, left: float, down: float) -> None:
        """A box to tick."""
        from matplotlib.patches import Rectangle

        corner = (left / PAGE_WIDTH, 1 - (down + TICK) / PAGE_HEIGHT)
        size = (TICK / PAGE_WIDTH, TICK / PAGE_HEIGHT)
        looks = {"fill": False, "lw": 0.6, "edgecolor": "0.2", "transform": self.figure.transFigure}
        self.figure.add_artist(Rectangle(corner, *size, **looks))


def height_of(lines: list[str], size: float) -> float:
    """What lines take."""
    return len(lines) * size * LEADING


def set_lines(text: str, size: float, width: float, weight: str = "normal") -> list[str]:
    """A text as lines that are no wider than the paper; a word that is too long is broken."""
    return list(broken(text, size, width, weight)) or [""]


def broken(text: str, size: float, width: float, weight: str) -> Iterator[str]:
    """Its lines."""
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if width_of(joined, size, weight) <= width:
            line = joined
            continue
        if line:
            yield line
        while len(word) > 1 and width_of(word, size, weight) > width:
            fits = len(word) - 1
            while fits > 1 and width_of(word[:fits], size, weight) > width:
                fits -= 1
            yield word[:fits]
            word = word[fits:]
        line = word
    if line:
        yield line


def width_of(text: str, size: float, weight: str) -> float:
    """How wide a line is, in points."""
    return sum(letter_width(letter, weight) for letter in text) * size


@cache
def letter_width(letter: str, weight: str) -> float:
    """How wide a letter is, of letters of one point."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family="DejaVu Sans", weight=weight)))
    font.set_size(100, 72)
    font.set_text(letter)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / 65536 / 100

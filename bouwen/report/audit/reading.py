"""What pages show -> a ledger of the figures on them, read as whoever attacks them would.

Nothing is taken from the code that printed them: tables by their heads, figures by their coordinates. A
table or figure that is named in `MODELS` shows results of models, which the rules on numbers of
respondents cover.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

from bouwen.report.audience import Reader, reader
from bouwen.report.audit.printed import (
    EVERYBODY,
    LEFT_OPEN,
    Group,
    PrintedFigure,
    around,
    number_said,
    said_count,
)
from bouwen.report.plots.bars import answer_colours
from bouwen.report.plots.style import PALETTE, SHADES
from bouwen.report.tables.layout import head
from bouwen.survey import Study, share_step


class ReadTable(Protocol):
    """The texts of a table."""

    heads: list[str]
    rows: list[list[str]]


class DrawnLayer(Protocol):
    """What a figure draws with one kind of mark."""

    mark: str
    columns: list[str]
    rows: list[list[float | str | None]]


class ReadFigure(Protocol):
    """A figure."""

    texts: list[str]
    layers: Sequence[Any]


class PageShown(Protocol):
    """What a page shows; tables and figures by the call that made them."""

    sentences: list[str]

    @property
    def told(self) -> Mapping[str, Any]:
        """Values in the prose, by name."""

    @property
    def tables(self) -> Mapping[str, Any]:
        """Tables by call."""

    @property
    def figures(self) -> Mapping[str, Any]:
        """Figures by call."""


@dataclass(frozen=True)
class At:
    """The study whose pages are read, and what its names are called there."""

    study: Study

    @cached_property
    def to(self) -> Reader:
        """For whom the pages are made."""
        return reader(self.study)

    @property
    def n(self) -> int:
        """All respondents."""
        return len(self.study.responses)

    @property
    def least(self) -> int:
        """The smallest count that is shown."""
        return self.study.settings.min_cell

    def step(self, item: str) -> float:
        """The step to which shares of answers to an item are rounded."""
        return share_step(self.n, coarser=self.study.coarser.get(item, 0) == 4)

    @cached_property
    def constructs(self) -> dict[str, str]:
        """Construct by label."""
        return {self.to.label(name): name for name in self.study.constructs}

    @cached_property
    def variables(self) -> dict[str, str]:
        """Background variable by label."""
        return {self.to.group(name): name for name in self.study.categories}

    def levels(self, variable: str) -> dict[str, str]:
        """Level by label."""
        return {self.study.level_label(variable, level): level for level in self.study.levels(variable)}

    def rows(self, table: ReadTable) -> Iterator[tuple[str, dict[str, str]]]:
        """Rows by the key of their heads, each with the heading above it."""
        above = ""
        for row in table.rows:
            if len(row) == 1:
                above = row[0]
            else:
                yield above, dict(zip(table.heads, row, strict=False))

    def cell(self, row: Mapping[str, str], key: str) -> str:
        """What stands below a head of the words."""
        return row.get(head(self.to, key), "")

    def moment(self, text: str) -> tuple[float, float] | None:
        """What a rounded figure leaves open."""
        found = number_said(text, self.to.words)
        return None if found is None else around(found)


# -------------------------------------------------------------------- tables


def items(at: At, table: ReadTable) -> Iterator[PrintedFigure]:
    """The table of items: gaps, moments, and shares of the answers at the ends."""
    for _, row in at.rows(table):
        item = at.cell(row, "item").split(" ")[0]
        if item not in at.study.items:
            continue
        codes = at.study.instrument.scale_of(item).codes
        yield from share(at, item, at.cell(row, "missing"), (LEFT_OPEN,))
        for kind in ("mean", "sd", "skew", "kurtosis"):
            if found := at.moment(at.cell(row, kind)):
                yield PrintedFigure(kind, item, EVERYBODY, *found)
        yield from share(at, item, at.cell(row, "floor"), (codes[0],))
        yield from share(at, item, at.cell(row, "ceiling"), (codes[-1],))


def share(at: At, item: str, text: str, answers: tuple[object, ...]) -> Iterator[PrintedFigure]:
    """A share of answers or gaps: rounded to the study's step, or bounded where the count is small."""
    found = number_said(text, at.to.words)
    if found is None:
        return
    if found.sign == "<":
        yield PrintedFigure("count", item, EVERYBODY, 0, at.least - 1, answers)
    elif found.sign == ">" and LEFT_OPEN in answers:
        yield PrintedFigure("count", item, EVERYBODY, at.n - at.least + 1, at.n, answers)
    elif found.sign == ">":
        yield PrintedFigure("share", item, EVERYBODY, found.value, 1.0, answers)
    else:
        step = at.step(item)
        low, high = around(found, max(found.half, step / 2 if is_step(found.value, step) else 0))
        kind, times = ("count", at.n) if LEFT_OPEN in answers else ("share", 1)
        yield PrintedFigure(kind, item, EVERYBODY, low * times, high * times, answers)


def is_step(value: float, step: float) -> bool:
    """Whether a share is one of the steps to which shares are rounded."""
    return abs(value / step - round(value / step)) < 1e-6


def scales(at: At, table: ReadTable) -> Iterator[PrintedFigure]:
    """The table of scales: respondents, mean and spread."""
    for _, row in at.rows(table):
        name = at.constructs.get(at.cell(row, "construct"))
        if name is None:
            continue
        if found := said_count(at.cell(row, "n"), at.to.words, at.n, at.least):
            yield PrintedFigure("scored", name, EVERYBODY, *found)
        yield from score_figures(at, name, EVERYBODY, at.cell(row, "mean"), at.cell(row, "sd"))


def score_figures(at: At, name: str, group: Group, mean: str, sd: str = "") -> Iterator[PrintedFigure]:
    """Mean and spread of a scale."""
    for kind, text in (("score_mean", mean), ("score_sd", sd)):
        if found := at.moment(text):
            yield PrintedFigure(kind, name, group, *found)


def treatments(at: At, table: ReadTable) -> Iterator[PrintedFigure]:
    """Means under treatments of gaps that are plain means of answers."""
    for _, row in at.rows(table):
        name = at.constructs.get(at.cell(row, "construct"))
        for kind, key in (("complete_mean", "treatment_listwise"), ("score_mean", "treatment_half")):
            if name and (found := at.moment(at.cell(row, key))):
                yield PrintedFigure(kind, name, EVERYBODY, *found)


def level_rows(at: At, table: ReadTable) -> Iterator[PrintedFigure]:
    """Respondents by level, as counts and as shares of those who have one."""
    for above, row in at.rows(table):
        variable = at.variables.get(above)
        level = at.levels(variable).get(at.cell(row, "level")) if variable else None
        if variable and level is not None:
            yield from of_level(at, variable, level, at.cell(row, "n"), at.cell(row, "share"))


def of_level(at: At, variable: str, level: str, n: str, part: str = "") -> Iterator[PrintedFigure]:
    """A count of a level, and its share."""
    if found := said_count(n, at.to.words, at.n, at.least):
        yield PrintedFigure("level", variable, EVERYBODY, *found, (level,))
    if rounded := number_said(part, at.to.words):
        total = int(at.study.responses[variable].notna().sum())
        low, high = around(rounded)
        yield PrintedFigure("level", variable, EVERYBODY, max(low, 0) * total, min(high, 1) * total, (level,))


def response(at: At, table: ReadTable) -> Iterator[PrintedFigure]:
    """Respondents by level of the variable by which they were invited."""
    invited = at.study.file.invited
    for variable in invited if isinstance(invited, dict) else ():
        for _, row in at.rows(table):
            level = at.levels(variable).get(at.cell(row, "level"))
            if level is not None:
                yield from of_level(at, variable, level, at.cell(row, "n"))


def level_means(at: At, table: ReadTable, group: Group) -> Iterator[PrintedFigure]:
    """Mean scores of a level beside those of everybody."""
    for _, row in at.rows(table):
        if name := at.constructs.get(at.cell(row, "construct")):
            yield from score_figures(at, name, EVERYBODY, at.cell(row, "mean_all"))
            yield from score_figures(at, name, group, at.cell(row, "mean_here"), at.cell(row, "sd"))


TABLES: dict[str, Callable[[At, Any], Iterator[PrintedFigure]]] = {
    "items": items, "scales": scales, "treatments": treatments,
    "background": level_rows, "register": level_rows, "group_counts": level_rows,
    "response": response,
}  # fmt: skip

#: Tables and figures of models, texts and plans.
MODELS = {
    "tables": {
        "account", "against_rest", "answer_scales", "block_fits", "categories", "checklist",
        "claim_power", "codebook", "construct_ladders", "constructs", "convergent", "detectable",
        "deviations", "distinct", "engines", "error_rates", "evidence",
        "explained", "exploratory", "exploratory_factors", "facet_scales", "factor_counts", "findings",
        "fingerprints", "fit_measures", "fit_power", "follow_up", "fornell", "group_differences",
        "importance", "indirect_effects", "invariance", "items_in_scales", "joint_tests", "key",
        "loadings", "method_paths", "method_shares", "mirror", "mirror_dyads", "mirror_findings",
        "mirror_invariance", "mirror_items", "mirror_paths", "misfits", "nesting",
        "numeric_effects", "outcome", "paths",
        "provenance", "recommendations", "recovery", "residuals", "screening", "side_by_side",
        "specification_steps",
        "structure_tests", "structures", "suitability", "total_effects", "unit", "units",
    },
    "plots": {
        "against_rest", "caterpillar", "exploratory", "facet_correlations", "funnel", "importance",
        "indirect_effects",
        "invariance", "loadings",
        "mirror", "outcome", "path_diagram", "paths", "power_curves", "ratios", "reliabilities", "residuals",
        "scree", "specification_curve", "treatments",
    },
}  # fmt: skip


# -------------------------------------------------------------------- figures


def marks(figure: ReadFigure, mark: str) -> Iterator[list[dict[str, Any]]]:
    """The layers of one kind of mark, each as rows of named numbers."""
    for layer in figure.layers:
        if layer.mark == mark:
            yield [dict(zip(layer.columns, row, strict=True)) for row in layer.rows]


def answer_pieces(at: At, figure: ReadFigure) -> Iterator[PrintedFigure]:
    """Bars of answers: which answers have a piece, and how long it is."""
    pieces = next(marks(figure, "rect"), [])
    shown = [
        name
        for name in at.study.constructs
        if any(at.study.wording(i) in figure.texts for i in at.study.items_of(name))
    ]
    for panel, name in enumerate(shown, 1):
        wordings = {at.study.wording(item): item for item in at.study.items_of(name)}
        drawn = [wordings[text] for text in figure.texts if text in wordings]
        mine = [piece for piece in pieces if piece["PANEL"] == panel]
        heights = sorted({(piece["ymin"] + piece["ymax"]) / 2 for piece in mine})
        for item, height in zip(drawn, heights, strict=False):
            bar = [piece for piece in mine if abs((piece["ymin"] + piece["ymax"]) / 2 - height) < 0.1]
            yield from bar_pieces(at, item, bar)


def bar_pieces(at: At, item: str, bar: Sequence[Mapping[str, Any]]) -> Iterator[PrintedFigure]:
    """The pieces of an item's bar; an answer without one is counted with the next towards the middle."""
    codes = list(at.study.instrument.scale_of(item).codes)
    colours = list(answer_colours(at.study, [item]).values())
    lengths = {
        codes[colours.index(p["fill"])]: p["xmax"] - p["xmin"] for p in bar if p.get("fill") in colours
    }
    step = at.step(item)
    for code, answers in pooled_with(codes, lengths).items():
        finest = step / 2 if is_step(lengths[code], step) else 5e-7
        yield PrintedFigure("share", item, EVERYBODY, lengths[code] - finest, lengths[code] + finest, answers)
    for code in codes:
        if code not in lengths:
            yield PrintedFigure("count", item, EVERYBODY, 0, at.least - 1, (code,))


def pooled_with(codes: Sequence[int], lengths: Mapping[int, float]) -> dict[int, tuple[object, ...]]:
    """Which answers each piece stands for."""
    middle, pieces = len(codes) // 2, {code: [code] for code in codes if code in lengths}
    largest = max(lengths, key=lambda code: lengths[code]) if lengths else None
    for i, code in enumerate(codes):
        if code in lengths:
            continue
        towards = (
            codes[i + 1 : middle + 1] if i < middle else codes[i - 1 : middle - 1 : -1] if i > middle else []
        )
        host = next((other for other in towards if other in lengths), largest)
        if host is not None:
            pieces[host].append(code)
    return {code: tuple(found) for code, found in pieces.items()}


def open_shares(at: At, figure: ReadFigure) -> Iterator[PrintedFigure]:
    """Bars of gaps: a share, or the bound of a small one."""
    bars = next(marks(figure, "segment"), [])
    places = {name: [t for t in figure.texts if t in at.study.items_of(name)] for name in at.study.constructs}
    for panel, drawn in enumerate(filter(None, places.values()), 1):
        for item, bar in zip(
            drawn, sorted((b for b in bars if b["PANEL"] == panel), key=lambda b: b["y"]), strict=False
        ):
            bound = abs(bar["xend"] - at.least / at.n) < 1e-5
            n = bar["xend"] * at.n
            low, high = (0.0, float(at.least)) if bound else (n - 1e-3, n + 1e-3)
            yield PrintedFigure("count", item, EVERYBODY, low, high, (LEFT_OPEN,))


def level_bars(at: At, figure: ReadFigure) -> Iterator[PrintedFigure]:
    """Bars of respondents by level."""
    bars = next(marks(figure, "segment"), [])
    for panel, variable in enumerate(
        (at.variables[text] for text in figure.texts if text in at.variables), 1
    ):
        drawn = [text for text in figure.texts if text in at.levels(variable)]
        mine = sorted((bar for bar in bars if bar["PANEL"] == panel), key=lambda bar: bar["y"])
        total = int(at.study.responses[variable].notna().sum())
        for label, bar in zip(drawn, mine, strict=False):
            n = bar["xend"] * total
            yield PrintedFigure(
                "level", variable, EVERYBODY, n - 1e-3, n + 1e-3, (at.levels(variable)[label],)
            )


def pattern_rows(at: At, figure: ReadFigure) -> Iterator[PrintedFigure]:
    """Tiles of gaps: rows that stand for one pattern, and how many have it."""
    tiles, items = next(marks(figure, "tile"), []), list(at.study.items)
    alone = re.compile(re.escape(at.to.words("plots.pattern", n="@")).replace("@", r"(\d+)"))
    numbers = [int(found[1]) for text in figure.texts if (found := alone.fullmatch(text))]
    heights = sorted({tile["y"] for tile in tiles})
    for height, n in zip(heights[len(heights) - len(numbers) :], numbers, strict=True):
        gaps = [t["x"] for t in tiles if t["y"] == height and str(t.get("fill")).upper() == SHADES[0]]
        yield PrintedFigure("pattern", "", EVERYBODY, n, n, tuple(items[round(x)] for x in sorted(gaps)))


def points(at: At, figure: ReadFigure, names: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The points of a figure, each with what stands beside it."""
    drawn = [names[text] for text in figure.texts if text in names]
    found = [point for layer in marks(figure, "point") for point in layer]
    lines = sorted({round(point["y"]) for point in found})
    beside = dict(zip(lines, drawn, strict=False))
    yield from ((beside[round(point["y"])], point) for point in found if round(point["y"]) in beside)


def fineness(found: Iterable[Mapping[str, Any]]) -> float:
    """Half a unit of the last digit that the points of a figure have."""
    places = [point["x"] for point in found]
    return next((0.5 * 10.0**-d for d in (1, 2) if all(abs(round(x, d) - x) < 1e-9 for x in places)), 5e-7)


def score_points(at: At, found: Sequence[tuple[str, Group, float]]) -> Iterator[PrintedFigure]:
    """Means of scales: name, group and coordinate.

    Those of one item may be coarser than the others, and in some levels coarser than in others; a mean that
    seems coarser than it is stands with all its decimals in the table of the same means.
    """

    def kind(name: str, group: Group) -> Group | None:
        return group if len(at.study.items_of(name)) == 1 else None

    alike: dict[Group | None, list[dict[str, float]]] = {}
    for name, group, x in found:
        alike.setdefault(kind(name, group), []).append({"x": x})
    for name, group, x in found:
        half = fineness(alike[kind(name, group)])
        yield PrintedFigure("score_mean", name, group, x - half, x + half)


def mean_points(at: At, figure: ReadFigure) -> Iterator[PrintedFigure]:
    """Means of all scales; the middles of their answer scales are no figure."""
    found = list(points(at, figure, at.constructs))[-len(at.constructs) :]
    yield from score_points(at, [(name, EVERYBODY, point["x"]) for name, point in found])


def level_points(at: At, figure: ReadFigure, group: Group) -> Iterator[PrintedFigure]:
    """Means of all scales, of everybody above those of a level."""
    found = list(points(at, figure, at.constructs))
    for above in (True, False):
        part = [(name, point["x"]) for name, point in found if (point["y"] > round(point["y"])) is above]
        yield from score_points(at, [(name, EVERYBODY if above else group, x) for name, x in part])


def outcome_points(at: At, figure: ReadFigure) -> Iterator[PrintedFigure]:
    """Means of the outcome by level, a panel a variable."""
    found = next(marks(figure, "point"), [])
    half, panels = fineness(found), [at.variables[text] for text in figure.texts if text in at.variables]
    for panel, variable in enumerate(panels, 1):
        levels = at.levels(variable)
        drawn = [levels[text] for text in figure.texts if text in levels]
        mine = sorted((point for point in found if point["PANEL"] == panel), key=lambda point: point["y"])
        for level, point in zip(drawn, mine, strict=False):
            ends = point["x"] - half, point["x"] + half
            yield PrintedFigure("score_mean", at.study.outcome, (variable, level), *ends)


def side_by_side_points(at: At, figure: ReadFigure) -> Iterator[PrintedFigure]:
    """Means of all scales by level, a panel a variable; the legend names levels in the order of colours."""
    panels = [at.variables[text] for text in figure.texts if text in at.variables]
    lines = list(dict.fromkeys(at.constructs[text] for text in figure.texts if text in at.constructs))
    labels = {label for variable in panels for label in at.levels(variable)}
    series = dict(zip(PALETTE, dict.fromkeys(t for t in figure.texts if t in labels), strict=False))
    found = []
    for point in (point for layer in marks(figure, "point") for point in layer):
        variable = panels[int(point["PANEL"]) - 1]
        level = at.levels(variable).get(series.get(str(point.get("color")), ""))
        if level is not None:
            found.append((lines[round(point["y"]) - 1], (variable, level), point["x"]))
    yield from score_points(at, found)


OF_FIGURES: dict[str, Callable[[At, Any], Iterator[PrintedFigure]]] = {
    "answers": answer_pieces, "missing": open_shares, "respondents": level_bars,
    "missing_patterns": pattern_rows, "means": mean_points,
    "outcome_by_group": outcome_points, "side_by_side": side_by_side_points,
}  # fmt: skip
OF_LEVELS: dict[str, dict[str, Callable[[At, Any, Group], Iterator[PrintedFigure]]]] = {
    "tables": {"level_means": level_means}, "plots": {"level_profile": level_points},
}  # fmt: skip
OF_ANSWERS = {"tables": TABLES, "plots": OF_FIGURES}


# -------------------------------------------------------------------- pages


def ledger(study: Study, pages: Mapping[str, PageShown]) -> tuple[list[PrintedFigure], list[str]]:
    """Every figure of the pages about answers, and what could not be read: "page: table"."""
    at, found, unread = At(study), list[PrintedFigure](), list[str]()
    for page, shown in pages.items():
        group = page_level(at, shown.told)
        if group != EVERYBODY and (n := said_count(str(shown.told["n"].value), at.to.words, at.n, at.least)):
            found.append(PrintedFigure("level", group[0], EVERYBODY, *n, (group[1],), page, "n"))
        for room, readers in OF_ANSWERS.items():
            for name, what in getattr(shown, "tables" if room == "tables" else "figures").items():
                made_by, _, call = NUMBERED.sub("", name).partition(".")
                if made_by != room or call not in {*readers, *OF_LEVELS[room], *MODELS[room]}:
                    unread.append(f"{page}: {name}")
                elif call in OF_LEVELS[room]:
                    read = OF_LEVELS[room][call](at, what, group)
                    found += [replace(one, page=page, where=name) for one in read]
                elif call in readers:
                    found += [replace(one, page=page, where=name) for one in readers[call](at, what)]
    return found, unread


NUMBERED = re.compile(r" \d+$")  # of a second table of one call


def page_level(at: At, told: Mapping[str, Any]) -> Group:
    """The level that a page is about."""
    if not {"group", "level", "n"} <= told.keys():
        return EVERYBODY
    variable = at.variables.get(str(told["group"].value), "")
    return variable, at.levels(variable)[str(told["level"].value)] if variable else ""

"""Pictures, as a kernel draws them -> the data that they show, left in the metadata of the output.

Whatever a chapter shows as a picture passes through matplotlib's canvas, whoever draws it, so that is where
its data are read: rows of each layer of a plotnine figure as they were drawn, or of each artist where
matplotlib was used by itself, and every text in it. Nothing that the picture does not show is kept.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEAR_EDGE = 1e-6  # of a number, or of one: how far other processors end an iteration

FIGURE_DIGITS = 6  # of a number in a figure: as many as its SVG has

POSITIONS = ("PANEL", "x", "y", "xmin", "xmax", "ymin", "ymax", "xend", "yend", "xintercept", "yintercept")


def note_outputs(shell: Any) -> None:
    """Have an IPython shell add to every output the data of its pictures, and its numbers on an edge."""
    from matplotlib.backend_bases import FigureCanvasBase

    drawn, edges = list[dict[str, Any]](), list[list[str]]()
    canvas: Any = FigureCanvasBase
    print_figure, show = canvas.print_figure, shell.display_formatter.format

    def noting(self: Any, *arguments: Any, **options: Any) -> Any:
        result = print_figure(self, *arguments, **options)
        drawn.append(data_of(self.figure))
        return result

    def taken(metadata: dict[str, Any]) -> dict[str, Any]:
        noted = {name: [*found] for name, found in (("figures", drawn), ("edges", edges)) if found}
        drawn.clear()
        edges.clear()
        return {**metadata, "bouwen": {**metadata.get("bouwen", {}), **noted}} if noted else metadata

    def showing(*arguments: Any, **options: Any) -> Any:
        data, metadata = show(*arguments, **options)
        return data, taken(metadata)

    def publishing(message: dict[str, Any]) -> dict[str, Any]:
        content = message["content"]
        if "metadata" in content:  # what is shown without being formatted
            content["metadata"] = taken(content["metadata"])
        return message

    canvas.print_figure = noting
    note_edges(edges)
    shell.display_formatter.format = showing
    shell.display_pub.register_hook(publishing)


def note_edges(noted: list[list[str]]) -> None:
    """Note every number that is written whose last digit another processor may round to the other side."""
    from bouwen.words import ENGLISH, words

    speech: Any = type(words(ENGLISH))
    write = speech.number

    def noting(self: Any, value: float, digits: int = 2) -> str:
        text: str = write(self, value, digits)
        if math.isfinite(value):
            reach = NEAR_EDGE * max(1.0, abs(value))
            near = {write(self, value - reach, digits), write(self, value + reach, digits)}
            noted.extend([text, other] for other in sorted(near - {text}))
        return text

    speech.number = noting


def data_of(figure: Figure) -> dict[str, Any]:
    """The texts of a drawn figure, and the rows of its layers."""
    plot = getattr(figure.get_layout_engine(), "plot", None)
    layers = list(plotnine_layers(plot) if hasattr(plot, "layers") else artists(figure.axes))
    return {
        "texts": list(figure_texts(figure, labels_in(layers))),
        "layers": [one for one in layers if one["rows"]],
    }


def labels_in(layers: Iterable[dict[str, Any]]) -> Counter[str]:
    """How often layers write each text."""
    written = Counter[str]()
    for layer in layers:
        if "label" in layer["columns"]:
            at = layer["columns"].index("label")
            written.update(str(row[at]) for row in layer["rows"])
    return written


def figure_texts(figure: Figure, written: Counter[str]) -> Iterator[str]:
    """Every visible text besides those that layers write, with one blank between words."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        said = " ".join(text.get_text().split())
        if written[text.get_text()]:
            written[text.get_text()] -= 1
        elif said and text.get_visible():
            yield said


def plotnine_layers(plot: Any) -> Iterator[dict[str, Any]]:
    """The layers of a plotnine figure after it was drawn: what its statistics made and its scales mapped."""
    for layer in plot.layers:
        data, geom = layer.data, layer.geom
        if data is None or not len(data):
            continue
        known = {*geom.aesthetics(), *POSITIONS} - {"group"}
        places = [name for name in data.columns if name in POSITIONS]
        styles = [
            name
            for name in data.columns
            if name in known
            and name not in POSITIONS
            and (name == "label" or data[name].astype(str).nunique() > 1)
        ]
        needed = [name for name in geom.REQUIRED_AES if name in data.columns]
        shown = data.dropna(subset=needed)[[*sorted(places), *sorted(styles)]]
        yield layer_of(type(geom).__name__.removeprefix("geom_"), shown.columns, shown.to_numpy(dtype=object))


def artists(axes: Iterable[Axes]) -> Iterator[dict[str, Any]]:
    """Lines, points, shapes and images that matplotlib drew itself."""
    for at in axes:
        for line in at.lines:
            yield layer_of("line", ("x", "y"), line.get_xydata())
        for marks in at.collections:
            points: Any = marks.get_offsets()
            for path in marks.get_paths() if len(points) <= 1 else ():
                yield layer_of("path", ("x", "y"), path.vertices)
            yield layer_of("points", ("x", "y"), points)
        for shape in at.patches:
            corners = shape.get_patch_transform().transform(shape.get_path().vertices)
            yield layer_of("shape", ("x", "y"), corners)
        for image in at.images:
            cells = image.get_array()
            rows: Any = [] if cells is None else cells.reshape(len(cells), -1)
            yield layer_of("image", map(str, range(len(rows[0]) if len(rows) else 0)), rows)


def layer_of(mark: str, columns: Iterable[str], rows: Any) -> dict[str, Any]:
    """A layer: its kind of mark, the names of its columns and its rows."""
    return {
        "mark": mark,
        "columns": list(columns),
        "rows": [[drawn_value(cell) for cell in row] for row in rows],
    }


def drawn_value(value: Any) -> float | str | None:
    """A number with `FIGURE_DIGITS` digits, None where there is none, anything else as text.

    >>> [drawn_value(value) for value in (0.12345678, 3, float("nan"), "a", 1e-12)]
    [0.123457, 3.0, None, 'a', 0.0]
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return (
        float(f"{round(number, FIGURE_DIGITS + 2):.{FIGURE_DIGITS}g}") + 0.0
        if math.isfinite(number)
        else None
    )

"""A scene -> SVG with text, in the colours of the page that it stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bouwen.escaping import in_html
from bouwen.report.plots.path_layout import CORNER, Box, DrawnLine, Scene, Step
from bouwen.report.plots.path_lines import ARROW
from bouwen.report.plots.path_roles import LEADS, Edge
from bouwen.report.plots.path_texts import LINE_HEIGHT, TEXT_SIZE, text_lines
from bouwen.report.plots.style import BLUE, ORANGE

PLUS, MINUS = BLUE, ORANGE  # at least 3 to 1 against white and against the dark pages of the book
LEAST_STROKE, MOST_STROKE = 1.3, 5.5
DASHES = "6 4"
SAMPLE = 34.0  # the length of a line that the legend shows
FAMILY = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans',sans-serif"


@dataclass(frozen=True)
class LegendLine:
    """A line of the legend: an example of what it explains, if there is one, and its words."""

    text: str
    est: float | None = None
    certain: bool = True


@dataclass(frozen=True)
class Spoken:
    """What is read instead of a picture: a title, and a description; ``name`` is unique on a page."""

    name: str
    title: str
    description: str
    language: str


def stroke(edge: Edge) -> float:
    """The width of a line: by the size of its value, thinner where it is no path."""
    size = min(abs(edge.est), 1.0) * (1.0 if edge.op == LEADS else 0.4)
    return LEAST_STROKE + (MOST_STROKE - LEAST_STROKE) * size


def svg_of(scene: Scene, keys: Sequence[LegendLine], tips: dict[Edge, str], said: Spoken) -> str:
    """The picture as one SVG element.

    Every group is what the picture is made of: ``box``, ``path`` with its line, arrows and value.
    """
    legend, height = legend_of(keys, scene.width, scene.height + 12)
    labels = {label.edge: label for label in scene.labels}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" lang="{in_html(said.language)}" '
        f'aria-labelledby="{said.name}-t {said.name}-d" width="{scene.width:g}" height="{height:g}" '
        f'viewBox="0 0 {scene.width:g} {height:g}" font-family="{FAMILY}" font-size="{TEXT_SIZE:g}" '
        f'fill="currentColor" text-anchor="middle">',
        f'<title id="{said.name}-t">{in_html(said.title)}</title>',
        f'<desc id="{said.name}-d">{in_html(said.description)}</desc>',
        *(
            f'<path class="spine" d="M{x:.1f} {a:.1f}V{b:.1f}" fill="none" stroke="currentColor"/>'
            for x, a, b in scene.spines
        ),
    ]
    for line in scene.lines:
        label = labels[line.edge]
        parts += [
            '<g class="path">',
            f"<title>{in_html(tips[line.edge])}</title>",
            drawn_line(line),
            f'<text x="{label.x:.1f}" y="{label.y + 0.35 * TEXT_SIZE:.1f}">{in_html(label.text)}</text>',
            "</g>",
        ]
    parts += [drawn_box(box) for box in scene.boxes]
    return "".join([*parts, *legend, "</svg>"])


def colour(est: float) -> str:
    """By the sign of a value."""
    return MINUS if est < 0 else PLUS


def look_of(edge: Edge) -> str:
    """Colour, width and dashes of a line."""
    dashed = "" if edge.certain else f' stroke-dasharray="{DASHES}"'
    return f'fill="none" stroke="{colour(edge.est)}" stroke-width="{stroke(edge):.2f}"{dashed}'


def drawn_line(line: DrawnLine) -> str:
    """A line and its arrows."""
    d = "".join(f"M{path_points(piece[0])}{''.join(map(path_step, piece[1:]))}" for piece in line.pieces)
    shape = f'<path class="line" d="{d}" {look_of(line.edge)}/>'
    return shape + "".join(arrow_head(line.edge, *at) for at in line.heads)


def path_step(found: Step) -> str:
    """One step of a path, straight or bent."""
    return f"{'L' if len(found) == 1 else 'C'}{path_points(found)}"


def path_points(found: Step) -> str:
    """Coordinates in a path."""
    return " ".join(f"{x:.1f} {y:.1f}" for x, y in found)


def arrow_head(edge: Edge, x: float, y: float, way: int) -> str:
    """An arrow's head with its point at a place."""
    half = 3.0 + 0.45 * stroke(edge)
    back = x - way * ARROW
    d = f"M{x:.1f} {y:.1f}L{back:.1f} {y - half:.1f}V{y + half:.1f}Z"
    return f'<path class="head" d="{d}" fill="{colour(edge.est)}"/>'


def drawn_box(box: Box) -> str:
    """A variable, its lines in the middle."""
    first = box.middle - LINE_HEIGHT * (len(box.lines) - 1) / 2 + 0.35 * TEXT_SIZE
    x = box.x + box.width / 2
    texts = "".join(
        f'<text x="{x:.1f}" y="{first + LINE_HEIGHT * number:.1f}">{in_html(text)}</text>'
        for number, text in enumerate(box.lines)
    )
    return (
        f'<g class="box"><rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="{CORNER:g}" fill-opacity=".06" stroke="currentColor" '
        f'stroke-width="1.2"/>{texts}</g>'
    )


def legend_of(keys: Sequence[LegendLine], width: float, top: float) -> tuple[list[str], float]:
    """The lines below a picture that say how to read it, and where they end."""
    parts, y = list[str](), top
    for key in keys:
        left = 4.0 + (SAMPLE + 10 if key.est is not None else 0.0)
        if key.est is not None:
            example = Edge("", "", "~", key.est, 1.0 if key.certain else -1.0, 1.0)
            parts.append(
                f'<path class="key" d="M4 {y + LINE_HEIGHT / 2:.1f}h{SAMPLE:g}" {look_of(example)}/>'
            )
        for text in text_lines(key.text, width - left - 4):
            parts.append(
                f'<text class="key" x="{left:.1f}" y="{y + LINE_HEIGHT / 2 + 0.35 * TEXT_SIZE:.1f}" '
                f'text-anchor="start">{in_html(text)}</text>'
            )
            y += LINE_HEIGHT
        y += 3
    return parts, y + 4

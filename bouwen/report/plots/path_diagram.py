"""A fit -> its path diagram, drawn by the roles of its variables, as SVG that can be read aloud."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import pandas as pd

from bouwen.checks import check_choice
from bouwen.escaping import in_html
from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.given import NothingToShow, check_given
from bouwen.report.plots.path_drawing import LegendLine, Spoken, svg_of
from bouwen.report.plots.path_layout import Faces
from bouwen.report.plots.path_lines import narrow_scene, scene_of
from bouwen.report.plots.path_roles import (
    COVARIANCE,
    LEADS,
    LOADING,
    Edge,
    PathRoles,
    edges_in,
    roles_of,
    solution,
)
from bouwen.report.plots.path_texts import LEAST_TEXT_SIZE, TEXT_SIZE, text_lines
from bouwen.report.tables.models import ANY_FIT, FITS
from bouwen.sem import Fit, SamFit
from bouwen.survey import Study

WIDE_PAGE, NARROW_PAGE = 760.0, 336.0  # of the two arrangements, in pixels; a wide model takes more
MOST_TOGETHER = 6  # covariances of causes that are drawn without being asked for
ARRANGEMENTS = ("wide", "narrow")
SENTENCES = {LEADS: "leads", LOADING: "shows", COVARIANCE: "together"}
STYLE = (
    ".bouwen-diagram{display:flex;flex-wrap:wrap;gap:1.5rem 1rem;justify-content:center}"
    ".bouwen-diagram>div{flex:1 1 17rem;min-width:0;container-type:inline-size;text-align:center}"
    ".bouwen-diagram svg{max-width:100%;height:auto}"
    ".bouwen-diagram svg.wide{display:none}"
)


@dataclass(frozen=True)
class Panel:
    """The diagram of one group."""

    group: str
    roles: PathRoles
    hidden: tuple[Edge, ...]


@dataclass(frozen=True, eq=False, repr=False)
class PathDiagram:
    """A path diagram: shows itself in a notebook, and is saved as SVG.

    It has two arrangements, one for wide and one for narrow pages; a page shows the wide one where its text
    is at least 12 pixels high there. Groups stand side by side.

    Attributes
    ----------
    panels : tuple of Panel
        One a group.
    to : Reader
        For whom it is drawn.
    intervals : bool
        Whether intervals stand beside values.
    """

    panels: tuple[Panel, ...]
    to: Reader
    intervals: bool = False

    @cached_property
    def paths(self) -> pd.DataFrame:
        """What is drawn: ``group lhs op rhs est ci_lower ci_upper certain``, standardised."""
        rows = [
            (panel.group, *as_parameter(edge), edge.est, edge.lower, edge.upper, edge.certain)
            for panel in self.panels
            for edge in panel.roles.edges
        ]
        return pd.DataFrame(
            rows, columns=["group", "lhs", "op", "rhs", "est", "ci_lower", "ci_upper", "certain"]
        )

    @cached_property
    def alt(self) -> str:
        """The diagram in sentences: every path with its value."""
        values = self.to.words("path_diagram.values", level=self.to.confidence_text)
        return " ".join([values, *(self.description(panel) for panel in self.panels)])

    def description(self, panel: Panel) -> str:
        """One group's diagram in sentences."""
        say = self.to.words
        head = [say("path_diagram.group", group=self.group(panel))] if panel.group else []
        kept = [self.sentence(edge) for edge in panel.roles.edges]
        return " ".join([*head, *kept, *self.left_out(panel)])

    def sentence(self, edge: Edge) -> str:
        """A parameter in a sentence."""
        say = self.to.words
        doubt = "" if edge.certain else say("path_diagram.doubt")
        ends = {"one": self.to.label(edge.source), "other": self.to.label(edge.target)}
        return say(
            f"path_diagram.{SENTENCES[edge.op]}", **ends, value=self.value(edge, whole=True), doubt=doubt
        )

    def value(self, edge: Edge, *, whole: bool = False) -> str:
        """The value of a parameter, with its interval where it is wanted and known."""
        number = self.to.words.number(edge.est)
        if not (whole or self.intervals) or edge.lower != edge.lower:
            return number
        return f"{number} {self.to.words.interval(edge.lower, edge.upper)}"

    def title(self, panel: Panel) -> str:
        """What a diagram is about, in a few words."""
        outcomes = panel.roles.columns[-1] if len(panel.roles.columns) > 1 else []
        say = self.to.words
        if not outcomes:
            return say("path_diagram.plain")
        return say("path_diagram.title", outcomes=say.listing([self.to.label(name) for name in outcomes]))

    def left_out(self, panel: Panel) -> list[str]:
        """What is said of covariances that are not drawn."""
        if not panel.hidden:
            return []
        values = sorted(edge.est for edge in panel.hidden)
        number = self.to.words.number
        return [
            self.to.words(
                "path_diagram.hidden", n=len(values), low=number(values[0]), high=number(values[-1])
            )
        ]

    def keys(self, panel: Panel) -> Iterator[LegendLine]:
        """How to read a diagram: what of it occurs."""
        say, edges = self.to.words, panel.roles.edges
        if any(edge.est > 0 for edge in edges):
            yield LegendLine(say("path_diagram.plus"), 0.5)
        if any(edge.est < 0 for edge in edges):
            yield LegendLine(say("path_diagram.minus"), -0.5)
        if any(not edge.certain for edge in edges):
            yield LegendLine(say("path_diagram.dashed", level=self.to.confidence_text), 0.15, certain=False)
        if self.intervals:
            yield LegendLine(say("path_diagram.brackets", level=self.to.confidence_text))
        yield LegendLine(say("path_diagram.standardised"))
        for text in self.left_out(panel):
            yield LegendLine(text)

    def group(self, panel: Panel) -> str:
        """The name of a group."""
        return self.to.name(panel.group)

    # ---------------------------------------------------------------- pictures

    def svg(self, arrangement: str = "wide") -> str:
        """The picture as SVG; its groups side by side, or in the narrow arrangement below each other.

        Parameters
        ----------
        arrangement : {"wide", "narrow"}

        Raises
        ------
        UnknownOption
            There is no such arrangement.
        """
        check_choice("arrangement", arrangement, ARRANGEMENTS)
        drawn = [self.panel(panel, arrangement) for panel in self.panels]
        return drawn[0][0] if len(drawn) == 1 else groups_beside(drawn, self.panels, self, arrangement)

    def panel(self, panel: Panel, arrangement: str) -> tuple[str, float, float]:
        """One group's picture, its width and its height."""
        wide = arrangement == "wide"
        faces = Faces(lambda name, child: self.lines(name, wide, child), self.value)
        scene = (scene_of if wide else narrow_scene)(panel.roles, faces, WIDE_PAGE if wide else NARROW_PAGE)
        tips = {edge: self.sentence(edge) for edge in panel.roles.edges}
        values = self.to.words("path_diagram.values", level=self.to.confidence_text)
        described = f"{values} {self.description(panel)}"
        named = hashlib.sha256(f"{arrangement} {described}".encode()).hexdigest()[:10]
        said = Spoken(f"d{named}", self.title(panel), described, self.to.words.language)
        drawn = svg_of(scene, [*self.keys(panel)], tips, said)
        return drawn, scene.width, float(drawn.split('height="', 1)[1].split('"', 1)[0])

    def lines(self, name: str, wide: bool, child: bool) -> list[str]:
        """The lines of a variable in its box; an item of the study in its own words."""
        study, most = self.to.study, 134.0 if wide else 100.0
        label = self.to.label(name)
        if study is not None and label == name and name in study.instrument.items:
            label, most = study.wording(name), 210.0 if wide and child else most
        return text_lines(label, most)

    def save(self, path: str | Path, arrangement: str = "wide") -> Path:
        """Write the picture to a file of SVG.

        Parameters
        ----------
        path : str or Path
            Where; a file that is there is replaced.
        arrangement : {"wide", "narrow"}
        """
        path = Path(path)
        path.write_text(self.svg(arrangement) + "\n", encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        panels, rules = [], [STYLE]
        for panel in self.panels:
            both = {name: self.panel(panel, name) for name in ARRANGEMENTS}
            drawn = [both[name][0].replace("<svg ", f'<svg class="{name}" ', 1) for name in ARRANGEMENTS]
            mark = f"d{hashlib.sha256(''.join(drawn).encode()).hexdigest()[:10]}"
            least = both["wide"][1] * LEAST_TEXT_SIZE / TEXT_SIZE
            rules.append(
                f"@container (min-width:{least:.0f}px)"
                f"{{.{mark} svg.wide{{display:inline}}.{mark} svg.narrow{{display:none}}}}"
            )
            head = f"<p><strong>{in_html(self.group(panel))}</strong></p>" if panel.group else ""
            panels.append(f'<div class="{mark}">{head}{"".join(drawn)}</div>')
        return f'<style>{"".join(rules)}</style><div class="bouwen-diagram">{"".join(panels)}</div>'

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        """HTML, the alternative text, and for `bouwen verify` what the picture shows."""
        rows = [[*row[:4], *map(recorded_number, row[4:7])] for row in self.paths.itertuples(index=False)]
        layer = {"mark": "path", "columns": [*self.paths.columns[:7]], "rows": rows}
        figure = {"texts": [self.alt], "layers": [layer]}
        shown = {"text/html": self._repr_html_(), "text/plain": self.alt}
        return shown, {"bouwen": {"figures": [figure]}}

    def __repr__(self) -> str:
        return f"<PathDiagram: {self.title(self.panels[0])}>"


def recorded_number(value: float) -> float | None:
    """A number as records of figures have it."""
    return None if value != value else float(f"{value:.6g}") + 0.0


def as_parameter(edge: Edge) -> tuple[str, str, str]:
    """The parameter as a model has it: lhs, op and rhs."""
    return (edge.source, edge.op, edge.target) if edge.op == LOADING else (edge.target, edge.op, edge.source)


def groups_beside(
    drawn: Sequence[tuple[str, float, float]], panels: Sequence[Panel], of: PathDiagram, arrangement: str
) -> str:
    """Pictures of groups in one, each below its name."""
    parts, x, y, width, height = list[str](), 0.0, 0.0, 0.0, 0.0
    for (svg, wide, high), panel in zip(drawn, panels, strict=True):
        inner = svg.replace("<svg ", f'<svg x="{x:g}" y="{y + 26:g}" ', 1)
        parts.append(f'<text x="{x + wide / 2:g}" y="{y + 18:g}">{in_html(of.group(panel))}</text>{inner}')
        width, height = max(width, x + wide), max(height, y + high + 26)
        x, y = (x + wide + 24, 0.0) if arrangement == "wide" else (0.0, height + 24)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" fill="currentColor" font-size="{TEXT_SIZE + 2:g}" '
        f'font-weight="600" text-anchor="middle">{"".join(parts)}</svg>'
    )


def path_diagram_plot(
    fit: Fit | SamFit,
    study: Study | None = None,
    *,
    intervals: bool = False,
    items: bool | None = None,
    covariances: bool | None = None,
    **options: Unpack[ReaderOptions],
) -> PathDiagram:
    """The path diagram of a model, drawn by the roles that its variables have in it.

    Causes stand at the left, outcomes at the right, between them what lies between; the facets of a factor
    stand above it, and covariances are arcs. Lines are as wide as standardised values are large, and dashed
    where the interval holds zero.

    Parameters
    ----------
    fit : Fit or SamFit
    study : Study, optional
        Gives the labels and the language.
    intervals : bool
        Intervals beside the values.
    items : bool, optional
        What factors are measured by. By default only of a model that has nothing else to show.
    covariances : bool, optional
        All of them, or none. By default all but those of causes where these are more than six: the picture
        then says how many there are, and of what size.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.

    Returns
    -------
    PathDiagram
        Shows itself in a notebook; ``save("model.svg")`` writes it, ``alt`` is the text to be read instead.

    Raises
    ------
    NothingToShow
        The model has no paths, loadings or covariances.
    """
    check_given(fit, FITS, ANY_FIT)
    to = reader(study, **options)
    found = solution(fit, to.confidence)
    panels = [
        panel_of(str(group), edges_in(rows), items, covariances)
        for group, rows in found.groupby("group", sort=False)
    ]
    if not any(panel.roles.edges for panel in panels):
        raise NothingToShow("the model has no paths, loadings or covariances, so there is nothing to show.")
    return PathDiagram(tuple(panels), to, intervals)


def panel_of(group: str, edges: Sequence[Edge], items: bool | None, covariances: bool | None) -> Panel:
    """One group's roles; many covariances of causes are left out unless they are asked for."""
    roles = roles_of(edges, items=items, covariances=covariances is not False)
    if covariances is not None or len(roles.together) <= MOST_TOGETHER:
        return Panel(group, roles, ())
    led = {edge.target for edge in roles.across}
    hidden = [edge for edge in roles.together if not led & {edge.source, edge.target}]
    if len(hidden) <= MOST_TOGETHER:
        return Panel(group, roles, ())
    kept = [edge for edge in edges if edge not in hidden]
    return Panel(group, roles_of(kept, items=items, covariances=True), tuple(hidden))

"""A layout whose boxes have their heights -> its lines, arcs and labels: a finished scene."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bouwen.report.plots.path_layout import (
    BEND,
    CORNER,
    GAP,
    LABEL,
    MOST_BEND,
    PASSING,
    PORT,
    REACH,
    SPINE,
    Box,
    DrawnLabel,
    DrawnLine,
    Entry,
    Faces,
    PathLayout,
    Scene,
    Spot,
    Step,
    kept_apart,
    lanes_of,
    narrow_parts,
    stacked_scenes,
)
from bouwen.report.plots.path_roles import COVARIANCE, Edge, PathRoles
from bouwen.report.plots.path_texts import breadth

ARROW = 9.0  # the length of an arrow's head
TURN = 12.0  # the radius at which an arc turns
SCENE_MARGIN = 4.0  # around the whole
LEAVING = 7.0  # between lines that leave one box
BETWEEN_PARTS = 30.0  # between parts of a narrow picture


def scene_of(roles: PathRoles, faces: Faces, width: float) -> Scene:
    """A model from causes at the left to outcomes at the right; as wide as it needs, or as asked."""
    layout = PathLayout(roles, faces, width)
    layout.stand()
    return Routes(layout).scene()


def narrow_scene(roles: PathRoles, faces: Faces, width: float) -> Scene:
    """A model in parts below each other, as `narrow_parts` has them."""
    parts = narrow_parts(roles)
    lone = [name for column in roles.columns for name in column]
    lone = [name for name in lone if not any(name in part.place for part in parts)]
    parts += [PathRoles([[name]], {}, [], [], roles.latent) for name in lone]
    return stacked_scenes([scene_of(part, faces, width) for part in parts], BETWEEN_PARTS)


@dataclass(frozen=True)
class Leg:
    """A part of a line between two columns: of which line, between which entries, and how far down it ends.

    ``first`` and ``last`` say whether it leaves its variable, and reaches it.
    """

    at: int
    one: Entry
    other: Entry
    goal: float
    first: bool
    last: bool


class Routes:
    """Where lines run between the columns of a layout."""

    def __init__(self, layout: PathLayout) -> None:
        self.layout, self.roles, self.faces = layout, layout.roles, layout.faces
        self.drawn = Scene(boxes=[*layout.box.values()], width=layout.width)
        self.line = {at: DrawnLine(edge) for at, (edge, _, _) in enumerate(layout.across)}
        self.last = len(layout.columns) - 1
        self.arcs: dict[tuple[int, bool], dict[Edge, int]] = {}
        for number in range(self.last + 1):
            for left in (True, False):
                own = [
                    e for e in layout.arcs
                    if self.roles.place[e.source] == number and layout.is_left(e) is left
                ]  # fmt: skip
                spans = {edge: self.span(edge) for edge in own}
                self.arcs[number, left] = lanes_of(spans)
        self.pitch = self.faces.room(layout.arcs) + 8

    def scene(self) -> Scene:
        """Everything in its place."""
        self.put_columns()
        for number in range(self.last):
            self.between(number)
        for (number, left), lanes in self.arcs.items():
            for edge, lane in lanes.items():
                self.arc(edge, lane, number, left=left)
        self.stems()
        scene = self.drawn
        scene.lines += [line for line in self.line.values() if line.pieces]
        bottoms = [box.y + box.height for box in scene.boxes]
        heights = [y for line in scene.lines for y in line.heights]
        bottoms += heights
        tops = [0.0, *heights]
        tops += [label.y - LABEL / 2 for label in scene.labels]
        bottoms += [label.y + LABEL / 2 for label in scene.labels]
        scene = stacked_scenes([scene], 0.0, SCENE_MARGIN - min(tops))
        scene.height = max(bottoms) - min(tops) + 2 * SCENE_MARGIN
        return scene

    # ---------------------------------------------------------------- widths

    def put_columns(self) -> None:
        """Give columns and what lies between them their widths."""
        columns = self.layout.columns
        self.lane = [
            self.faces.room([e for e, _, r in self.layout.across if self.roles.place[r] == n + 1]) + 8
            for n in range(self.last)
        ]
        widths = [max(b.x + b.width for entry in column for b in entry.boxes) for column in columns]
        sides = {key: self.side(lanes) for key, lanes in self.arcs.items()}
        needed = (
            sum(widths) + sum(sides.values()) + sum(self.lane) + self.last * (BEND + REACH) + 2 * SCENE_MARGIN
        )
        spare = max(0.0, self.layout.width - needed)
        bend = BEND + min(MOST_BEND - BEND, 0.75 * spare / max(1, self.last))
        reach = REACH + min(30.0, 0.25 * spare / max(1, self.last))
        used = needed + self.last * (bend - BEND + reach - REACH)
        x = SCENE_MARGIN + max(0.0, (self.layout.width - used) / 2)
        self.left: list[float] = []
        self.right: list[float] = []
        self.bends: list[tuple[float, float]] = []
        for number, column in enumerate(columns):
            x += sides[number, True]
            self.left.append(x)
            for entry in column:
                for box in entry.boxes:
                    box.x += x
            x += widths[number]
            self.right.append(x)
            x += sides[number, False]
            self.bends.append((x, x + bend))
            x += bend + reach + (self.lane[number] if number < self.last else 0.0)
        self.drawn.width = max(self.layout.width, used)

    def side(self, lanes: dict[Edge, int]) -> float:
        """The width of covariances beside a column."""
        return 12 + self.pitch * (max(lanes.values()) + 1) if lanes else 0.0

    # ---------------------------------------------------------------- between two columns

    def between(self, number: int) -> None:
        """Lines from one column to the next: bent, level past their labels, and on."""
        legs = sorted(self.legs(number), key=lambda leg: (leg.goal, leg.one.y, leg.at))
        leave, arrive = self.ports(legs, number), self.ports(legs, number, arriving=True)
        x1, x2 = self.bends[number]
        heights = [LABEL if leg.last else PASSING for leg in legs]
        wanted = [0.42 * leg.one.y + 0.58 * leg.goal if leg.last else leg.other.y for leg in legs]
        slots = kept_apart(wanted, [(a + b) / 2 for a, b in pairwise(heights)])
        for leg, slot in zip(legs, slots, strict=True):
            self.strand(leg, number, leave[leg.at], arrive[leg.at], (x1, x2, x2 + self.lane[number], slot))

    def legs(self, number: int) -> Iterator[Leg]:
        """The parts of lines between a column and the next."""
        layout, place = self.layout, self.roles.place
        for at, (_, left, right) in enumerate(layout.across):
            if place[left] <= number < place[right]:
                way, k = layout.way(at, left, right), number - place[left]
                one, other = layout.by_key[way[k]], layout.by_key[way[k + 1]]
                last = number + 1 == place[right]
                goal = layout.box[right].middle if last else other.y
                yield Leg(at, one, other, goal, number == place[left], last)

    def ports(self, legs: Sequence[Leg], number: int, *, arriving: bool = False) -> dict[int, float]:
        """The heights at which lines leave or reach a column, apart where several do so at one box."""
        groups: dict[str, list[int]] = defaultdict(list)
        found = {}
        for leg in legs:
            _, left, right = self.layout.across[leg.at]
            if leg.last if arriving else leg.first:
                groups[right if arriving else left].append(leg.at)
            else:
                found[leg.at] = (leg.other if arriving else leg.one).y
        apart = PORT if arriving else LEAVING
        for own, members in groups.items():
            box = self.layout.box[own]
            gap = min(apart, (box.height - 2 * CORNER) / max(1, len(members) - 1))
            middle = box.middle
            if box.child and arriving:  # below its own label
                middle, gap = box.y + box.height - 4, 0.0
            for k, at in enumerate(members):
                found[at] = middle + gap * (k - (len(members) - 1) / 2)
        return found

    def strand(
        self, leg: Leg, number: int, leave: float, arrive: float, slot: tuple[float, float, float, float]
    ) -> None:
        """One line from a column to the next; it stops for its label."""
        edge, left, right = self.layout.across[leg.at]
        line, (x1, x2, x3, y) = self.line[leg.at], slot
        back = leg.first and (edge.op == COVARIANCE or edge.source == right)
        front = leg.last and (edge.op == COVARIANCE or edge.source == left)
        begin = self.right[number] if leg.first else self.left[number]
        last = self.left[number + 1]
        on_to = self.layout.box[right].x if leg.last else last
        if back:
            line.heads.append((begin, leave, -1))
            begin += ARROW - 1
        if front:
            line.heads.append((on_to, arrive, 1))
        stop = on_to - (ARROW - 1 if front else 0)
        x1 = max(x1, begin)
        bent = [((begin, leave),), *curve((x1, leave), (x2, y))]
        reach = [*curve((x3, y), (max(x3 + 6, min(last, stop) - 2), arrive)), ((stop, arrive),)]
        if not leg.last:
            line.pieces.append([*bent, *reach])
            return
        text = self.faces.value(edge)
        half, centre = breadth(text) / 2 + 3, (x2 + x3) / 2
        line.pieces += [[*bent, ((centre - half, y),)], [((centre + half, y),), *reach]]
        self.drawn.labels.append(DrawnLabel(edge, text, centre, y))

    # ---------------------------------------------------------------- covariances

    def span(self, edge: Edge) -> tuple[float, float]:
        """From where to where a covariance runs within a column."""
        ends = [self.layout.height_of(name) for name in (edge.source, edge.target)]
        return min(ends), max(ends)

    def arc(self, edge: Edge, lane: int, number: int, *, left: bool) -> None:
        """A covariance beside a column, interrupted by its value."""
        boxes = sorted((self.layout.box[n] for n in (edge.source, edge.target)), key=lambda box: box.middle)
        way = -1 if left else 1
        x = self.left[number] if left else self.right[number]
        off = [min(5 + 3 * lane, box.height / 2 - CORNER) for box in boxes]
        high, low = boxes[0].middle + off[0], boxes[1].middle - off[1]
        out = x + way * (12 + self.pitch * (lane + 0.5))
        y = self.gap_left(boxes) if left else self.gap_right(boxes[0])
        turn = max(2.0, min(TURN, y - high - 9, low - y - 9))
        near = x + way * (ARROW - 1)
        one = [
            ((near, high),),
            *quarter((out - way * turn, high), (out, high + turn)),
            ((out, y - 9),),
        ]
        two = [
            ((out, y + 9),),
            *quarter((out, low - turn), (out - way * turn, low), last=True),
            ((near, low),),
        ]
        heads = [(x, high, -way), (x, low, -way)]
        self.drawn.lines.append(DrawnLine(edge, [one, two], heads))
        self.drawn.labels.append(DrawnLabel(edge, self.faces.value(edge), out, y))

    def gap_left(self, boxes: Sequence[Box]) -> float:
        """Half way between two causes, among those between which nothing stands."""
        roots = sorted((self.layout.box[name] for name in self.roles.columns[0]), key=lambda box: box.middle)
        inside = [box for box in roots if boxes[0].middle <= box.middle <= boxes[1].middle]
        gaps = [(a.y + a.height + GAP / 2) for a, _ in pairwise(inside)]
        middle = (boxes[0].middle + boxes[1].middle) / 2
        return min(gaps, key=lambda y: abs(y - middle))

    def gap_right(self, upper: Box) -> float:
        """The room that was left below the upper end of a covariance."""
        entry = self.layout.by_key[self.roles.home[upper.name]]
        if upper.child:
            below = entry.boxes[entry.boxes.index(upper) + 1]
            return (upper.y + upper.height + below.y) / 2
        return self.layout.by_key["arc", upper.name].y

    # ---------------------------------------------------------------- what stands above a factor

    def stems(self) -> None:
        """Lines from factors up, and a branch to each of those that stand above them."""
        for name, edges in self.roles.above.items():
            factor = self.layout.box[name]
            x = factor.x + SPINE
            top = min(self.layout.box[edge.target].middle for edge in edges)
            self.drawn.spines.append((x, factor.y, top))
            for edge in edges:
                box, text = self.layout.box[edge.target], self.faces.value(edge)
                half = breadth(text) / 2 + 3
                centre = (x + box.x - ARROW + 4) / 2
                y = box.middle
                pieces: list[list[Step]] = [
                    [((x, y),), ((centre - half, y),)],
                    [((centre + half, y),), ((box.x - ARROW + 1, y),)],
                ]
                self.drawn.lines.append(DrawnLine(edge, pieces, [(box.x, y, 1)]))
                self.drawn.labels.append(DrawnLabel(edge, text, centre, y))


def curve(one: Spot, other: Spot) -> list[Step]:
    """A bend from level to level."""
    half = (one[0] + other[0]) / 2
    return [(one,), ((half, one[1]), (half, other[1]), other)]


def quarter(one: Spot, other: Spot, *, last: bool = False) -> list[Step]:
    """A turn: from level to upright, or with ``last`` from upright to level."""
    k = 0.55
    dx, dy = other[0] - one[0], other[1] - one[1]
    if last:
        return [(one,), ((one[0], one[1] + k * dy), (other[0] - k * dx, other[1]), other)]
    return [(one,), ((one[0] + k * dx, one[1]), (other[0], other[1] - k * dy), other)]

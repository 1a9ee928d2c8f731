"""Roles -> where everything stands: columns from causes to outcomes, with room for every label.

A column holds boxes, each below those that stand above it, and the places at which lines pass that lead
further. Between two columns lines first bend, then run level past their own labels, one below the other, and
then reach their boxes. So no label can meet another label, a box or a line that is not its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bouwen.report.plots.path_roles import COVARIANCE, LOADING, Edge, PathRoles
from bouwen.report.plots.path_texts import LINE_HEIGHT, TEXT_SIZE, breadth

PAD, LEAST_HEIGHT, LEAST_CHILD = 9.0, 42.0, 32.0  # inside a box; of a box; of one that stands above another
GAP, BETWEEN_CHILDREN, PASSING = 14.0, 10.0, 12.0  # boxes; those above a factor; lines that pass
SPINE, BRANCH = 14.0, 19.0  # from a factor's left side to what rises from it; on either side of a label
LABEL, PORT = 20.0, 9.0  # the height a label takes, and an arrow
CORNER = 10.0  # the radius of a box
BEND, REACH = 26.0, 26.0  # least width in which lines bend before their labels, and after
MOST_BEND = 120.0
SWEEPS = 12

Spot = tuple[float, float]
Step = tuple[Spot, ...]


@dataclass
class Box:
    """A variable: its lines of text in a box."""

    name: str
    lines: list[str]
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    child: bool = False

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.width

    @property
    def middle(self) -> float:
        """Half its height."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class DrawnLabel:
    """The value of a parameter, around a point."""

    edge: Edge
    text: str
    x: float
    y: float


@dataclass
class DrawnLine:
    """A parameter: its pieces, and the arrows at its ends, with 1 or -1 for the way in which they point.

    A piece is where it starts, and then straight steps, as one point, or bends, as three points of a curve
    of Bézier.
    """

    edge: Edge
    pieces: list[list[Step]] = field(default_factory=list)
    heads: list[tuple[float, float, int]] = field(default_factory=list)

    def moved(self, down: float) -> DrawnLine:
        """The same further down."""
        pieces = [[tuple((x, y + down) for x, y in step) for step in piece] for piece in self.pieces]
        return DrawnLine(self.edge, pieces, [(x, y + down, way) for x, y, way in self.heads])

    @property
    def heights(self) -> Iterator[float]:
        """How far down its points are."""
        return (y for piece in self.pieces for step in piece for _, y in step)


@dataclass
class Scene:
    """Everything that is drawn, in units of which a picture of full size has one a pixel."""

    boxes: list[Box] = field(default_factory=list)
    lines: list[DrawnLine] = field(default_factory=list)
    labels: list[DrawnLabel] = field(default_factory=list)
    spines: list[tuple[float, float, float]] = field(default_factory=list)  # x, from, to
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True)
class Faces:
    """What stands in boxes and beside lines: the lines of a variable, and the value of a parameter."""

    lines: Callable[[str, bool], list[str]]
    value: Callable[[Edge], str]

    def room(self, edges: Sequence[Edge]) -> float:
        """The width that the values of some parameters need."""
        return max((breadth(self.value(edge), TEXT_SIZE) for edge in edges), default=0.0)


@dataclass
class Entry:
    """What takes height in a column: a box with what stands above it, or a place to pass.

    ``line`` is the distance from its top at which it is reached.
    """

    key: object
    height: float
    line: float
    boxes: list[Box] = field(default_factory=list)
    top: float = 0.0

    @property
    def y(self) -> float:
        """Where it is reached."""
        return self.top + self.line


def kept_apart(wanted: Sequence[float], apart: Sequence[float]) -> list[float]:
    """The places nearest to those wanted, in least squares, that keep their order and distances.

    ``apart`` is the least distance from each to the next. By pooling neighbours (Ayer et al., 1955).

    >>> kept_apart([0, 0, 10], [4, 4])
    [-2.0, 2.0, 10.0]
    """
    offsets = [0.0]
    for distance in apart:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, int]] = []
    for value, offset in zip(wanted, offsets, strict=True):
        mean, count = value - offset, 1
        while pools and pools[-1][0] > mean:
            before, size = pools.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        pools.append((mean, count))
    level = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(level, offsets, strict=True)]


@dataclass
class PathLayout:
    """One picture in the making."""

    roles: PathRoles
    faces: Faces
    width: float
    scene: Scene = field(default_factory=Scene)

    def __post_init__(self) -> None:
        place = self.roles.place
        self.arcs = [e for e in self.roles.together if place[e.source] == place[e.target]]
        flat = [*self.roles.across, *(e for e in self.roles.together if e not in self.arcs)]
        #: Each line with its left and its right end.
        self.across = [self.ends(edge) for edge in flat]
        self.children = {edge.target: edge for edges in self.roles.above.values() for edge in edges}
        self.branch = 2 * BRANCH + self.faces.room([*self.children.values()])
        self.box: dict[str, Box] = {}
        self.columns = [self.entries(number) for number in range(len(self.roles.columns))]
        self.by_key = {entry.key: entry for column in self.columns for entry in column}

    def ends(self, edge: Edge) -> tuple[Edge, str, str]:
        """A line with its left and its right end."""
        place = self.roles.place
        ordered = place[edge.source] <= place[edge.target]
        return (edge, edge.source, edge.target) if ordered else (edge, edge.target, edge.source)

    # ---------------------------------------------------------------- what stands in columns

    def entries(self, number: int) -> list[Entry]:
        """The boxes of a column and the places at which lines pass it, in no order yet."""
        found = [self.block(name) for name in self.roles.columns[number]]
        widest = max(max(box.x + box.width for box in entry.boxes) for entry in found)
        for entry in found:
            for box in entry.boxes:
                box.width = widest - box.x
        place = self.roles.place
        for at, (_, left, right) in enumerate(self.across):
            if place[left] < number < place[right]:
                found.append(Entry((at, number), PASSING, PASSING / 2))
        return found

    def block(self, name: str) -> Entry:
        """A variable below all that stand above it; ``x`` of a box is counted from the column's left."""
        boxes = list(self.stacked(name, 0.0))
        top = 0.0
        for box in boxes:
            box.y, top = top, top + box.height + BETWEEN_CHILDREN
            self.box[box.name] = box
        return Entry(name, top - BETWEEN_CHILDREN, boxes[-1].middle, boxes)

    def stacked(self, name: str, indent: float) -> Iterator[Box]:
        """Boxes from the top down, the variable's own last."""
        for edge in self.roles.above.get(name, ()):
            yield from self.stacked(edge.target, indent + SPINE + self.branch)
        child = indent > 0
        lines = self.faces.lines(name, child)
        arrivals = 0 if child else sum(right == name for _, _, right in self.across)
        height = max(
            LEAST_CHILD if child else LEAST_HEIGHT,
            LINE_HEIGHT * len(lines) + 12,
            PORT * (arrivals - 1) + 2 * CORNER + 2,
        )
        width = max(breadth(line) for line in lines) + 2 * PAD
        yield Box(name, lines, width, height, indent, child=child)

    # ---------------------------------------------------------------- heights

    def stand(self) -> None:
        """Give everything in columns its height: near to what it is connected with, with few crossings."""
        for column in self.columns:
            self.stack(column, [0.0] * len(column))
        best, order = float("inf"), [list(column) for column in self.columns]
        tops = {entry.key: entry.top for entry in self.by_key.values()}
        for sweep in range(SWEEPS):
            step = 1 if sweep % 2 == 0 else -1
            for number in range(len(self.columns))[::step]:
                self.settle(number)
            if (cost := self.cost()) < best - 1e-6:
                best, order = cost, [list(column) for column in self.columns]
                tops = {entry.key: entry.top for entry in self.by_key.values()}
        self.columns = order
        for entry in self.by_key.values():
            entry.top = tops[entry.key]
        self.make_room_for_arcs()
        highest = min((entry.top for column in self.columns for entry in column), default=0.0)
        for column in self.columns:
            for entry in column:
                entry.top -= highest
                for box in entry.boxes:
                    box.y += entry.top

    def stack(self, column: list[Entry], wanted: Sequence[float]) -> None:
        """Put the entries of a column in their order, each as near as can be to where it is wanted."""
        apart = [
            a.height - a.line + b.line + (GAP if a.boxes or b.boxes else 2.0) for a, b in pairwise(column)
        ]
        for entry, y in zip(column, kept_apart(wanted, apart), strict=True):
            entry.top = y - entry.line

    def settle(self, number: int) -> None:
        """Order a column by the middles of what its entries are connected with."""
        column = self.columns[number]
        if len(self.columns) == 1:
            self.stack(column, [0.0] * len(column))
            return
        tied = self.ties()
        middles = {entry.key: sum(ys) / len(ys) if (ys := tied[entry.key]) else entry.y for entry in column}
        column.sort(key=lambda entry: middles[entry.key])
        self.stack(column, [middles[entry.key] for entry in column])

    def steps(self) -> Iterator[tuple[object, object]]:
        """The entries that each line goes through, two by two."""
        for at, (_, left, right) in enumerate(self.across):
            yield from pairwise(self.way(at, left, right))

    def way(self, at: int, left: str, right: str) -> list[object]:
        """The entries that a line goes through."""
        place, home = self.roles.place, self.roles.home
        passed = [(at, number) for number in range(place[left] + 1, place[right])]
        return [home[left], *passed, home[right]]

    def ties(self) -> dict[object, list[float]]:
        """Of every entry the heights of those that it is connected with."""
        tied: dict[object, list[float]] = defaultdict(list)
        for one, other in self.steps():
            tied[one].append(self.by_key[other].y)
            tied[other].append(self.by_key[one].y)
        return tied

    def cost(self) -> float:
        """How far lines rise and fall, and how often they cross."""
        steps = [(self.by_key[a], self.by_key[b]) for a, b in self.steps()]
        column = {entry.key: n for n, entries in enumerate(self.columns) for entry in entries}
        crossings = sum(
            column[a.key] == column[c.key] and (a.y - c.y) * (b.y - d.y) < 0
            for at, (a, b) in enumerate(steps)
            for c, d in steps[:at]
        )
        return 60 * crossings + sum(abs(a.y - b.y) for a, b in steps)

    def make_room_for_arcs(self) -> None:
        """Leave room right of a column, below the upper end of each covariance, for its value."""
        for number, column in enumerate(self.columns):
            below = [
                self.upper(edge) for edge in self.arcs if self.roles.place[edge.source] == number
                and not self.is_left(edge)
            ]  # fmt: skip
            wanted = {name for name in below if not self.box[name].child}
            if not wanted:
                continue
            order: list[Entry] = []
            for entry in column:
                order.append(entry)
                if entry.key in wanted:
                    order.append(room := Entry(("arc", entry.key), LABEL, LABEL / 2))
                    room.top = entry.top + entry.height
                    self.by_key[room.key] = room
            self.columns[number] = order
            self.stack(order, [entry.y for entry in order])

    def is_left(self, arc: Edge) -> bool:
        """Whether a covariance stands left of its column: those of causes do."""
        ends = (arc.source, arc.target)
        return self.roles.place[arc.source] == 0 and not any(self.box[end].child for end in ends)

    def height_of(self, name: str) -> float:
        """How far down a box stands, also before the entries have their final tops."""
        entry = self.by_key[self.roles.home[name]]
        return entry.top + self.box[name].middle

    def upper(self, arc: Edge) -> str:
        """The upper end of a covariance within a column."""
        return min((arc.source, arc.target), key=self.height_of)


def lanes_of(spans: Mapping[Edge, tuple[float, float]]) -> dict[Edge, int]:
    """The lane of each covariance, the shortest nearest to the boxes, so that none overlap in one lane."""
    taken: list[list[tuple[float, float]]] = []
    found = {}
    for edge, (low, high) in sorted(spans.items(), key=lambda item: item[1][1] - item[1][0]):
        lane = next(
            (n for n, held in enumerate(taken) if all(high <= a + 0.01 or low >= b - 0.01 for a, b in held)),
            len(taken),
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        found[edge] = lane
    return found


def stacked_scenes(scenes: Sequence[Scene], apart: float, start: float = 0.0) -> Scene:
    """Scenes one below the other, the first so far down."""
    whole = Scene(width=max((scene.width for scene in scenes), default=0.0), height=start)
    for scene in scenes:
        down = whole.height + (apart if whole.boxes else 0.0)
        whole.boxes += [replace(box, y=box.y + down) for box in scene.boxes]
        whole.lines += [line.moved(down) for line in scene.lines]
        whole.labels += [DrawnLabel(la.edge, la.text, la.x, la.y + down) for la in scene.labels]
        whole.spines += [(x, a + down, b + down) for x, a, b in scene.spines]
        whole.height = down + scene.height
    return whole


def narrow_parts(roles: PathRoles) -> list[PathRoles]:
    """A model in parts of two columns each, for narrow pages: each outcome with what leads to it, each factor
    with what stands above it, and what goes together.
    """
    parts = [[e for e in roles.across if e.target == name] for column in roles.columns for name in column]
    parts += roles.above.values()
    firsts = dict.fromkeys(edge.source for edge in roles.together)
    parts += [[e for e in roles.together if e.source == name] for name in firsts]
    return [section(edges, roles) for edges in parts if edges]


def section(edges: list[Edge], roles: PathRoles) -> PathRoles:
    """Two columns: where some edges come from, and where they lead."""
    if edges[0].op in (LOADING, COVARIANCE) and len({edge.source for edge in edges}) == 1:
        columns = [[edges[0].source], [edge.target for edge in edges]]
    else:
        columns = [[edge.source for edge in edges], [edges[0].target]]
    return PathRoles(columns, {}, edges, [], roles.latent)

"""A fit -> the variables of a path diagram by their role, and what is drawn between them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from bouwen.sem import Fit, SamFit

LEADS, LOADING, COVARIANCE = "~", "=~", "~~"


@dataclass(frozen=True)
class Edge:
    """One standardised parameter between two variables; limits are not numbers where it has no error.

    ``source`` leads to ``target``, or measures itself by it; of a covariance either may come first.
    """

    source: str
    target: str
    op: str
    est: float
    lower: float = math.nan
    upper: float = math.nan

    @property
    def certain(self) -> bool:
        """Whether the interval leaves zero out; a value without an interval is not in doubt."""
        return math.isnan(self.lower) or self.lower * self.upper > 0


def solution(fit: Fit | SamFit, confidence: float) -> pd.DataFrame:
    """Standardised parameters of the whole model: of a fit in two steps those of both."""
    found = fit.standardized(confidence=confidence)
    if isinstance(fit, Fit):
        return found
    blocks = [block.standardized(confidence=confidence) for block in fit.blocks]
    inner = fit.division.inner
    measured = [block[(block["op"] == LOADING) | block["lhs"].isin(inner)] for block in blocks]
    return pd.concat([*measured, found], ignore_index=True)


def edges_in(found: pd.DataFrame) -> list[Edge]:
    """What is drawn of the parameters of one group; a parameter that is held at zero is not."""
    edges = []
    rows: list[dict[Any, Any]] = found.to_dict("records")
    for row in rows:
        if row["op"] not in (LEADS, LOADING, COVARIANCE) or row["lhs"] == row["rhs"]:
            continue
        known = math.isfinite(row["se"]) and row["se"] > 0
        if row["est_std"] == 0 and not known:
            continue
        one, other = ("lhs", "rhs") if row["op"] == LOADING else ("rhs", "lhs")
        lower, upper = (row["ci_lower"], row["ci_upper"]) if known else (math.nan, math.nan)
        edges.append(Edge(row[one], row[other], row["op"], row["est_std"], lower, upper))
    return edges


@dataclass(frozen=True)
class PathRoles:
    """A model by the roles of its variables.

    Attributes
    ----------
    columns : list of lists of str
        Causes, what lies between, outcomes; what stands above a factor is in none.
    above : mapping
        Of each factor the loadings of those that stand above it: facets, or items.
    across : list of Edge
        Paths, and loadings of what belongs to more than one factor.
    together : list of Edge
        Covariances.
    latent : set of str
    """

    columns: list[list[str]]
    above: dict[str, list[Edge]]
    across: list[Edge]
    together: list[Edge]
    latent: set[str] = field(default_factory=set)

    @property
    def edges(self) -> list[Edge]:
        """Everything that is drawn, in the order of the model."""
        return [*self.across, *(edge for edges in self.above.values() for edge in edges), *self.together]

    @cached_property
    def home(self) -> dict[str, str]:
        """Of each variable the one in a column that it stands above, itself of those in one."""
        homes = {name: name for column in self.columns for name in column}
        waiting = list(homes)
        for name in waiting:
            for edge in self.above.get(name, ()):
                homes[edge.target] = homes[name]
                waiting.append(edge.target)
        return homes

    @cached_property
    def place(self) -> dict[str, int]:
        """The column of each variable."""
        own = {name: number for number, column in enumerate(self.columns) for name in column}
        return {name: own[home] for name, home in self.home.items()}


def roles_of(edges: Sequence[Edge], *, items: bool | None, covariances: bool) -> PathRoles:
    """The roles of a model's variables, from its parameters alone.

    A variable that is measured by one factor, and neither leads to anything nor is led to, stands above it.
    What nothing leads to is a cause, what leads nowhere an outcome.

    Parameters
    ----------
    edges : sequence of Edge
    items : bool or None
        Whether observed indicators are drawn; None: in a model without paths and without facets.
    covariances : bool
    """
    latent = {edge.source for edge in edges if edge.op == LOADING}
    if items is None:
        items = not any(edge.op == LEADS or (edge.op == LOADING and edge.target in latent) for edge in edges)
    in_paths = {end for edge in edges if edge.op == LEADS for end in (edge.source, edge.target)}
    shown = latent | in_paths | ({edge.target for edge in edges if edge.op == LOADING} if items else set())
    edges = [edge for edge in edges if {edge.source, edge.target} <= shown]
    parents = Counter(edge.target for edge in edges if edge.op == LOADING)
    leaf = {name for name, count in parents.items() if count == 1 and name not in in_paths}
    while apart := leaf & {e.source for e in edges if e.op == LOADING and e.target not in leaf}:
        leaf -= apart
    above = defaultdict(list)
    for edge in edges:
        if edge.op == LOADING and edge.target in leaf:
            above[edge.source].append(edge)
    across = [edge for edge in edges if edge.op != COVARIANCE and edge not in above[edge.source]]
    names = list(dict.fromkeys(end for edge in edges for end in (edge.source, edge.target)))
    names = [name for name in (*names, *sorted(shown - {*names})) if name not in leaf]
    return PathRoles(
        columns_by_depth(names, across),
        {name: found for name, found in above.items() if found},
        across,
        [edge for edge in edges if edge.op == COVARIANCE] if covariances else [],
        latent,
    )


def columns_by_depth(names: Sequence[str], across: Iterable[Edge]) -> list[list[str]]:
    """Variables by how many arrows lead to them at most; outcomes together at the end.

    Of a loop the arrow that closes it does not count.
    """
    forward = without_loops(names, across)
    depth = dict.fromkeys(names, 0)
    for _ in names:
        for source, target in forward:
            depth[target] = max(depth[target], depth[source] + 1)
    last, leads = max(depth.values(), default=0), {source for source, _ in forward}
    ends = {target for _, target in forward} - leads
    columns: list[list[str]] = [[] for _ in range(last + 1)]
    for name in names:
        columns[last if name in ends else depth[name]].append(name)
    return [column for column in columns if column]


def without_loops(names: Sequence[str], across: Iterable[Edge]) -> list[tuple[str, str]]:
    """Arrows as pairs, without those that lead back to where a chain came from."""
    leads = defaultdict(list)
    for edge in across:
        leads[edge.source].append(edge.target)
    kept, state = list[tuple[str, str]](), dict[str, int]()

    def walk(name: str) -> Iterator[str]:
        state[name] = 1
        for target in leads[name]:
            if state.get(target) == 1:
                continue
            kept.append((name, target))
            if target not in state:
                yield target
        state[name] = 2

    for name in sorted(names, key=lambda n: any(n in targets for targets in leads.values())):
        stack = [] if name in state else [(name, walk(name))]
        while stack:
            following = next(stack[-1][1], None)
            if following is None:
                stack.pop()
            elif following not in state:
                stack.append((following, walk(following)))
    return kept

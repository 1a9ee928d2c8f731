"""Rows, or a printed table, to sample moments.

All covariances here divide by N; `Moments` accepts a printed matrix that divides by N − 1 and
rescales it. Missing answers are either left out row by row (listwise, said aloud) or kept as
patterns, one for each set of items that some respondents answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from bouwen.checks import Array, ConstantItem, DataError, Ints, check_names, check_numbers, check_numeric
from bouwen.errors import did_you_mean
from bouwen.results import Result, how_many
from bouwen.sem.normal.gaps import Alike, batches


class UnknownItem(DataError):
    """A variable of the model, or the column of groups or clusters, is not in the data."""

    def __init__(self, item: str, columns: Sequence[str], role: str = "in the model") -> None:
        super().__init__(f'"{item}" is {role} but not in the data.{did_you_mean(item, columns)}', item=item)


class BadWeights(DataError):
    """A sampling weight is missing or negative, or all of them are zero."""

    def __init__(self, text: str, column: str) -> None:
        super().__init__(text, item=column)


class GroupTooSmall(DataError):
    """A group has too few respondents for its number of items."""


class NotPositiveDefinite(DataError):
    """A sample covariance matrix is singular: some items are sums of others, or n is too small."""


@dataclass(frozen=True, eq=False, repr=False)
class Moments(Result):
    """A published covariance or correlation matrix, to be analysed in place of rows.

    Parameters
    ----------
    cov : DataFrame or array (p, p)
        Covariances (or correlations; then give ``sd`` to turn them into covariances). Of an array
        only the lower triangle is needed, as papers print it.
    n : int
        Number of respondents behind the table.
    mean, sd : sequences of length p, optional
    names : sequence of str
        Names of the items; not needed for a DataFrame.
    divisor : "n-1" or "n"
        What the published covariances were divided by; almost always n − 1.

    Examples
    --------
    >>> Moments([[1], [0.5, 1]], n=100, sd=[2, 3], names=["a", "b"]).cov.tolist()
    [[3.96, 2.97], [2.97, 8.91]]
    """

    cov: Array
    n: int
    mean: Array | None = None
    sd: Array | None = None
    names: tuple[str, ...] = ()
    divisor: str = "n-1"

    def __post_init__(self) -> None:
        names = tuple(map(str, self.names))
        if isinstance(self.cov, pd.DataFrame):
            names = names or tuple(map(str, self.cov.columns))
            cov = check_numeric(self.cov).to_numpy()
        else:
            rows = [np.asarray(row, dtype=float) for row in self.cov]
            cov = np.full((len(rows), len(rows)), np.nan)
            for k, row in enumerate(rows):
                cov[k, : len(row)] = row
        cov = np.where(np.isnan(cov), cov.T, cov)
        p = len(cov)
        if not np.allclose(cov, cov.T, atol=1e-6, equal_nan=False):
            raise DataError("the covariance matrix is not symmetric, or has holes in its lower triangle")
        if len(names) != p:
            raise DataError(f"the matrix has {p} rows and {len(names)} names; give one name for each row")
        if not isinstance(self.n, (int, float, np.integer, np.floating)) or not self.n >= 2:
            raise DataError(f"n = {self.n} is not a number of respondents")
        if self.divisor not in ("n-1", "n"):
            raise DataError(f'divisor must be "n-1" or "n", not {self.divisor!r}')
        if self.sd is not None:
            sd = np.asarray(self.sd, dtype=float)
            cov = cov * np.outer(sd, sd)
        if self.divisor == "n-1":
            cov = cov * (self.n - 1) / self.n
        object.__setattr__(self, "cov", cov)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "divisor", "n")
        object.__setattr__(self, "sd", None)
        if self.mean is not None:
            mean = np.asarray(self.mean, dtype=float)
            if mean.shape != (p,):
                raise DataError(f"the matrix has {p} rows and {mean.size} means")
            object.__setattr__(self, "mean", mean)

    def table(self) -> pd.DataFrame:
        """The covariances, divided by n, and the means where they are known."""
        found = pd.DataFrame(self.cov, index=list(self.names), columns=list(self.names))
        return found if self.mean is None else found.assign(mean=self.mean)

    def _line(self) -> str:
        means = "" if self.mean is None else " with means"
        return f"{how_many(len(self.names), 'item')}{means}, n = {self.n}"


@dataclass(frozen=True, eq=False)
class Patterns:
    """Respondents by which items they answered; P patterns over all groups.

    ``mean`` and ``cov`` hold zeros at items that a pattern lacks.
    """

    group: Ints
    n: Array
    observed: Array
    """(P, p): 1 where answered."""
    mean: Array
    cov: Array
    rows: tuple[tuple[Ints, ...], ...]
    """For each group, the rows of each of its patterns."""

    @cached_property
    def batches(self) -> list[Alike]:
        """Those that lack equally many items together."""
        return batches(self.group, self.observed, self.mean, self.cov)

    def of(self, items: Ints) -> Patterns:
        """The same respondents on some of the items, without who answered none of these."""
        some = np.asarray(self.observed[:, items].any(axis=1))
        kept = iter(some.tolist())
        return Patterns(
            self.group[some],
            self.n[some],
            self.observed[some][:, items],
            self.mean[some][:, items],
            self.cov[some][:, items[:, None], items],
            tuple(tuple(rows for rows in own if next(kept)) for own in self.rows),
        )


@dataclass(frozen=True, eq=False)
class Sample:
    """What a model is fitted to: G groups and p items.

    ``rows`` is empty when the sample came as a table. For incomplete data ``mean`` and ``cov`` are
    filled by the saturated model's maximum likelihood estimates (`bouwen.sem.normal.saturated`).
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    n: Array
    mean: Array
    cov: Array
    has_means: bool = True
    group_values: tuple[object, ...] = ("",)
    rows: tuple[Array, ...] = ()
    index: tuple[Ints, ...] = ()
    cluster: tuple[Ints, ...] = ()
    weights: tuple[Array, ...] = ()
    """For each group the sampling weights of its rows, with a mean of 1 over all rows; empty without any."""
    size: tuple[int, ...] = ()
    """Respondents of each group where ``n`` is the sum of their weights; empty where it counts them."""
    patterns: Patterns | None = None
    total: int = 0
    notes: tuple[str, ...] = field(default=())

    @property
    def N(self) -> float:
        """Respondents over all groups, or the sum of their weights, which is as much."""
        return float(self.n.sum())

    @property
    def counts(self) -> tuple[int, ...]:
        """Respondents of each group."""
        return self.size or tuple(map(int, self.n))


def read_sample(
    data: pd.DataFrame,
    names: Sequence[str],
    *,
    group: str | None = None,
    cluster: str | None = None,
    sampling_weights: str | None = None,
    missing: str = "listwise",
    complete: Sequence[str] = (),
    check: bool = True,
) -> Sample:
    """Rows of a data frame to a sample.

    Parameters
    ----------
    data : DataFrame
    names : sequence of str
        The model's observed variables.
    group, cluster, sampling_weights : str, optional
        Columns with groups, clusters and weights; weights are scaled to a mean of 1 over the rows used.
    missing : "listwise", "fiml" or "pairwise"
        Leave incomplete respondents out, keep what they answered as patterns, or keep them as NaN.
    complete : sequence of str
        Variables that must be answered even with ``"fiml"`` (fixed covariates).
    check : bool
        Whether to refuse items without variance and singular covariances.

    Notes
    -----
    Groups are in the order of their first appearance in the data.
    """
    _check_columns(data, names, group=group, cluster=cluster, sampling_weights=sampling_weights)
    values = _matrix(data, names)
    keep = ~np.isnan(values).all(axis=1)
    n_empty = int((~keep).sum())
    if missing == "listwise":
        keep = ~np.isnan(values).any(axis=1)
        n_empty = 0
    elif len(complete):
        keep &= ~np.isnan(values[:, [list(names).index(n) for n in complete]]).any(axis=1)
    labels, codes = _groups_of(data, group)
    keep &= codes >= 0
    clusters = _clusters_of(data, cluster, keep)
    notes = _notes(values, keep, n_empty, missing)
    group_names = tuple(map(str, labels))
    positions = tuple(np.flatnonzero(keep & (codes == g)) for g in range(len(labels)))
    rows = tuple(np.ascontiguousarray(values[i]) for i in positions)
    for g, x in enumerate(rows):
        _check_rows(x, names, group_names[g])
    weights = _weights_of(data, sampling_weights, positions, group_names)
    n = np.array([float(w.sum()) for w in weights] or [float(len(x)) for x in rows])
    patterns = None
    p = len(names)
    mean, cov = np.zeros((len(rows), p)), np.zeros((len(rows), p, p))
    if missing == "fiml":
        patterns = find_patterns(rows, weights)
    if missing != "pairwise" and (patterns is None or patterns.observed.all()):
        for g, x in enumerate(rows):
            mean[g], cov[g] = weighted_moments(x, weights[g] if weights else None)
        if check:
            check_cov(cov, n, names, group_names)
    return Sample(
        names=tuple(names),
        groups=group_names,
        n=n,
        mean=mean,
        cov=cov,
        group_values=labels,
        rows=rows,
        index=positions,
        cluster=tuple(clusters[i] for i in positions) if cluster else (),
        weights=weights,
        size=tuple(map(len, weights)),
        patterns=patterns,
        total=len(data),
        notes=notes,
    )


def _check_columns(data: pd.DataFrame, names: Sequence[str], **given: str | None) -> None:
    """Refuse variables that the data lack, or hold twice, and columns ``given`` for what they hold."""
    columns = [str(c) for c in data.columns]
    roles = [(name, "in the model") for name in names]
    roles += [(name, f"given as {what}") for what, name in given.items() if name]
    for name, role in roles:
        if name not in data.columns:
            raise UnknownItem(name, columns, role)
    asked = {*names, *map(str, given.values())}
    check_names(column for column in columns if column in asked)


def _groups_of(data: pd.DataFrame, group: str | None) -> tuple[tuple[object, ...], Ints]:
    """The groups' values in the order of their first appearance, and each respondent's; -1 for none."""
    if not group:
        return ("",), np.zeros(len(data), dtype=np.int64)
    codes, found = pd.factorize(data[group])
    return tuple(int(v) if isinstance(v, float) and v.is_integer() else v for v in found), codes


def _clusters_of(data: pd.DataFrame, cluster: str | None, keep: Array) -> Ints:
    """Each respondent's cluster."""
    if not cluster:
        return np.zeros(len(data), dtype=np.int64)
    clusters, _ = pd.factorize(data[cluster])
    if lost := int((clusters[keep] < 0).sum()):
        raise DataError(f'{lost} respondents have no value in "{cluster}"', item=cluster)
    return np.asarray(clusters)


def _weights_of(
    data: pd.DataFrame, column: str | None, positions: Sequence[Ints], groups: Sequence[str]
) -> tuple[Array, ...]:
    """Each group's sampling weights, scaled to a mean of 1 over the rows used, as lavaan's default."""
    if not column:
        return ()
    found = check_numbers(data[column], column)
    parts = [found[rows] for rows in positions]
    everything = np.concatenate(parts)
    check_sampling_weights(everything, column)
    for part, group in zip(parts, groups, strict=True):
        if not part.any():
            where = f' in group "{group}"' if group else ""
            raise BadWeights(f'the sampling weights in "{column}" are all zero{where}', column)
    scale = len(everything) / everything.sum()
    return tuple(part * scale for part in parts)


def check_sampling_weights(weights: Array, column: str) -> None:
    """Raise `BadWeights` where a weight is missing or negative."""
    for wrong, what in ((np.isnan(weights), "is missing"), (weights < 0, "is negative")):
        if wrong.any():
            raise BadWeights(
                f'the sampling weight in "{column}" {what} for {how_many(int(wrong.sum()), "respondent")}; '
                "a weight is a number from 0 upwards, for every respondent",
                column,
            )


def _notes(values: Array, keep: Array, n_empty: int, missing: str) -> tuple[str, ...]:
    """What is said aloud about gaps."""
    notes = []
    left_out, n = int((~keep).sum()), len(keep)
    if left_out and missing == "listwise":
        notes.append(f"listwise deletion left out {left_out} of {n} respondents with a missing answer")
    elif left_out:
        why = (
            "no answer at all" if left_out == n_empty else "no answer at all, or a missing covariate or group"
        )
        notes.append(f"left out {left_out} of {n} respondents with {why}")
    if missing == "pairwise" and np.isnan(values[keep]).any():
        notes.append("pairwise deletion: each statistic uses the respondents who answered its own items")
    return tuple(notes)


def sample_from_moments(
    data: Moments | Mapping[str, Moments], names: Sequence[str], *, need_means: bool
) -> Sample:
    """A printed table, or one for each group, to a sample."""
    tables = {"": data} if isinstance(data, Moments) else dict(data)
    mean, cov = [], []
    need_means = need_means or len({table.mean is None for table in tables.values()}) > 1  # all or none
    for label, table in tables.items():
        for name in names:
            if name not in table.names:
                raise UnknownItem(name, table.names)
        order = [table.names.index(name) for name in names]
        if need_means and table.mean is None:
            raise DataError(
                "the model or another group has means, but these moments have no mean=", group=str(label)
            )
        cov.append(table.cov[np.ix_(order, order)])
        mean.append(np.zeros(len(order)) if table.mean is None else table.mean[order])
    n = np.array([float(table.n) for table in tables.values()])
    check_cov(np.array(cov), n, names, tuple(map(str, tables)))
    return Sample(
        names=tuple(names),
        groups=tuple(map(str, tables)),
        n=n,
        mean=np.array(mean),
        cov=np.array(cov),
        has_means=all(table.mean is not None for table in tables.values()),
        group_values=tuple(tables),
        total=int(n.sum()),
    )


def weighted_moments(x: Array, weights: Array | None) -> tuple[Array, Array]:
    """Means and covariances of rows (n, p), divided by the sum of the weights, or by n without any."""
    mean = np.average(x, axis=0, weights=weights)
    centred = x - mean
    if weights is None:
        return mean, centred.T @ centred / len(x)
    return mean, (weights * centred.T) @ centred / weights.sum()


def find_patterns(rows: Sequence[Array], weights: Sequence[Array] = ()) -> Patterns:
    """Sort respondents by the items they answered; a respondent counts as often as the weight says.

    A pattern whose respondents all have no weight counts for nothing.
    """
    group, n, observed, mean, cov, members = [], [], [], [], [], []
    for g, x in enumerate(rows):
        answered = ~np.isnan(x)
        kinds, inverse = np.unique(answered, axis=0, return_inverse=True)
        inverse = inverse.ravel()
        order = np.argsort(inverse, kind="stable")
        edges = np.searchsorted(inverse[order], np.arange(len(kinds) + 1))
        own = []
        for k in range(len(kinds)):
            member = order[edges[k] : edges[k + 1]]
            y = np.where(kinds[k], x[member], 0.0)
            w = weights[g][member] if weights else None
            centre, spread = weighted_moments(y, w if w is not None and w.any() else None)
            own.append(member)
            group.append(g)
            n.append(float(len(member)) if w is None else float(w.sum()))
            observed.append(kinds[k].astype(float))
            mean.append(centre)
            cov.append(spread)
        members.append(tuple(own))
    return Patterns(
        group=np.array(group),
        n=np.array(n),
        observed=np.array(observed),
        mean=np.array(mean),
        cov=np.array(cov),
        rows=tuple(members),
    )


def check_cov(cov: Array, n: Array, names: Sequence[str], groups: Sequence[str]) -> None:
    """Refuse singular sample covariances, naming the items that carry the singularity."""
    for g, S in enumerate(cov):
        sd = np.sqrt(np.diag(S))
        values, vectors = np.linalg.eigh(S / np.outer(sd, sd))
        if values[0] > 1e-10:
            continue
        where = f' in group "{groups[g]}"' if len(groups) > 1 else ""
        p = len(S)
        if n[g] <= p:
            raise GroupTooSmall(
                f"{int(n[g])} respondents{where} are too few for {p} items; leave items out or join groups",
                group=groups[g],
            )
        involved = [names[int(k)] for k in np.flatnonzero(np.abs(vectors[:, 0]) > 0.05)]
        raise NotPositiveDefinite(
            f"the sample covariance matrix{where} is not positive definite: {', '.join(involved)} "
            "depend on each other; leave one of them out",
            item=involved[0] if involved else "",
            group=groups[g],
        )


def _matrix(data: pd.DataFrame, names: Sequence[str]) -> Array:
    """The columns as numbers (n, p), missing answers as NaN."""
    return np.column_stack([check_numbers(data[name], name) for name in names])


def _check_rows(x: Array, names: Sequence[str], group: str) -> None:
    where = f' in group "{group}"' if group else ""
    if len(x) < 2:
        raise GroupTooSmall(f"only {len(x)} respondents can be used{where}", group=group)
    low, high = _range(x)
    for k, name in enumerate(names):
        if not low[k] < high[k]:
            raise ConstantItem(name, int((~np.isnan(x[:, k])).sum()), group)


def _range(x: Array) -> tuple[Array, Array]:
    missing = np.isnan(x)
    low = np.where(missing, np.inf, x).min(axis=0)
    high = np.where(missing, -np.inf, x).max(axis=0)
    nobody = missing.all(axis=0)
    return np.where(nobody, np.nan, low), np.where(nobody, np.nan, high)

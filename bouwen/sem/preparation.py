"""Model text, data and options to a model that is ready to be estimated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from bouwen.checks import DataError
from bouwen.errors import did_you_mean
from bouwen.sem.family.normal import Family, NormalTheory
from bouwen.sem.family.ordinal import categories_of, ordinal_family
from bouwen.sem.model.identification import NotIdentified
from bouwen.sem.model.implied import compile_structure
from bouwen.sem.model.options import Estimator, UnsupportedModel, choose_estimator
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import ParTable, TableOptions, build_table
from bouwen.sem.model.variables import Roles, roles
from bouwen.sem.normal.moments import Moments, Sample, read_sample, sample_from_moments
from bouwen.sem.normal.saturated import em_moments
from bouwen.sem.ordinal.collapsing import join_categories


@dataclass(frozen=True)
class Call:
    """What was asked of `fit_sem`."""

    model: str
    estimator: Estimator
    missing: str
    group: str | None
    cluster: str | None
    group_equal: tuple[str, ...]
    group_partial: tuple[str, ...]
    std_lv: bool


def prepare(
    model: str,
    data: pd.DataFrame | Moments | Mapping[str, Moments],
    *,
    estimator: str = "ML",
    missing: str = "listwise",
    group: str | None = None,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
    ordered: Sequence[str] | bool = (),
    cluster: str | None = None,
    std_lv: bool = False,
    meanstructure: bool | None = None,
    fixed_x: bool = True,
    collapse: bool = False,
) -> tuple[Call, Family]:
    """Read model and data, and check one against the other; arguments and errors are those of `fit_sem`."""
    statements = parse_model(model)
    who = roles(statements)
    columns = [str(c) for c in data.columns] if isinstance(data, pd.DataFrame) else who.observed
    items = _ordered_items(ordered, who.observed, who.exogenous, columns)
    rows, clustered = isinstance(data, pd.DataFrame), cluster is not None
    chosen = choose_estimator(estimator, missing=missing, ordered=bool(items), cluster=clustered, rows=rows)
    missing = "fiml" if missing in ("ml", "FIML") else missing
    fixed_x = fixed_x and chosen.discrepancy in ("ML", "DWLS")
    group_equal, group_partial = _as_tuple(group_equal), _as_tuple(group_partial)
    if isinstance(data, pd.DataFrame):
        _check_factors(who, data)
        sample = read_sample(
            data,
            who.observed,
            group=group,
            cluster=cluster,
            missing=missing,
            complete=who.exogenous if fixed_x else (),
            check=not items,
        )
    else:
        means = bool(meanstructure) or any(f.op == "~1" for f in statements.formulas)
        sample = _of_moments(data, who, group, means)
    if collapse:
        sample = _without_empty_categories(sample, items)
    if meanstructure is None:
        meanstructure = len(sample.groups) > 1 or missing == "fiml" or cluster is not None
    options = TableOptions(
        std_lv=std_lv,
        fixed_x=fixed_x,
        meanstructure=meanstructure,
        group_equal=group_equal,
        group_partial=group_partial,
        thresholds=_threshold_counts(sample, items),
    )
    table = build_table(statements, sample.groups, options)
    family = _family(table, sample, chosen, missing)
    _check_counts(table, family)
    call = Call(str(model), chosen, missing, group, cluster, group_equal, group_partial, std_lv)
    return call, family


def _family(table: ParTable, sample: Sample, chosen: Estimator, missing: str) -> Family:
    """The estimator of a model and sample; of incomplete rows with the saturated model's moments."""
    structure = compile_structure(table)
    if table.ordered:
        return ordinal_family(table, structure, sample, chosen, missing)
    if sample.patterns is not None:
        mean, cov = em_moments(sample.patterns, len(sample.groups))
        sample = replace(sample, mean=mean, cov=cov)
    return NormalTheory(table, structure, sample, chosen)


def _check_factors(who: Roles, data: pd.DataFrame) -> None:
    """Refuse a factor that has the name of a column, as lavaan does: nobody could tell which is meant."""
    for name in who.latent:
        if name in data.columns:
            raise UnsupportedModel(f'"{name}" is a factor and a column of the data; rename the factor')


def _of_moments(data: Moments | Mapping[str, Moments], who: Roles, group: str | None, means: bool) -> Sample:
    """The sample behind published moments; several groups need means."""
    if group is not None:
        raise UnsupportedModel(
            "group= names a column of rows; for moments give a mapping of group to Moments"
        )
    several = isinstance(data, Mapping) and len(data) > 1
    return sample_from_moments(data, who.observed, need_means=means or several)


def _as_tuple(value: Sequence[str] | str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _ordered_items(
    ordered: Sequence[str] | bool, observed: Sequence[str], exogenous: Sequence[str], known: Sequence[str]
) -> tuple[str, ...]:
    if ordered is True:
        return tuple(n for n in observed if n not in exogenous)
    if not ordered:
        return ()
    wanted = _as_tuple(ordered)
    for name in wanted:
        if name not in known:
            raise DataError(
                f'ordered names "{name}", which is not in the data.{did_you_mean(name, known)}', item=name
            )
    return tuple(n for n in observed if n in wanted)


def _without_empty_categories(sample: Sample, items: Sequence[str]) -> Sample:
    """Answer categories that some group lacks joined with a neighbour, in all groups, and a note of each."""
    if not items:
        raise UnsupportedModel("collapse=True joins categories of ordered items; name them in ordered=")
    rows, notes = join_categories(sample.rows, [(sample.names.index(name), name) for name in items])
    return replace(sample, rows=rows, notes=(*sample.notes, *notes))


def _threshold_counts(sample: Sample, items: Sequence[str]) -> dict[str, int]:
    places = [sample.names.index(name) for name in items]
    answers = categories_of(sample, places, [True] * len(places))
    return {name: len(values) - 1 for name, values in zip(items, answers, strict=True)}


def _check_counts(table: ParTable, family: Family) -> None:
    spare = family.n_statistics - table.n_free + len(table.equalities)
    if spare < 0:
        raise NotIdentified(
            f"the model has {table.n_free} free parameters but the data only {family.n_statistics} moments; "
            "fix or leave out at least "
            f"{-spare} of them"
        )

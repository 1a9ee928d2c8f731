"""Model text, data and options to a model that is ready to be estimated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from bouwen.checks import DataError, OptionError, check_choice, check_flag, check_rows, is_ordered
from bouwen.errors import did_you_mean
from bouwen.sem.family.normal import Family, NormalTheory
from bouwen.sem.family.ordinal import categories_of, ordinal_family
from bouwen.sem.model.coding import read_coding
from bouwen.sem.model.expression import names
from bouwen.sem.model.identification import NotIdentified
from bouwen.sem.model.implied import compile_structure
from bouwen.sem.model.options import Estimator, UnsupportedModel, choose_estimator, choose_missing
from bouwen.sem.model.statements import ParsedModel
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import ParTable, TableOptions, build_table, check_formulas
from bouwen.sem.model.variables import Roles, roles
from bouwen.sem.normal.moments import Moments, Sample, read_sample, sample_from_moments
from bouwen.sem.normal.saturated import em_moments
from bouwen.sem.ordinal.collapsing import join_categories

MANY_CATEGORIES = 12  # from which on lavaan warns too


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
    sampling_weights: str | None = None


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
    sampling_weights: str | None = None,
    std_lv: bool = False,
    meanstructure: bool | None = None,
    fixed_x: bool = True,
    collapse: bool = False,
    orthogonal: bool = False,
    effect_coding: bool | str | Sequence[str] = False,
    parameterization: str = "delta",
    saturated: bool = True,
) -> tuple[Call, Family]:
    """Read model and data as `fit_sem` does; moments of incomplete rows only where ``saturated``."""
    means = meanstructure is not None and meanstructure
    _check_flags(
        std_lv=std_lv, fixed_x=fixed_x, collapse=collapse, orthogonal=orthogonal, meanstructure=means
    )
    missing, group_equal = choose_missing(missing), _listed("group_equal", group_equal)
    group_partial = _listed("group_partial", group_partial)
    statements = parse_model(model)
    check_asked(data, group=group, cluster=cluster, sampling_weights=sampling_weights)
    _check_names(statements, who := roles(statements), data)
    items, numbers = _ordered_items(who, data, ordered, fixed_x)
    asks = {"ordered": bool(items), "cluster": cluster is not None, "weights": sampling_weights is not None}
    chosen = choose_estimator(estimator, missing=missing, rows=isinstance(data, pd.DataFrame), **asks)
    fixed_x = fixed_x and chosen.discrepancy in ("ML", "DWLS")
    coding = read_coding(effect_coding, std_lv=std_lv)
    if isinstance(data, pd.DataFrame):
        sample = read_sample(
            data, who.observed, group=group, cluster=cluster, sampling_weights=sampling_weights,
            missing=missing, complete=who.exogenous if fixed_x else (), check=not items,
        )  # fmt: skip
    else:
        means = bool(meanstructure) or _speaks_of_means(statements, group_equal)
        sample = _of_moments(data, who, group, means)
    if collapse:
        sample = _without_empty_categories(sample, items)
    _check_groups(sample, group, (*group_equal, *group_partial))
    several = len(sample.groups) > 1 and sample.has_means
    if meanstructure is None:
        meanstructure = several or missing == "fiml" or asks["cluster"] or "intercepts" in coding
    theta = check_choice("parameterization", parameterization, ("delta", "theta")) == "theta"
    options = TableOptions(
        std_lv, fixed_x, meanstructure, group_equal, group_partial, _threshold_counts(sample, items),
        orthogonal=orthogonal, effect_coding=coding, theta=theta,
    )  # fmt: skip
    table = build_table(statements, sample.groups, options)
    family = _family(table, _with_notes(sample, items, numbers), chosen, missing, saturated)
    _check_counts(table, family)
    asked = (group, cluster, group_equal, group_partial, std_lv, sampling_weights)
    return Call(str(model), chosen, missing, *asked), family


def _check_flags(**flags: object) -> None:
    for option, found in flags.items():
        check_flag(option, found)


def _family(table: ParTable, sample: Sample, chosen: Estimator, missing: str, saturated: bool) -> Family:
    """The estimator of a model and sample; of incomplete rows with the saturated model's moments."""
    structure = compile_structure(table)
    if table.ordered:
        return ordinal_family(table, structure, sample, chosen, missing)
    if sample.patterns is not None and saturated:
        mean, cov = em_moments(sample.patterns, len(sample.groups))
        sample = replace(sample, mean=mean, cov=cov)
    return NormalTheory(table, structure, sample, chosen)


def check_asked(data: object, **columns: object) -> None:
    """Refuse what holds no answers or moments, and what names no column of them.

    Parameters
    ----------
    data : DataFrame, Moments or mapping of group to Moments
    **columns : str, optional
        Options that name a column, such as ``group="school"``.
    """
    tables = list(data.values()) if isinstance(data, Mapping) else [data]
    published = bool(tables) and all(isinstance(table, Moments) for table in tables)
    if not isinstance(data, pd.DataFrame) and not published:
        raise DataError(
            "give the answers as a data frame with a column per item, such as pandas.DataFrame(answers), or "
            f"published covariances as Moments; found {type(data).__name__}"
        )
    for option, name in columns.items():
        numbered = isinstance(name, int) and isinstance(data, pd.DataFrame) and name in data.columns
        if not (name is None or isinstance(name, str) or numbered):
            raise OptionError(f"{option}= takes the name of one column; found {type(name).__name__}")
    if isinstance(data, pd.DataFrame):
        check_rows(data)


def _check_groups(sample: Sample, group: str | None, equal: Sequence[str]) -> None:
    """Refuse what is held equal over groups where there are none."""
    if equal and group is None and len(sample.groups) == 1:
        raise UnsupportedModel(
            "group_equal and group_partial compare groups, and there are none; name their column in group="
        )


def _speaks_of_means(statements: ParsedModel, group_equal: Sequence[str]) -> bool:
    """Whether a text or what is equal over groups is about means or intercepts."""
    equal = {"intercepts", "means"} & set(map(str.lower, group_equal))
    return bool(equal) or any(f.op == "~1" for f in statements.formulas)


def _check_names(statements: ParsedModel, who: Roles, data: object) -> None:
    """Refuse a text without formulas, and names of which nobody could tell what is meant."""
    check_formulas(statements)
    columns = list(data.columns) if isinstance(data, pd.DataFrame) else []
    _check_products(statements, columns or who.observed)
    for name in who.latent:
        if name in columns:  # as in lavaan
            raise UnsupportedModel(f'"{name}" is a factor and a column of the data; rename the factor')


def _of_moments(data: Moments | Mapping[str, Moments], who: Roles, group: str | None, means: bool) -> Sample:
    """The sample behind published moments."""
    if group is not None:
        raise UnsupportedModel(
            "group= names a column of rows; for moments give a mapping of group to Moments"
        )
    return sample_from_moments(data, who.observed, need_means=means)


def _listed(option: str, value: object) -> tuple[str, ...]:
    """What an option names: one text or several."""
    if isinstance(value, str):
        return (value,)
    names = tuple(value) if isinstance(value, Iterable) else (None,)
    if not all(isinstance(name, str) for name in names):
        raise OptionError(f'{option}= takes names, such as ["x1", "x2"]; found {type(value).__name__}')
    return names


def ordered_items(
    model: str, data: object, ordered: Sequence[str] | bool | None = (), *, fixed_x: bool = True
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The items of a model whose answers are categories, and the covariates that would be.

    Ordered are the items that ``ordered`` names, all but the covariates where it is True, and those that
    the data hold as ordered categories. A covariate that is fixed has no thresholds: it is a number, as in
    lavaan.
    """
    return _ordered_items(roles(parse_model(model)), data, ordered, fixed_x)


def _ordered_items(
    who: Roles, data: object, ordered: Sequence[str] | bool | None, fixed_x: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """See `ordered_items`."""
    columns: dict[Any, Any] = dict(data.items()) if isinstance(data, pd.DataFrame) else {}
    known = list(map(str, columns)) if columns else list(who.observed)
    everything = [name for name in who.observed if name not in who.exogenous]
    wanted = everything if ordered is True else _listed("ordered", ordered or ())
    for name in wanted:
        if name not in known:
            raise DataError(
                f'ordered names "{name}", which is not in the data.{did_you_mean(name, known)}', item=name
            )
    found = [n for n in who.observed if n in wanted or (n in columns and is_ordered(columns[n]))]
    numbers = [name for name in found if fixed_x and name in who.exogenous]
    return tuple(name for name in found if name not in numbers), tuple(numbers)


def _with_notes(sample: Sample, items: Sequence[str], numbers: Sequence[str]) -> Sample:
    """A sample with what is said aloud about its ordered answers."""
    notes = [f'"{name}" is a covariate, so its ordered answers are taken as numbers' for name in numbers]
    counts = {name: count + 1 for name, count in _threshold_counts(sample, items).items()}
    if many := [name for name, count in counts.items() if count > MANY_CATEGORIES]:
        shown = ", ".join(f'"{name}"' for name in many)
        notes.append(
            f"{shown}: up to {max(counts.values())} different answers taken as ordered categories; with more "
            f"than {MANY_CATEGORIES} they are better taken as numbers"
        )
    return replace(sample, notes=(*sample.notes, *notes))


def _check_products(statements: ParsedModel, columns: Sequence[str]) -> None:
    """Refuse a label that is a column too and serves nothing: ``y ~ x1*x2`` is no product of x1 and x2."""
    labels = [label for f in statements.formulas for label in f.modifiers.labels]
    used = {x.label for c in statements.constraints for side in (c.left, c.right) for x in names(side)}
    for f in statements.formulas:
        for label in f.modifiers.labels:
            if label in columns and label not in used and labels.count(label) == 1:
                raise UnsupportedModel(
                    f'"{f}" reads "{label}" as the label of a parameter, but it is a column of the data too '
                    f"(line {f.line}). For a product of variables add one to the data as a column; for a "
                    "label take a name that is no column"
                )


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

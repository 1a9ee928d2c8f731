"""Statements to parameter table.

The table is the one representation of a model that all later steps share: one row for
every parameter of every group, fixed or free. Rows with the same ``free`` number are one
parameter. What the text leaves out is added here by lavaan's rules for ``sem()``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from bouwen.checks import UnknownOption, check_choice
from bouwen.errors import BouwenError, did_you_mean
from bouwen.sem.model.coding import effect_constraints
from bouwen.sem.model.expression import Expression, Symbol, names
from bouwen.sem.model.statements import Constraint, Formula, Modifiers, ParsedModel
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.variables import Roles, roles

Key = tuple[str, str, str]
Some = TypeVar("Some")

GROUP_EQUAL = (
    "loadings",
    "intercepts",
    "means",
    "thresholds",
    "regressions",
    "residuals",
    "residual.covariances",
    "lv.variances",
    "lv.covariances",
)


class ModelError(BouwenError):
    """The model text can be read but does not describe a model."""

    def __init__(self, message: str, *, item: str = "", line: int = 0) -> None:
        self.item, self.line = item, line
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row: a parameter of one group.

    ``free`` is its place in the parameter vector, or -1 where it is fixed at ``value``;
    ``start`` a starting value given by the user; ``exogenous`` marks moments of covariates
    that are fixed at their sample values.
    """

    lhs: str
    op: str
    rhs: str
    group: int
    free: int
    value: float | None
    start: float | None = None
    label: str = ""
    user: bool = False
    exogenous: bool = False

    @property
    def key(self) -> Key:
        """The row without its group."""
        return (self.lhs, self.op, self.rhs)


@dataclass(frozen=True)
class ParTable:
    """A model as a table of parameters.

    ``rows`` run group by group, in the same order in each. ``definitions`` are in an order
    in which each can be evaluated; ``equalities`` and ``inequalities`` are what the text adds
    to equal labels, to be read as left minus right.
    """

    rows: tuple[Parameter, ...]
    groups: tuple[str, ...]
    observed: tuple[str, ...]
    latent: tuple[str, ...]
    exogenous: tuple[str, ...]
    ordered: tuple[str, ...]
    meanstructure: bool
    n_free: int
    definitions: tuple[tuple[str, Expression], ...] = ()
    equalities: tuple[Constraint, ...] = ()
    inequalities: tuple[Constraint, ...] = ()
    texts: tuple[str, ...] = ()
    """The definitions as written."""
    theta: bool = False
    """Whether scales of ordered items follow from their residual variances."""
    covariates: tuple[str, ...] = ()
    """Observed predictors whose moments the text leaves alone, fixed or not."""

    @cached_property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.groups)

    @cached_property
    def rows_per_group(self) -> int:
        """Number of rows of one group."""
        return len(self.rows) // self.n_groups

    @cached_property
    def coefficient_names(self) -> tuple[str, ...]:
        """Lavaan's name of every free parameter: its label, or what it is and, after the first, its group."""
        names: dict[int, str] = {}
        for row in self.rows:
            group = "" if row.group == 0 else f".g{row.group + 1}"
            own = "" if row.label.startswith(".p") else row.label
            names.setdefault(row.free, own or f"{row.lhs}{row.op}{row.rhs}{group}")
        return tuple(names[number] for number in range(self.n_free))

    def free_name(self, number: int) -> str:
        """A free parameter as a reader would write it, with its group where there are several."""
        row = next(r for r in self.rows if r.free == number)
        shown = f"{row.lhs} ~ 1" if row.op == "~1" else f"{row.lhs} {row.op} {row.rhs}"
        shared = sum(r.free == number for r in self.rows) > 1
        return shown if self.n_groups == 1 or shared else f"{shown} [{self.groups[row.group]}]"


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How a text becomes a table; names and defaults are lavaan's."""

    std_lv: bool = False
    fixed_x: bool = True
    meanstructure: bool = False
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    thresholds: Mapping[str, int] = field(default_factory=dict)
    """Number of thresholds of each ordered item."""
    orthogonal: bool = False
    effect_coding: tuple[str, ...] = ()
    theta: bool = False
    """Whether residual variances of ordered items are parameters, rather than their scales (delta)."""


def build_table(
    model: ParsedModel, groups: Sequence[str] = ("",), options: TableOptions | None = None
) -> ParTable:
    """Complete a model to a parameter table.

    Parameters
    ----------
    model : Model
        The statements of the text.
    groups : sequence of str
        Names of the groups, in order; one empty name for a single group.
    options : TableOptions

    Raises
    ------
    ModelError
        A modifier with the wrong number of groups, an unknown label, a definition that needs itself.
    UnknownOption
        A value of ``group_equal`` or ``group_partial`` that does not exist.

    References
    ----------
    Rosseel (2012), section 3 (automatic parameters) and section 4 (groups).
    """
    options = options or TableOptions()
    known = tuple(check_choice("group_equal", value, GROUP_EQUAL) for value in options.group_equal)
    options = replace(options, group_equal=known)
    options = _as_lavaan_reads(options)
    _check_thresholds(model.formulas, options.thresholds, theta=options.theta)
    if options.theta and any(f.op == "~*~" for f in model.formulas):
        raise ModelError('"~*~" goes with parameterization="delta": in theta scales follow from residuals')
    check_formulas(model)
    who = roles(model)
    meanstructure = (
        options.meanstructure or bool(options.thresholds) or any(f.op == "~1" for f in model.formulas)
    )
    drafts = _drafts(model, who, options, meanstructure, groups)
    _hold_equal(drafts, who, options, len(groups))
    rows, n_free = _numbered(drafts)
    definitions = definitions_in_order(model, rows)
    constraints = tuple(c for c in model.constraints if c.op != ":=")
    constraints += effect_constraints(rows, len(groups), who.observed, options.effect_coding)
    _check_labels(constraints, rows, dict(definitions))
    return ParTable(
        rows=rows,
        groups=tuple(groups),
        observed=who.observed,
        latent=who.latent,
        exogenous=who.exogenous if options.fixed_x else (),
        ordered=tuple(n for n in who.observed if n in options.thresholds),
        meanstructure=meanstructure,
        n_free=n_free,
        definitions=definitions,
        equalities=tuple(c for c in constraints if c.op == "=="),
        inequalities=tuple(c for c in constraints if c.op != "=="),
        texts=tuple(_text_of(name, model) for name, _ in definitions),
        covariates=who.exogenous,
        theta=options.theta,
    )


def check_formulas(model: ParsedModel) -> None:
    """Refuse a text that relates no variables, such as an empty one."""
    if not model.formulas:
        raise ModelError("the model has no formulas; write at least one, such as mood =~ m1 + m2 + m3")


def _check_thresholds(formulas: Sequence[Formula], counts: Mapping[str, int], *, theta: bool) -> None:
    """Refuse thresholds and scales that the data do not have."""
    for f in formulas:
        if f.op in ("|", "~*~") and f.lhs not in counts:
            raise ModelError(
                f'"{f.lhs}" has no thresholds, because ordered= does not name it (line {f.line})',
                item=f.lhs,
                line=f.line,
            )
        if f.op == "~~" and f.lhs == f.rhs and f.lhs in counts and f.modifiers != Modifiers() and not theta:
            raise ModelError(
                f'the residual variance of "{f.lhs}" follows from its loadings, as its answers are ordered: '
                f'"{f}" changes nothing (line {f.line}); leave it out, or say parameterization="theta"',
                item=f.lhs,
                line=f.line,
            )
        if f.op == "|" and int(f.rhs[1:]) > counts[f.lhs]:
            raise ModelError(
                f'"{f.lhs}" has {counts[f.lhs]} thresholds in the data, so "{f}" names none (line {f.line})',
                item=f.lhs,
                line=f.line,
            )


def _as_lavaan_reads(options: TableOptions) -> TableOptions:
    """With ordered items, equal thresholds and equal intercepts imply each other, as in lavaan 0.6.

    Otherwise the means of factors, which either of them frees, could not be told from the intercepts of
    continuous items, or from thresholds that differ.
    """
    levels = ("thresholds", "intercepts")
    if not options.thresholds or not set(levels) & set(options.group_equal):
        return options
    return replace(options, group_equal=tuple(dict.fromkeys((*options.group_equal, *levels))))


@dataclass(slots=True)
class _Draft:
    """A row on its way into the table."""

    lhs: str
    op: str
    rhs: str
    group: int
    value: float | None = None
    start: float | None = None
    label: str = ""
    equal: str = ""
    user: bool = False
    exogenous: bool = False

    @property
    def key(self) -> Key:
        return (self.lhs, self.op, self.rhs)


def _drafts(
    model: ParsedModel, who: Roles, options: TableOptions, meanstructure: bool, groups: Sequence[str]
) -> list[_Draft]:
    """User rows and automatic rows, for each group."""
    written = {(f.lhs, f.op, f.rhs) for f in model.formulas}
    written |= {(f.rhs, f.op, f.lhs) for f in model.formulas if f.op == "~~"}
    loads: dict[str, list[Formula]] = {}
    for f in model.formulas:
        if f.op == "=~":
            loads.setdefault(f.lhs, []).append(f)
    coded = options.std_lv or "loadings" in options.effect_coding
    markers = set() if coded else {(factor, indicators[0].rhs) for factor, indicators in loads.items()}
    single = {indicators[0].rhs for indicators in loads.values() if len(indicators) == 1}
    equal = set(options.group_equal)
    frees_means = bool(equal & {"intercepts", "thresholds"}) and "means" not in equal
    drafts: list[_Draft] = []
    for g in range(len(groups)):
        for f in model.formulas:
            draft = _Draft(f.lhs, f.op, f.rhs, g, user=True)
            m = f.modifiers
            fixed = _of_group(m.fixed, g, groups, f)
            draft.value = fixed
            draft.start = _of_group(m.start, g, groups, f)
            draft.label = _of_group(m.labels, g, groups, f) or ""
            draft.equal = _of_group(m.equal, g, groups, f) or ""
            is_marker = f.op == "=~" and (f.lhs, f.rhs) in markers
            if is_marker and not m.fixed:
                draft.value = 1.0 if draft.start is None else draft.start
            if options.std_lv and f.op == "~~" and f.lhs == f.rhs and f.lhs in loads and not m.fixed:
                draft.value = 1.0
            drafts.append(draft)
        drafts.extend(
            _Draft(row.lhs, row.op, row.rhs, g, value=row.value, exogenous=row.exogenous)
            for row in _automatic(who, options, meanstructure, single, g, frees_means)
            if row.key not in written and (row.rhs, row.op, row.lhs) not in written
        )
    return drafts


def _automatic(
    who: Roles, options: TableOptions, meanstructure: bool, single: set[str], g: int, frees_means: bool
) -> Iterable[_Draft]:
    """The rows that every model of group ``g`` has unless the text says otherwise."""
    ordered = options.thresholds
    fixed = set(who.exogenous) if options.fixed_x else set()
    inner = [n for n in who.observed if n not in fixed]
    equal = set(options.group_equal)
    rescaled = g > 0 and "thresholds" in equal and not (options.theta and "residuals" in equal)
    for name in inner:
        for k in range(ordered.get(name, 0)):
            yield _Draft(name, "|", f"t{k + 1}", g)
    for name in inner:
        value = 1.0 if name in ordered else 0.0 if name in single else None
        value = None if name in ordered and rescaled and options.theta else value
        yield _Draft(name, "~~", name, g, value=value)
    freed = g > 0 and "loadings" in equal and "lv.variances" not in equal
    for name in who.latent:
        value = 1.0 if options.std_lv and not freed else 0.0 if name in single else None
        yield _Draft(name, "~~", name, g, value=value)
    for covarying in (who.latent_exogenous, who.final, () if fixed else who.exogenous):
        for i, a in enumerate(covarying):
            for b in covarying[i + 1 :]:
                apart = options.orthogonal and a in who.latent and b in who.latent
                yield _Draft(a, "~~", b, g, value=0.0 if apart else None)
    if fixed:
        for i, a in enumerate(who.exogenous):
            for b in who.exogenous[i:]:
                yield _Draft(a, "~~", b, g, value=0.0, exogenous=True)
    for name in inner:
        if name in ordered:
            yield _Draft(name, "~*~", name, g, value=None if rescaled and not options.theta else 1.0)
    if meanstructure:
        for name in inner:
            yield _Draft(name, "~1", "", g, value=0.0 if name in ordered else None)
        for name in who.exogenous if fixed else ():
            yield _Draft(name, "~1", "", g, value=0.0, exogenous=True)
        for name in who.latent:
            free = (g > 0 and frees_means) or "intercepts" in options.effect_coding
            yield _Draft(name, "~1", "", g, value=None if free else 0.0)


def _of_group(entries: tuple[Some, ...], g: int, groups: Sequence[str], formula: Formula) -> Some | None:
    if not entries:
        return None
    if len(entries) == 1:
        return entries[0]
    if len(entries) != len(groups):
        raise ModelError(
            f'"{formula}" gives {len(entries)} values but there '
            f"{'is one group' if len(groups) == 1 else f'are {len(groups)} groups'} (line {formula.line})",
            item=formula.rhs,
            line=formula.line,
        )
    return entries[g]


def _kind(row: _Draft, who: Roles) -> str:
    """Which value of ``group_equal`` a row belongs to."""
    latent = who.latent
    if row.op == "=~":
        return "loadings"
    if row.op == "~":
        return "regressions"
    if row.op == "|":
        return "thresholds"
    if row.op == "~1":
        return "means" if row.lhs in latent else "intercepts"
    if row.op == "~~" and row.lhs == row.rhs:
        return "lv.variances" if row.lhs in latent else "residuals"
    if row.op == "~~":
        both_latent = row.lhs in latent and row.rhs in latent
        return "lv.covariances" if both_latent else "residual.covariances"
    return ""


def _hold_equal(drafts: list[_Draft], who: Roles, options: TableOptions, n_groups: int) -> None:
    """Give rows that are equal over groups, or by ``equal()``, a common label."""
    partial = _partial_keys(options.group_partial, drafts)
    per_group = len(drafts) // n_groups
    by_text = {f"{d.lhs}{d.op}{d.rhs}": i for i, d in reversed(list(enumerate(drafts)))}
    for i, draft in enumerate(drafts):
        if draft.equal:
            target = by_text.get(draft.equal.replace(" ", ""))
            if target is None:
                raise ModelError(f'equal("{draft.equal}") names no parameter of the model', item=draft.equal)
            other = drafts[target]
            other.label = other.label or f".p{target + 1}."
            draft.label = other.label
        if draft.group == 0 or not options.group_equal or draft.value is not None:
            continue
        if draft.op in ("~~", "~1") and draft.lhs in who.exogenous:
            continue  # moments of covariates are no part of the model
        reference = drafts[i % per_group]
        if reference.value is not None or _kind(draft, who) not in options.group_equal:
            continue
        if draft.key in partial or (draft.rhs, draft.op, draft.lhs) in partial or draft.label:
            continue
        reference.label = reference.label or f".p{i % per_group + 1}."
        draft.label = reference.label


def _partial_keys(texts: Sequence[str], drafts: list[_Draft]) -> set[Key]:
    known = {d.key for d in drafts}
    keys = set()
    for text in texts:
        for f in parse_model(text).formulas:
            key, mirrored = (f.lhs, f.op, f.rhs), (f.rhs, f.op, f.lhs)
            if key not in known and not (f.op == "~~" and mirrored in known):
                shown = sorted({" ".join(k) for k in known})
                raise UnknownOption("group_partial", text, shown)
            keys.add(key)
    return keys


def _numbered(drafts: list[_Draft]) -> tuple[tuple[Parameter, ...], int]:
    """Number the free rows; equal labels share a number, or the fixed value among them."""
    fixed = {d.label: d.value for d in drafts if d.label and d.value is not None}
    numbers: dict[str, int] = {}
    rows, n_free = [], 0
    for d in drafts:
        value, free = d.value, -1
        if value is None and d.label in fixed:
            value = fixed[d.label]
        if value is None:
            if d.label in numbers:
                free = numbers[d.label]
            else:
                free, n_free = n_free, n_free + 1
                if d.label:
                    numbers[d.label] = free
        rows.append(
            Parameter(d.lhs, d.op, d.rhs, d.group, free, value, d.start, d.label, d.user, d.exogenous)
        )
    return tuple(rows), n_free


def known_labels(rows: Sequence[Parameter]) -> dict[str, Parameter]:
    """Rows by the names that formulas may use: their label, or ``.p5.`` for the fifth row."""
    known = {f".p{i + 1}.": row for i, row in enumerate(rows)}
    known.update({row.label: row for row in reversed(rows) if row.label})
    return known


def definitions_in_order(model: ParsedModel, rows: Sequence[Parameter]) -> tuple[tuple[str, Expression], ...]:
    """Definitions sorted so that each uses only labels and earlier ones."""
    labels = known_labels(rows)
    waiting: dict[str, Constraint] = {}
    for c in model.constraints:
        if c.op == ":=":
            name = str(c.left)
            if name in waiting or name in labels:
                raise ModelError(f'"{name}" is defined twice (line {c.line})', item=name, line=c.line)
            waiting[name] = c
    done: dict[str, Expression] = {}
    while waiting:
        ready = [n for n, c in waiting.items() if not any(x.label in waiting for x in names(c.right))]
        if not ready:
            name = next(iter(waiting))
            raise ModelError(f'the definition of "{name}" needs itself', item=name, line=waiting[name].line)
        for name in ready:
            c = waiting.pop(name)
            _check_labels((c,), rows, done)
            done[name] = c.right
    order = [str(c.left) for c in model.constraints if c.op == ":="]
    return tuple(sorted(done.items(), key=lambda item: (_depth(item[0], done), order.index(item[0]))))


def _text_of(name: str, model: ParsedModel) -> str:
    return next(c.text for c in model.constraints if c.op == ":=" and str(c.left) == name)


def _depth(name: str, definitions: Mapping[str, Expression]) -> int:
    inner = [x.label for x in names(definitions[name]) if x.label in definitions]
    return 1 + max((_depth(x, definitions) for x in inner), default=0)


def _check_labels(
    constraints: Iterable[Constraint], rows: Sequence[Parameter], definitions: Mapping[str, Expression]
) -> None:
    labels = known_labels(rows)
    for c in constraints:
        used: list[Symbol] = [*(() if c.op == ":=" else names(c.left)), *names(c.right)]
        for name in used:
            if name.label not in labels and name.label not in definitions:
                candidates = [*(k for k in labels if not k.startswith(".p")), *definitions]
                raise ModelError(
                    f'line {name.line}, column {name.column}: "{name.label}" is not a label in the model; '
                    f"put it before a variable, such as {name.label}*x1."
                    f"{did_you_mean(name.label, candidates)}",
                    item=name.label,
                    line=name.line,
                )

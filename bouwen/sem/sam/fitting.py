"""Model text and data -> a structural model fitted after its measurement models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from bouwen.checks import Array, check_choice
from bouwen.sem.family.bounds import OF_VARIANCES, solve_within
from bouwen.sem.family.normal import NormalTheory
from bouwen.sem.fit import Fit
from bouwen.sem.model.implied import compile_structure
from bouwen.sem.model.options import ESTIMATORS, UnsupportedModel, choose_missing
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import ParTable
from bouwen.sem.model.variables import roles
from bouwen.sem.normal.moments import Moments, Sample
from bouwen.sem.preparation import Call, check_asked, ordered_items, prepare
from bouwen.sem.sam.division import OF_STRUCTURE, Division, held, partial_of, without_restrictions
from bouwen.sem.sam.errors import FirstStep, SecondStep, errors_of
from bouwen.sem.sam.mapping import factor_moments, mapping_of, with_moments
from bouwen.sem.sam.result import LatentMoments, SamFit

Data: TypeAlias = pd.DataFrame | Moments | Mapping[str, Moments]

SAM_METHODS = ("local", "global")
SAM_ESTIMATORS = ("ML", "MLR")
OF_ORDERED = (
    "fit_sam takes answers as numbers, and factor moments of ordered categories have no first step here; use "
    "fit_sem(..., ordered=...) for them"
)


def fit_sam(
    model: str,
    data: Data,
    *,
    method: str = "local",
    missing: str = "fiml",
    estimator: str = "MLR",
    cluster: str | None = None,
    sampling_weights: str | None = None,
    group: str | None = None,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
    ordered: Sequence[str] | bool = (),
    std_lv: bool = False,
    bounds: str = "pos.var",
) -> SamFit:
    """Fit a model by structural-after-measurement.

    Each block of factors is estimated on its own; the structural model is then fitted to the factors'
    moments. A misfit of one block stays in it, and small samples bear it.

    Parameters
    ----------
    model : str
        A model with factors, also factors of factors, and a structural part among them and, if need be,
        covariates. Labels, definitions and linear ``==`` constraints of the structural part hold in the
        second step.
    data : DataFrame, Moments or mapping of group to Moments
        Answers, or published covariances for ``estimator="ML"``; means that these lack are taken as 0.
    method : "local" or "global"
        Whether the structure is fitted to the factors' moments, or as the whole model with the measurement
        held at its estimates.
    missing : "fiml" or "listwise"
        Use all that was answered, or leave incomplete respondents out.
    estimator : "MLR" or "ML"
        Which standard errors: robust ones, lavaan's ``se = "twostep.robust"``, or its ``"twostep"`` of normal
        answers. Estimates are the same. With two respondents a moment or fewer, robust errors are those of
        the scores (see `SamFit.errors`), which count somewhat more the fewer respondents there are.
    cluster : str, optional
        Column with clusters; errors are then robust to what answers of a cluster share.
    sampling_weights : str, optional
        Column with sampling weights, as in `fit_sem`: both steps are weighted, and errors are robust.
    group, group_equal, group_partial, std_lv
        As in `fit_sem`; equal loadings, intercepts and residuals hold in the measurement blocks.
    ordered
        Refused: answers are numbers here.
    bounds : "pos.var" or "none"
        Whether free variances may be negative; one that would be is 0, and the result says so.

    Returns
    -------
    SamFit

    Raises
    ------
    UnsupportedModel
        For ordered items, items that are regressed on something, facets with paths of their own, measurement
        constraints other than equal labels within a block, and blocks whose items leave no residual variance
        (local).
    UnknownOption
    GroupTooSmall
        Fewer than five respondents for each structural parameter.

    References
    ----------
    Rosseel & Loh (2022), A structural after measurement approach to structural equation modeling,
    Psychological Methods; Yuan & Chan (2002), Structural equation modeling with near singular covariance
    matrices, Computational Statistics & Data Analysis 41; Fuller (1987), Measurement error models.
    """
    method = check_choice("method", method, SAM_METHODS)
    estimator = check_choice("estimator", estimator, SAM_ESTIMATORS)
    bounds = check_choice("bounds", bounds, OF_VARIANCES)
    missing = choose_missing(missing)
    if missing == "pairwise":
        raise UnsupportedModel(
            'fit_sam takes missing="fiml" or "listwise"; pairwise answers go with ordered items'
        )
    check_asked(data, group=group, cluster=cluster, sampling_weights=sampling_weights)
    data = _means_known(data)
    if ordered_items(model, data, ordered)[0]:
        raise UnsupportedModel(OF_ORDERED)
    gaps = _gaps(model, data)
    options: dict[str, Any] = {
        "estimator": "MLR" if cluster or sampling_weights else estimator,
        "missing": missing if gaps else "listwise", "group": group, "cluster": cluster,
        "sampling_weights": sampling_weights, "std_lv": std_lv, "meanstructure": True,
    }  # fmt: skip
    call, family = prepare(
        model, data, **options, group_equal=group_equal, group_partial=group_partial,
        fixed_x=not gaps & {*roles(parse_model(model)).exogenous}, saturated=False,
    )  # fmt: skip
    assert isinstance(family, NormalTheory)
    division = Division.of(family.table)
    division.check_sizes(family.sample)
    texts = division.blocks(parse_model(model))
    asked = [list(dict.fromkeys(x for f in b for x in (f.lhs, f.rhs) if x in division.items)) for b in texts]
    sample, pairwise = with_moments(family.sample, asked)
    family = replace(family, sample=centred(sample, family.table))
    used = data.iloc[np.sort(np.concatenate(sample.index))] if isinstance(data, pd.DataFrame) else data
    equal = [e for e in call.group_equal if e not in OF_STRUCTURE]
    blocks = []
    for block, items in zip(texts, asked, strict=True):
        columns = dict.fromkeys([*items, *(c for c in (group, cluster, sampling_weights) if c is not None)])
        own, part = prepare(
            "\n".join(map(str, block)), used[list(columns)] if isinstance(used, pd.DataFrame) else used,
            **options, group_equal=equal, group_partial=partial_of(call.group_partial, block),
        )  # fmt: skip
        blocks.append(Fit(own, part, solve_within(part, bounds)))
    steps = TwoSteps(division, family, tuple(blocks), method, bounds, pairwise)
    return steps.result(call, robust=call.estimator.name == "MLR")


def _means_known(data: Data) -> Data:
    """Published moments with means of 0 where they have none, as factors have."""

    def known(table: Moments) -> Moments:
        return table if table.mean is not None else replace(table, mean=np.zeros(len(table.names)))

    if isinstance(data, pd.DataFrame):
        return data
    return known(data) if isinstance(data, Moments) else {label: known(t) for label, t in data.items()}


def _gaps(model: str, data: Data) -> set[str]:
    """Variables of a model that somebody did not answer."""
    if not isinstance(data, pd.DataFrame):
        return set()
    names = [name for name in roles(parse_model(model)).observed if name in data.columns]
    lacking = data[names].isna().any()
    return {name for name in names if lacking[name]}


def centred(sample: Sample, table: ParTable) -> Sample:
    """Observed predictors of factors about their means in the first group, where factors have mean 0 too."""
    causes = {r.rhs for r in table.rows if r.op == "~" and r.lhs in table.latent} | set(table.exogenous)
    places = [k for k, name in enumerate(sample.names) if name in causes]
    if not places:
        return sample
    shift = np.zeros(len(sample.names))
    shift[places] = sample.mean[0, places]
    found = replace(sample, mean=sample.mean - shift, rows=tuple(x - shift for x in sample.rows))
    if sample.patterns is None:
        return found
    patterns = replace(sample.patterns, mean=sample.patterns.mean - shift * sample.patterns.observed)
    return replace(found, patterns=patterns)


@dataclass(frozen=True, eq=False)
class TwoSteps:
    """The measured blocks, on their way to the structure."""

    division: Division
    family: NormalTheory
    blocks: tuple[Fit, ...]
    method: str
    bounds: str
    pairwise: tuple[bool, ...]

    def result(self, call: Call, *, robust: bool) -> SamFit:
        """Take the second step."""
        division, sample = self.division, self.family.sample
        found = mapping_of(
            division, self.family.structure, self.row_values(), [b.sample.names for b in self.blocks]
        )
        mean, cov, shrunk = factor_moments(found, sample, self.pairwise)
        second = self.local(mean, cov) if self.method == "local" else self._global()
        call = (
            call if self.method == "global" else replace(call, estimator=second.estimator, missing="listwise")
        )
        solution = solve_within(second, self.bounds)
        errors = errors_of(sample, robust=robust)
        first = FirstStep(self.blocks, sample, division)
        joint = self._joint(first, Fit(call, second, solution))
        latent = self._latent(first, mean, cov)
        structural = Fit(call, second, solution, sampling=joint.covariance(errors))
        notes = self._notes(structural, shrunk)
        pairs = any(self.pairwise)
        return SamFit(self.blocks, structural, latent, division, sample, joint, errors, notes, pairs)

    def measured(self) -> dict[int, float]:
        """Estimates of the first step, by row of the whole model's table."""
        known: dict[object, float] = {}
        for block in self.blocks:
            for row, value in zip(block.partable.rows, block.implied.values.ravel(), strict=True):
                if self.division.measures(row):
                    known[row.key, row.group] = float(value)
                    known[(row.rhs, row.op, row.lhs), row.group] = float(value)
        return {
            k: known.get((row.key, row.group), row.value or 0.0)
            for k, row in enumerate(self.division.table.rows)
            if self.division.measures(row)
        }

    def row_values(self) -> Array:
        """The rows (G, R) of the whole model at the first step, 0 in those of the structure."""
        st = self.family.structure
        out = np.zeros(len(self.division.table.rows))
        for k, value in self.measured().items():
            out[k] = value
        return out.reshape(st.free.shape)

    def local(self, mean: Array, cov: Array) -> NormalTheory:
        """The structural model with the factors' moments as its sample."""
        table, sample = self.division.structural_table(), self.family.sample
        moments = Sample(
            self.division.units, sample.groups, sample.n, mean, cov, group_values=sample.group_values,
            size=sample.size, total=sample.total,
        )  # fmt: skip
        return NormalTheory(table, compile_structure(table), moments, ESTIMATORS["ML"])

    def _global(self) -> NormalTheory:
        table = held(self.division.table, self.measured())
        return self.family.of_model(table, compile_structure(table))

    def _estimates(self, first: FirstStep, q: int) -> Array:
        theta = np.zeros(q)
        for block, (joint, own) in zip(self.blocks, first.places, strict=True):
            theta[joint] = block.theta[own]
        return theta

    def _joint(self, first: FirstStep, fit: Fit) -> SecondStep:
        table = self.division.table
        numbers = {(row.key, row.group): row.free for row in table.rows if row.free >= 0}
        own = {
            row.free: numbers[row.key, row.group]
            for row in fit.partable.rows
            if row.free >= 0 and not self.division.measures(row)
        }
        structural = np.array([own[k] for k in range(fit.partable.n_free)], dtype=np.int64)
        theta = self._estimates(first, table.n_free)
        theta[structural] = fit.theta
        return SecondStep(first, self.family, theta, structural, fit.solution.basis)

    def _latent(self, first: FirstStep, mean: Array, cov: Array) -> LatentMoments:
        """Moments of the structure's variables, and the step that says how sure they are."""
        table = without_restrictions(self.division)
        rows = [row for row in table.rows if row.free >= 0 and not self.division.measures(row)]
        names = self.division.units
        place = {name: k for k, name in enumerate(names)}
        values = [
            cov[r.group, place[r.lhs], place[r.rhs]] if r.op == "~~" else mean[r.group, place[r.lhs]]
            for r in rows
        ]
        own = FirstStep(first.blocks, first.sample, replace(self.division, table=table))
        theta = self._estimates(own, table.n_free)
        structural = np.array([row.free for row in rows], dtype=np.int64)
        theta[structural] = values
        family = self.family.of_model(table, compile_structure(table))
        step = SecondStep(own, family, theta, structural, None)
        return LatentMoments(names, mean, cov, tuple(rows), step)

    def _notes(self, fit: Fit, shrunk: Sequence[bool]) -> tuple[str, ...]:
        """What was done on the way."""
        groups, out = self.family.sample.groups, []
        for label, pairs, small in zip(groups, self.pairwise, shrunk, strict=True):
            where = f' in group "{label}"' if label else ""
            if pairs:
                out.append(
                    f"factor moments{where} were taken from each pair of measurement blocks: respondents are "
                    "too few for those of all items at once"
                )
            if small:
                out.append(
                    f"the items{where} vary less than their residuals would have them; residual covariances "
                    "were shrunk until factors can have the moments found (Fuller, 1987)"
                )
        for part in (*self.blocks, fit):
            values = part.implied.values
            for k, row in enumerate(part.partable.rows):
                if row.free >= 0 and row.op == "~~" and row.lhs == row.rhs and abs(values.flat[k]) < 1e-8:
                    where = f' in group "{groups[row.group]}"' if groups[row.group] else ""
                    out.append(f'the residual variance of "{row.lhs}"{where} stands on its bound of zero')
        return tuple(out)

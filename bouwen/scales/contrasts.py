"""Answers -> whether some constructs go together with an outcome more strongly than others do."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bouwen.checks import check_choice, check_known
from bouwen.scales.estimators import estimation, is_ordinal
from bouwen.scales.models import without_each_cluster
from bouwen.scales.scoring import key_items
from bouwen.sem import ESTIMATORS, fit_sem
from bouwen.survey import Study, check_is_study

NESTED_IN = "cluster of the respondent"  # a column that no item can be named as


def compare_latent_correlations(
    study: Study, outcome: str, constructs: Sequence[str], than: Sequence[str], *, estimator: str = "main"
) -> pd.DataFrame:
    """Compare how strongly constructs go together with an outcome, free of measurement error.

    All are factors of one model in which they covary freely, so that a construct that is measured worse does
    not look less related, as its mean score would.

    Parameters
    ----------
    study : Study
    outcome : str
        A construct.
    constructs, than : sequence of str
        Other constructs; each of the first is compared with each of the second.
    estimator : str
        As in `bouwen.fit_model`.

    Returns
    -------
    DataFrame
        One row per pair: ``first second r_first r_second difference se df``; the error follows by the delta
        method from the sampling covariance of both correlations, of respondents in clusters that of
        `bouwen.jackknife`, of which there are so many degrees of freedom; else they are infinite.

    Raises
    ------
    BouwenError
        A construct is unknown, or the model cannot be fitted.
    """
    check_is_study(study)
    names = [check_known("construct", name, study.constructs) for name in (outcome, *constructs, *than)]
    roles = {"main": study.analysis.estimator, "sensitivity": study.analysis.sensitivity}
    estimator = check_choice("estimator", estimator, (*roles, *ESTIMATORS))
    pairs = [(first, second) for first in constructs for second in than]
    syntax = contrast_model(study, names, pairs)
    items = [item for name in names for item in study.items_of(name)]
    ordered = [item for item in study.analysis.ordered if item in items]
    options = estimation(roles.get(estimator, estimator), ordered=ordered or True)
    data = key_items(study)
    if study.clusters is not None and not is_ordinal(options["estimator"]):
        data, options["cluster"] = data.assign(**{NESTED_IN: study.clusters}), NESTED_IN
    fit = fit_sem(syntax, data, std_lv=True, **options)
    fit = without_each_cluster(fit) if fit.sample.cluster else fit
    found = fit.parameters.set_index("lhs")
    labels = found.dropna(subset="label").drop_duplicates("label").set_index("label")["est"]
    rows = [
        {
            "first": first,
            "second": second,
            "r_first": labels[f"r{names.index(first)}"],
            "r_second": labels[f"r{names.index(second)}"],
            "difference": found.loc[f"d{k}", "est"],
            "se": found.loc[f"d{k}", "se"],
            "df": fit.degrees,
        }
        for k, (first, second) in enumerate(pairs)
    ]
    return pd.DataFrame(rows)


def contrast_model(study: Study, names: Sequence[str], pairs: Sequence[tuple[str, str]]) -> str:
    """Factors with a variance of one, so that covariances are correlations, and differences of these.

    An item that is alone is its construct without error.
    """
    lines = []
    for name in names:
        items = study.items_of(name)
        lines.append(f"{factor_name(name)} =~ {' + '.join(items)}")
        lines += [f"{items[0]} ~~ 0*{items[0]}"] if len(items) == 1 else []
    outcome = factor_name(names[0])
    lines += [f"{outcome} ~~ r{k}*{factor_name(name)}" for k, name in enumerate(names) if k]
    for k, (first, second) in enumerate(pairs):
        lines.append(f"d{k} := r{names.index(first)} - r{names.index(second)}")
    return "\n".join(lines)


def factor_name(construct: str) -> str:
    """A name for the factor of a construct that no item has."""
    return f"latent_{construct}"

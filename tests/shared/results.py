"""What every table and figure is made of, for tests that ask something of each."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from nested import in_clusters

import bouwen
from bouwen.claims import RATES
from bouwen.report import tables
from bouwen.survey.asked import Background
from bouwen.survey.units import UnitSpec
from bouwen.twin import Recovery

# Name -> what is given before the study, by name in `given`.
TABLES = {
    "account": ("boot",), "block_fits": ("sam",), "convergent": ("measured",),
    "distinct": ("measured", "ratios"),
    "engines": ("compared",), "error_rates": ("rates",), "evidence": ("weighed",), "explained": ("fit",),
    "exploratory": ("efa",),
    "exploratory_factors": ("stability",), "facet_scales": ("structures",),
    "factor_correlations": ("measured",), "factor_counts": ("counts",), "findings": ("weighed",),
    "fit_measures": ("fit",), "fit_power": ("plan",), "follow_up": ("plan",), "fornell": ("measured",),
    "importance": ("importance",), "total_effects": ("totals",),
    "compared": ("groups_compared",), "construct_ladders": ("items_alike",), "deviations": ("items_alike",),
    "numeric_effects": ("slopes",),
    "indirect_effects": ("effects",), "invariance": ("ladders",), "joint_tests": ("curve",),
    "key": ("against",), "loadings": ("fit",), "method_paths": ("method",), "method_shares": ("method",),
    "mirror": ("sides",), "mirror_dyads": ("sides",), "mirror_findings": ("both_say",),
    "mirror_invariance": ("sides",), "mirror_items": ("sides",), "mirror_paths": ("sides",),
    "misfits": ("fit",), "paths": ("fit",), "recommendations": ("advised", "weighed"),
    "recovery": ("recovered",), "residuals": ("fit",), "nesting": ("nested",),
    "scales": ("scores", "reliability"),
    "screening": ("screened",), "specification_steps": ("curve",), "structure_tests": ("structures",),
    "structures": ("structures",), "suitability": ("kmo", "bartlett", "mardia"), "treatments": ("treated",),
    "unit": ("monitor", "one_unit"), "units": ("monitor",),
}  # fmt: skip
PLOTS = {
    "caterpillar": ("monitor",), "funnel": ("monitor",),
    "exploratory": ("efa",), "facet_correlations": ("structures",), "importance": ("importance",),
    "indirect_effects": ("effects",), "invariance": ("ladders",), "loadings": ("fit",), "paths": ("fit",),
    "mirror": ("sides",), "path_diagram": ("fit",), "power_curves": ("plan",),
    "ratios": ("ratios",), "reliabilities": ("reliability",), "residuals": ("fit",), "scree": ("counts",),
    "specification_curve": ("curve",), "treatments": ("treated",),
}  # fmt: skip
STUDY_FIRST = {
    "tables": ("answer_scales", "background", "categories", "claim_power", "codebook", "constructs",
               "detectable", "fingerprints", "group_counts", "group_differences", "items",
               "items_in_scales", "provenance", "register", "response"),
    "plots": ("answers", "means", "missing", "missing_patterns", "outcome", "outcome_by_group",
              "respondents"),
}  # fmt: skip


def recovered(fit, confidence=0.95):
    """What a population might have that gave these paths; a study of real answers has none."""
    paths = fit.standardized(confidence=confidence).query("op == '~'").rename(columns={"est_std": "est"})
    paths = paths.reset_index(drop=True)[["lhs", "rhs", "est", "ci_lower", "ci_upper"]]
    return Recovery(paths.assign(put_in=0.2, long_run=paths["est"], covered=True), confidence)


def with_ages(study):
    """The study with a number of each respondent."""
    asked = Background.model_validate({"label": {"en": "Age", "nl": "Leeftijd"}, "kind": "number"})
    instrument = study.instrument.model_copy(
        update={"background": {**study.instrument.background, "age": asked}}
    )
    ages = np.random.default_rng(1).integers(18, 70, len(study.responses))
    return replace(study, instrument=instrument, responses=study.responses.assign(age=ages))


def two_sides(study):
    """The same answers from two sides, of the same units: those of the second are one step higher."""
    study = in_clusters(study, 30)
    file = study.file.model_copy(update={"perspective": "seller"})
    items = list(study.items)
    answered = study.responses.assign(**{item: (study.responses[item] + 1).clip(upper=7) for item in items})
    other = replace(study, path=Path("elsewhere/study.yml"), file=file, responses=answered)
    return study, other


def monitor_of(study, units=11):
    """The same answers about units that differ, each judged by customers with either plan."""
    score = bouwen.score_scales(study).mean(axis=1).fillna(0)
    noisy = score + np.random.default_rng(1).normal(size=len(score)) * 1.5 * score.std()
    place = noisy.groupby(study.responses["plan"].astype(str)).rank(method="first", pct=True)
    number = np.ceil(place * units).clip(1, units).fillna(1).astype(int)
    settings = study.settings.model_copy(update={"min_unit": 5})
    unit = UnitSpec(variable="store", role="plan")
    file = study.file.model_copy(update={"unit": unit, "settings": settings})
    answered = study.responses.assign(store=[f"Store {k:02d}" for k in number])
    return bouwen.unit_scores(replace(study, file=file, responses=answered))


def results_of(study):
    """One of every result that tables and figures are made of, by the names in `TABLES` and `PLOTS`."""
    keyed = bouwen.key_items(study)
    items = keyed.drop(columns="cusa")
    fit, measured = bouwen.fit_model(study, "structural"), bouwen.fit_model(study, "measurement")
    boot = bouwen.bootstrap(fit, 20, seed=1)
    stability = bouwen.loading_stability(items, 3, seed=1, draws=5)
    found = bouwen.item_statistics(study).head(2)
    claim = next(iter(study.instrument.claims))
    sides = bouwen.mirror(*two_sides(study))
    monitor = monitor_of(study)
    return SimpleNamespace(
        advised=pd.DataFrame(
            {
                "recommendation": "r",
                "who": ["Them"],
                "what": "Do it.",
                "rests_on": [[claim]],
                "verdict": "stands",
            }
        ),
        rates=pd.DataFrame([dict.fromkeys(RATES, 0.1) | {"claim": claim, "n": 50, "expected": "supported"}]),
        sides=sides,
        monitor=monitor,
        one_unit=monitor.units[0],
        both_say=bouwen.mirror_findings(*two_sides(study), sides),
        fit=fit,
        measured=measured,
        boot=boot,
        effects=bouwen.indirect_effects(fit, study.outcome_variable, draws=boot),
        sam=bouwen.fit_structure(study),
        totals=bouwen.decompose_effects(fit, study.outcome_variable, draws=boot),
        importance=bouwen.predictor_importance(fit, study.outcome_variable, draws=boot),
        ratios=bouwen.htmt(tables.scales_of(measured, study), draws=20, seed=1),
        compared=bouwen.compare_engines(study.model("structural"), keyed),
        weighed=bouwen.weigh_claims(study),
        recovered=recovered(fit),
        efa=stability.efa,
        stability=stability,
        structures=bouwen.compare_structures(study, "structural"),
        counts=bouwen.count_factors(items, seed=1, draws=20),
        plan=bouwen.plan_follow_up(study, [100, 200], reps=10, seed=1),
        groups_compared=bouwen.compare_groups(study, "company", draws=99, permutations=99),
        slopes=bouwen.numeric_effects(with_ages(study)).assign(variable="plan"),
        items_alike=bouwen.construct_ladders(study, draws=99),
        ladders={"company": bouwen.study_invariance(study, "company", draws=5)},
        curve=bouwen.specification_curve(study, seed=1, permutations=19),
        method=bouwen.common_method(study),
        against=found.assign(ci_lower=-0.5, ci_upper=0.1, r_rest_turned=0.3),
        scores=bouwen.scale_statistics(study),
        reliability=bouwen.scale_reliability(study, draws=10, seed=1).table(),
        screened=bouwen.screen(study),
        nested=bouwen.nesting(in_clusters(study, 30)),
        treated=bouwen.compare_treatments(study, seed=1, imputations=2),
        kmo=bouwen.kmo(items),
        bartlett=bouwen.bartlett(items),
        mardia=bouwen.mardia(items),
    )

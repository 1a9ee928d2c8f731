"""How much results depend on choices: the specification curve and checks for a common method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.claims import variable_label
from bouwen.path import CommonMethod, SpecificationCurve
from bouwen.report.tables.layout import intervals, numbers, table
from bouwen.report.texts import arrow, share
from bouwen.survey import Study
from bouwen.words import interval, pvalue

if TYPE_CHECKING:
    from great_tables import GT

CHOICES = {
    "form": ("{predictor} as", "{predictor} als"),
    "estimator": ("Estimator", "Schatter"),
    "missing": ("Missing answers", "Ontbrekende antwoorden"),
    "items": ("Items of: {predictor}", "Items van: {predictor}"),
    "adjustment": ("Other predictors", "Andere voorspellers"),
    "respondents": ("Respondents", "Respondenten"),
}
LEVELS = {
    "second_order": ("factor of factors", "factor van factoren"),
    "one_factor": ("one factor", "één factor"),
    "facets": ("facets together", "facetten samen"),
    "item": ("item, other factors", "item, verder factoren"),
    "scores": ("mean score", "gemiddelde score"),
    "MLR": ("MLR: items as numbers", "MLR: items als getallen"),
    "WLSMV": ("WLSMV: items as categories", "WLSMV: items als categorieën"),
    "available": ("every answer given", "elk gegeven antwoord"),
    "complete": ("complete respondents", "volledige respondenten"),
    ("items", "all"): ("all", "alle"),
    "weakest": ("without the weakest", "zonder de zwakste"),
    "reversed": ("without reversed ones", "zonder omgekeerde"),
    "model": ("those of the model", "die van het model"),
    "none": ("none", "geen"),
    "background": ("those and background", "die en achtergrond"),
    ("respondents", "all"): ("all", "alle"),
    "attentive": ("without careless ones", "zonder onzorgvuldige"),
}
STATISTICS = {
    "median": ("Median effect", "Mediaan van het effect"),
    "significant": ("Share significant", "Aandeel significant"),
    "z": ("Mean z", "Gemiddelde z"),
}
METHODS = ("own", "method", "acquiescence")


def choice_label(study: Study, curve: SpecificationCurve, choice: str) -> str:
    """A choice as a reader names it."""
    english, dutch = CHOICES[choice]
    text = dutch if study.language == "nl" else english
    return text.format(predictor=variable_label(study, curve.path.predictor))


def level_label(study: Study, choice: str, level: str) -> str:
    """What was chosen, as a reader names it."""
    english, dutch = LEVELS[choice, level] if level == "all" else LEVELS[level]
    return dutch if study.language == "nl" else english


def specification_steps(study: Study, curve: SpecificationCurve) -> GT:
    """How much each choice moves the effect, everything else equal."""
    steps = curve.steps()
    steps = steps[steps["n"] > 0].reset_index()
    varied = steps.groupby("choice")["level"].transform("size") > 1
    steps = steps[varied]
    pairs = list(zip(steps["choice"], steps["level"], strict=True))
    return table(
        study,
        {
            "choice": [choice_label(study, curve, choice) for choice, _ in pairs],
            "chosen": [level_label(study, *pair) for pair in pairs],
            "specifications": [str(n) for n in steps["n"]],
            "median": numbers(study, steps["median"]),
            "shift": numbers(study, steps["shift"]),
            "range": [
                interval(low, high, 2, study.language) if pd.notna(low) else "–"
                for low, high in zip(steps["smallest"], steps["largest"], strict=True)
            ],
        },
        rows="choice",
        note="steps",
    )


def joint_tests(study: Study, curve: SpecificationCurve) -> GT:
    """The whole curve against shuffled answers."""
    joint = curve.joint
    shares = joint.index == "significant"

    def shown(column: str) -> list[str]:
        texts = numbers(study, joint[column])
        return [
            share(study, value) if is_share else text
            for value, is_share, text in zip(joint[column], shares, texts, strict=True)
        ]

    k = 1 if study.language == "nl" else 0
    return table(
        study,
        {
            "what": [STATISTICS[str(name)][k] for name in joint.index],
            "observed": shown("observed"),
            "expected": shown("expected"),
            "limit": shown("limit"),
            "p": [pvalue(p, study.language) for p in joint["pvalue"]],
        },
        note="joint",
    )


def method_paths(study: Study, found: CommonMethod) -> GT:
    """Standardised paths without and with a factor for what items share by method."""
    paths = found.paths()
    columns = {"path": [arrow(study, a, b) for a, b in zip(paths["rhs"], paths["lhs"], strict=True)]}
    columns |= {name: numbers(study, paths[name]) for name in METHODS if name in paths}
    return table(study, columns)


def method_shares(study: Study, found: CommonMethod) -> GT:
    """How much of the items' variance each method factor takes."""
    shares = found.shares()
    kinds = {"method": ("Method", "Methode"), "acquiescence": ("Acquiescence", "Ja-zeggen")}
    k = 1 if study.language == "nl" else 0
    return table(
        study,
        {
            "what": [kinds[str(name)][k] for name in shares.index],
            "variance_share": numbers(study, shares["share"]),
            "interval": intervals(study, shares),
        },
    )

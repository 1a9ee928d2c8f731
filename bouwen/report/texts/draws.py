"""Sentences about what draws of a fitted model say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.texts.wording import chain, markdown, share
from bouwen.sem import Bootstrap
from bouwen.survey import Study
from bouwen.words import interval, number

if TYPE_CHECKING:
    from IPython.display import Markdown


def indirect_effects(study: Study, effects: pd.DataFrame) -> Markdown:
    """Which indirect effects can be told from zero, and the strongest of them."""
    language = study.language
    if effects.empty:
        none = {
            "en": "In this model no variable works through another.",
            "nl": "In dit model werkt geen variabele via een andere.",
        }
        return markdown(none[language])
    single = effects.loc[[bool(via) for via in effects["via"]]]
    clear = single[(single["boot_lower"] > 0) | (single["boot_upper"] < 0)]
    words = {
        "en": "Of the {n} indirect effects {clear} can be told from zero. The strongest is *{name}*: {size}, "
        "with the interval {interval}. It says how much the outcome differs, in standard deviations, between "
        "respondents one standard deviation apart on the first variable, in so far as that runs through what "
        "lies between.",
        "nl": "Van de {n} indirecte effecten zijn er {clear} van nul te onderscheiden. Het sterkste is "
        "*{name}*: {size}, met interval {interval}. Het zegt hoeveel de uitkomst verschilt, in "
        "standaarddeviaties, tussen respondenten die op de eerste variabele één standaarddeviatie uiteen "
        "liggen, voor zover dat loopt via wat ertussen ligt.",
    }
    top = single.iloc[int(single["est"].abs().to_numpy().argmax())]
    return markdown(
        words[language].format(
            n=len(single),
            clear=len(clear),
            name=chain(study, (top["predictor"], *top["via"], top["outcome"])),
            size=number(top["est"], 2, language),
            interval=interval(top["boot_lower"], top["boot_upper"], 2, language),
        )
    )


def account(study: Study, boot: Bootstrap) -> Markdown:
    """What became of the draws, and which of them the intervals describe."""
    count, language = boot.counts, study.language
    failed = count["drawn"] - count["converged"]
    rule = {
        "keep": {"en": "kept, because leaving them out would make the intervals too narrow",
                 "nl": "behouden, omdat weglaten de intervallen te smal zou maken"},
        "drop": {"en": "left out", "nl": "weggelaten"},
    }[boot.inadmissible][language]  # fmt: skip
    words = {
        "en": "Of {drawn} draws {failed} gave no solution; {improper} ({share}) gave an improper one, such "
        "as a negative variance, and are {rule}. The intervals describe the {used} draws in use.",
        "nl": "Van {drawn} trekkingen gaven er {failed} geen oplossing; {improper} ({share}) gaven een "
        "onmogelijke, zoals een negatieve variantie, en zijn {rule}. De intervallen beschrijven de {used} "
        "trekkingen in gebruik.",
    }
    return markdown(
        words[language].format(
            drawn=number(count["drawn"], 0, language),
            failed=number(failed, 0, language),
            improper=number(count["inadmissible"], 0, language),
            share=share(study, count["inadmissible"] / count["drawn"], 1),
            used=number(count["used"], 0, language),
            rule=rule,
        )
    )

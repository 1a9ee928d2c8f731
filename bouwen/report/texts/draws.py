"""Sentences about what draws of a fitted model say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.texts.wording import chain, markdown
from bouwen.sem import Bootstrap
from bouwen.survey import Study
from bouwen.words import words

if TYPE_CHECKING:
    from IPython.display import Markdown


def indirect_effects(study: Study, effects: pd.DataFrame) -> Markdown:
    """Which indirect effects can be told from zero, and the strongest of them."""
    say = words(study.language)
    if effects.empty:
        return markdown(say("indirect.none"))
    single = effects.loc[[bool(via) for via in effects["via"]]]
    clear = single[(single["boot_lower"] > 0) | (single["boot_upper"] < 0)]
    top = single.iloc[int(single["est"].abs().to_numpy().argmax())]
    return markdown(
        say(
            "indirect.found",
            n=len(single),
            clear=len(clear),
            name=chain(study, (top["predictor"], *top["via"], top["outcome"])),
            size=say.number(top["est"]),
            interval=say.interval(top["boot_lower"], top["boot_upper"]),
        )
    )


def account(study: Study, boot: Bootstrap) -> Markdown:
    """What became of the draws, and which of them the intervals describe."""
    count, say = boot.counts, words(study.language)
    return markdown(
        say(
            "account.found",
            drawn=say.number(count["drawn"], 0),
            failed=say.number(count["drawn"] - count["converged"], 0),
            improper=say.number(count["inadmissible"], 0),
            share=say.percent(count["inadmissible"] / count["drawn"], 1),
            used=say.number(count["used"], 0),
            rule=say(f"account.{boot.inadmissible}"),
        )
    )

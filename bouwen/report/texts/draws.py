"""Sentences about what draws of a fitted model say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.escaping import in_markdown
from bouwen.report.audience import ReaderOptions, reader, reader_of
from bouwen.report.texts.wording import markdown
from bouwen.sem import Bootstrap
from bouwen.survey import Study

if TYPE_CHECKING:
    from IPython.display import Markdown


def indirect_effects_text(
    effects: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown:
    """Which indirect effects can be told from zero, and the strongest of them.

    Parameters
    ----------
    effects : DataFrame
        From `bouwen.indirect_effects`; intervals are percentiles where it had draws.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    to = reader_of(effects, study, **options)
    say = to.words
    if effects.empty:
        return markdown(say("indirect.none"))
    single = effects.loc[[bool(via) for via in effects["via"]]]
    lower, upper = ("boot_lower", "boot_upper") if "boot_lower" in single else ("ci_lower", "ci_upper")
    clear = single[(single[lower] > 0) | (single[upper] < 0)]
    top = single.iloc[int(single["est"].abs().to_numpy().argmax())]
    return markdown(
        say(
            "indirect.found",
            n=len(single),
            clear=len(clear),
            name=in_markdown(to.chain((top["predictor"], *top["via"], top["outcome"]))),
            size=say.number(top["est"]),
            interval=say.interval(top[lower], top[upper]),
        )
    )


def account_text(boot: Bootstrap, study: Study | None = None, **options: Unpack[ReaderOptions]) -> Markdown:
    """What became of the draws, improper ones if there are any, and which of them the intervals describe.

    Parameters
    ----------
    boot : Bootstrap
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    say, count = reader(study, **options).words, boot.counts
    return markdown(
        say(
            "account.found" if count["inadmissible"] else "account.proper",
            drawn=say.number(count["drawn"], 0),
            failed=say.number(count["drawn"] - count["converged"], 0),
            improper=say.number(count["inadmissible"], 0),
            share=say.percent(count["inadmissible"] / count["drawn"], 1),
            used=say.number(count["used"], 0),
            rule=say(f"account.{boot.inadmissible}"),
        )
    )

"""How many of those invited answered, whom they are about, and how much their answers count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.errors import BouwenError
from bouwen.escaping import in_markdown
from bouwen.path import weighted_effects
from bouwen.report.audience import ReaderOptions, reader
from bouwen.report.given import check_study
from bouwen.report.texts.wording import markdown
from bouwen.survey import TOGETHER, Study, compare_with_register, design_effect, hidden
from bouwen.words import words

if TYPE_CHECKING:
    from IPython.display import Markdown


def weighting_text(study: Study) -> Markdown | None:
    """The main path by how much each answer counts; nothing where there is one way only."""
    check_study(study)
    to = reader(study)
    try:
        found = weighted_effects(study)
    except BouwenError as error:
        return markdown(to.words("weighting.failed", why=in_markdown(to.words.said(str(error)))))
    if found is None:
        return None
    lines = [
        to.words(
            f"weighting.{name}",
            estimate=to.words.number(row["estimate"]),
            interval=to.words.interval(row["ci_lower"], row["ci_upper"]),
            cost=to.words.number(row["design_effect"]),
        )
        for name, row in found.iterrows()
    ]
    level = to.words.percent(study.settings.confidence)
    return markdown(
        "\n".join([to.words("weighting.title", level=level), "", *(f"- {line}" for line in lines)])
    )


def treatments_text(
    treated: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown | None:
    """How far the treatment of gaps moves the mean of a scale at most; nothing where none may be shown.

    Parameters
    ----------
    treated : DataFrame
        From `bouwen.compare_treatments`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    from bouwen.report.tables import treatment_spread

    spread, to = treatment_spread(treated).dropna(), reader(study, **options)
    if spread.empty:
        return None
    label, number = in_markdown(to.label(str(spread.idxmax()))), to.words.number(spread.max(), 3)
    return markdown(to.words("treatments.spread", spread=number, label=label))


def response_text(study: Study) -> Markdown | None:
    """The response rate, and what weights do; nothing where the study tells neither."""
    check_study(study)
    say, invited, n = words(study.language), study.file.invited, len(study.responses)
    said = []
    if invited is not None:
        by_level = invited.values() if isinstance(invited, dict) else [{"": invited}]
        total = sum(sum(numbers.values()) for numbers in by_level)
        said.append(say("response.rate", invited=say.plain(total), n=n, rate=say.percent(n / total)))
    if (w := study.weights) is not None:
        effect = design_effect(w)
        said.append(say("response.weights", effect=say.number(effect), worth=round(n / effect)))
    return markdown(" ".join(said)) if said else None


def register_text(study: Study) -> Markdown | None:
    """Where respondents differ most from the register; nothing where there is none to compare with."""
    check_study(study)
    found = compare_with_register(study)
    if found is None:
        return None
    say, limits = words(study.language), (study.settings.min_cell, study.settings.min_width)
    shown = [
        ~hidden(rows["n"], *limits) & (rows["level"] != TOGETHER) for _, rows in found.groupby("variable")
    ]
    found = found[pd.concat(shown).reindex(found.index)]
    if found.empty:
        return None
    most = (found["share"] - found["register"]).abs().to_numpy().argmax()
    variable, level = str(found["variable"].iloc[most]), str(found["level"].iloc[most])
    label = study.level_label(variable, level) if variable in study.categories else level
    shares = {name: say.percent(found[name].iloc[most]) for name in ("share", "register")}
    return markdown(say("register.most", level=in_markdown(label), **shares))

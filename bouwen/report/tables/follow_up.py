"""How many answers a follow-up needs, and which differences its groups can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.claims import PAGE, claim_label, claim_power, read_error_rates
from bouwen.path import FollowUp, smallest_differences
from bouwen.report.audience import ReaderOptions, reader, reader_of
from bouwen.report.given import check_given, check_study
from bouwen.report.tables.layout import lay_out, lay_out_frame, number_texts
from bouwen.report.texts.follow_up import needed_text
from bouwen.sem import rmsea_power, rmsea_sample_size
from bouwen.survey import Study, population_size

if TYPE_CHECKING:
    from great_tables import GT

PLAN = "the plan of a follow-up (bouwen.plan_follow_up)"


def follow_up_texts(
    plan: FollowUp, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> pd.DataFrame:
    """Each effect in words: its size, its power at the study's own size, and the answers it needs.

    With a study whose register is its population, also the answers needed of so many.
    """
    check_given(plan, FollowUp, PLAN)
    to, size = reader(study, **options), population_size(study) if study else None
    found = plan.table(size)
    powers = zip(number_texts(to, found["power"]), number_texts(to, 2 * found["mc_error"]), strict=True)
    rows = [row for _, row in found.iterrows()]
    columns = {
        to.words("planning.effect"): [to.chain(chain) for chain in found["chain"]],
        to.words("planning.std"): number_texts(to, found["std"]),
        to.words("planning.power", n=plan.n): [f"{power}\u00a0±\u00a0{error}" for power, error in powers],
        to.words("planning.needed"): [needed_text(to.words, plan, row) for row in rows],
    }
    if size is not None:
        finite = [needed_text(to.words, plan, row, "needed_finite") for row in rows]
        columns[to.words("planning.finite", n=size)] = finite
    return pd.DataFrame(columns)


def follow_up_table(plan: FollowUp, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """What each effect needs.

    Parameters
    ----------
    plan : FollowUp
        From `bouwen.plan_follow_up`.
    study : Study, optional
        Gives the labels and the language, and with a register how many there are to ask.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    frame = follow_up_texts(plan, study, **options)
    return lay_out_frame(reader(study, **options), frame, left=[frame.columns[0]], note="power")


def fit_power_table(plan: FollowUp, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """Power of the tests of fit in closed form: at the study's own size, and the answers they need.

    Parameters
    ----------
    plan : FollowUp
        From `bouwen.plan_follow_up`.
    study : Study, optional
        Gives the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(plan, FollowUp, PLAN)
    to = reader_of(plan, study, **options)
    alpha, tests = plan.result.alpha, {"exact": (0.0, 0.05), "close": (0.05, 0.08), "not_close": (0.05, 0.02)}
    rows = []
    for name, (null, true) in tests.items():
        here = rmsea_power(plan.df, plan.n, rmsea0=null, rmsea=true, alpha=alpha)
        needs = rmsea_sample_size(plan.df, power=plan.goal, rmsea0=null, rmsea=true, alpha=alpha)
        rows.append((to.words(f"planning.{name}"), to.words.number(here), str(needs)))
    heads = [to.words(f"planning.{key}", n=plan.n) for key in ("test", "power", "needed")]
    return lay_out_frame(to, pd.DataFrame(rows, columns=heads), left=heads[:1], note="rmsea_power")


def claim_power_texts(study: Study) -> pd.DataFrame:
    """Each claim in words: how likely a survey of this size settles it, and how many answers would."""
    check_study(study)
    to, rates, n = reader(study), read_error_rates(study), len(study.responses)
    if rates is None:
        found, expected, outcomes = claim_power(study), "expected", "verdicts"
    else:
        found = rates[rates["claim"] != PAGE].dropna(subset="expected").set_index("claim")
        expected, outcomes, n = "in_population", "in_population", int(rates["n"].iloc[0])
    claims = study.instrument.claims
    texts = [claims[name].text[study.perspective][study.language] for name in found.index]
    heads = ("planning.claim", f"planning.{expected}", "planning.power", "planning.needed")
    columns = (
        [f"{claim_label(study, str(name))}. {text}" for name, text in zip(found.index, texts, strict=True)],
        [to.words(f"{outcomes}.{word}") for word in found["expected"]],
        number_texts(to, found["power"]),
        [to.words("planning.no_number") if pd.isna(n) else to.words.number(n, 0) for n in found["needed"]],
    )
    names = [to.words(head, n=n) for head in heads]
    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def claim_power_note(study: Study) -> str:
    """The name of the note under the claims' table: whether simulations or estimates speak in it."""
    return "claim_power" if read_error_rates(study) is None else "claim_power_recorded"


def claim_power_table(study: Study) -> GT:
    """What it takes to settle each claim of a study: as was recorded of simulations, or else estimated."""
    frame = claim_power_texts(study)
    return lay_out_frame(reader(study), frame, left=list(frame.columns[:2]), note=claim_power_note(study))


def detectable_table(study: Study) -> GT:
    """The smallest difference between each two levels that the study's own group sizes can show."""
    check_study(study)
    to, found = reader(study), smallest_differences(study)
    pairs = zip(found["group"], found["first"], found["second"], strict=True)
    return lay_out(
        to,
        {
            "variable": map(to.group, found["group"]),
            "level": [f"{study.level_label(g, a)} – {study.level_label(g, b)}" for g, a, b in pairs],
            "n": [f"{a} – {b}" for a, b in zip(found["n_first"], found["n_second"], strict=True)],
            "smallest": number_texts(to, found["d"]),
        },
        rows="variable",
        note="smallest",
    )

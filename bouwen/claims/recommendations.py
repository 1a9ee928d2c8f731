"""The study's advice, and whether the findings on which it rests still carry it."""

from __future__ import annotations

import pandas as pd

from bouwen.claims.verdicts import claim_verdicts
from bouwen.survey import Study

STANDS, WEAKENED, WITHDRAWN, BASELESS = "stands", "weakened", "withdrawn", "without a base"
STANDINGS = (STANDS, WEAKENED, WITHDRAWN, BASELESS)


def recommendation_verdicts(study: Study, evidence: pd.DataFrame) -> pd.DataFrame:
    """What becomes of every recommendation that the study's side of the questionnaire knows.

    Parameters
    ----------
    study : Study
    evidence : DataFrame
        From `bouwen.weigh_claims`.

    Returns
    -------
    DataFrame
        One row per recommendation that has a wording for the study's perspective: ``recommendation who what
        rests_on verdict``. *Stands*: every claim on which it rests is supported, as far as it was asked.
        *Withdrawn*: one of them is contradicted, wholly or in part. *Weakened*: anything between.
        *Without a base*: it rests on no claim, or on none that was asked here.
    """
    verdicts, side, language = claim_verdicts(evidence), study.perspective, study.language
    rows = [
        {
            "recommendation": name,
            "who": advice.who[side][language],
            "what": advice.what[side][language],
            "rests_on": list(advice.rests_on),
            "verdict": standing([verdicts[claim] for claim in advice.rests_on]),
        }
        for name, advice in study.instrument.recommendations.items()
        if side in advice.what
    ]
    return pd.DataFrame(rows, columns=["recommendation", "who", "what", "rests_on", "verdict"])


def standing(verdicts: list[str]) -> str:
    """What becomes of advice that rests on claims with these verdicts.

    >>> standing(["supported", "cannot tell"]), standing(["supported", "contradicted in part"]), standing([])
    ('weakened', 'withdrawn', 'without a base')
    """
    asked = [verdict for verdict in verdicts if verdict != "not asked here"]
    if not asked:
        return BASELESS
    if any(verdict.startswith("contradicted") for verdict in asked):
        return WITHDRAWN
    whole = len(asked) == len(verdicts) and set(asked) <= {"supported", "supported as far as asked"}
    return STANDS if whole else WEAKENED

"""The published findings and the evidence for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.claims import claim_label, claim_verdicts, verdict_label, weigh_claims
from bouwen.report.tables.layout import intervals, numbers, table
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT


def findings(study: Study, evidence: pd.DataFrame | None = None) -> GT:
    """Every published finding with the verdict of this study."""
    evidence = weigh_claims(study) if evidence is None else evidence
    verdicts = claim_verdicts(evidence)
    claims = study.instrument.claims
    return table(
        study,
        {
            "number": [claim_label(study, name) for name in claims],
            "claim": [claim.text[study.perspective][study.language] for claim in claims.values()],
            "verdict": [verdict_label(study, verdicts[name]) for name in claims],
        },
    )


def evidence(study: Study, weighed: pd.DataFrame) -> GT:
    """The estimates behind the verdicts."""
    estimated = weighed[weighed["estimate"].notna()]
    return table(
        study,
        {
            "number": [claim_label(study, name) for name in estimated["claim"]],
            "evidence": estimated["what"],
            "estimate": numbers(study, estimated["estimate"]),
            "interval": intervals(study, estimated),
            "verdict": [verdict_label(study, v) for v in estimated["verdict"]],
        },
    )

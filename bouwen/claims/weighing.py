"""The published findings, one by one, against the answers of this study."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from bouwen.checks import check_known
from bouwen.claims.evidence import gather_evidence
from bouwen.claims.verdicts import judge_evidence
from bouwen.results import at_level
from bouwen.scales import fit_structure, score_scales
from bouwen.sem import Fit
from bouwen.survey import PathEvidence, Study

EVIDENCE_COLUMNS = [
    "claim", "kind", "what", "estimate", "reference", "smallest", "ci_lower", "ci_upper", "pvalue",
    "padjusted", "verdict", "size",
]  # fmt: skip


def weigh_claims(
    study: Study, fits: Mapping[str, Fit] | None = None, *, estimator: str = "main"
) -> pd.DataFrame:
    """Hold every claim of the instrument against the answers.

    Paths and differences are tested against zero, means against the middle of the answer scale, each on the
    side that the claim expects and on the other, with half of what the level of confidence leaves a side.
    What is found is corrected for how much is tested; see `bouwen.claims.verdicts.judge_evidence`. Claims
    whose words speak of size are held against a smallest value as well.

    Parameters
    ----------
    study : Study
    fits : mapping from model name to Fit, optional
        Models that were fitted already; the others that the claims need are fitted here, by structure after
        measurement (`bouwen.fit_structure`) where that is possible.
    estimator : str
        Of the models fitted here, see `bouwen.fit_model`.

    Returns
    -------
    DataFrame
        One row per piece of evidence, in the order of the instrument: ``claim kind what estimate reference
        smallest ci_lower ci_upper pvalue padjusted verdict size``. The verdict is *supported*,
        *contradicted*, *cannot tell* or *not asked here*; the size *large enough*, *small*, *size open*, or
        an empty text where the claim does not speak of it. P-values are one-sided, of the side on which the
        estimate lies. All intervals are of the study's level of confidence, each for itself.

    See Also
    --------
    bouwen.claim_verdicts : The verdict on each claim.
    """
    pieces = measure_claims(study, fits, estimator)
    judged = judge_evidence(pieces, study.settings.confidence) if len(pieces) else pieces
    return at_level(judged.reindex(columns=EVIDENCE_COLUMNS), study.settings.confidence)


def measure_claims(
    study: Study, fits: Mapping[str, Fit] | None = None, estimator: str = "main"
) -> pd.DataFrame:
    """What the answers show of every piece of evidence, before any verdict; see `judge_evidence`."""
    fits = dict(fits or {})
    for name in fits:
        check_known("model", name, study.instrument.models)
    scores, rows = score_scales(study), []
    paths: dict[str, pd.DataFrame] = {}
    for name, claim in study.instrument.claims.items():
        for evidence in claim.evidence:
            if isinstance(evidence, PathEvidence) and (model := evidence.model) not in paths:
                fit = fits[model] if model in fits else fit_structure(study, model, estimator=estimator)
                paths[model] = fit.standardized().assign(df=fit.degrees)
            for piece in gather_evidence(study, evidence, scores, paths, estimator):
                named = {"claim": name, "kind": evidence.kind, **vars(piece)}
                found, beyond = named.pop("found"), named.pop("beyond")
                rows.append(
                    named
                    | {"estimate": found.value, "se": found.se, "df": found.df}
                    | {"beyond": beyond.value, "beyond_se": beyond.se}
                )
    return pd.DataFrame(rows)


def claim_label(study: Study, claim: str) -> str:
    """A claim's number in the instrument, as a reader refers to it."""
    return f"{list(study.instrument.claims).index(claim) + 1}"

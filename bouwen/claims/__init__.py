"""Findings against the answers: what was claimed, what this study says of it."""

from bouwen.claims.weighing import (
    VERDICTS,
    claim_label,
    claim_verdicts,
    variable_label,
    weigh_claims,
)

__all__ = ["VERDICTS", "claim_label", "claim_verdicts", "variable_label", "weigh_claims"]

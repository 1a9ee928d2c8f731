"""A study as if its respondents were strangers, and in clusters that a test makes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bouwen.survey import Study


def independent(study: Study) -> Study:
    """The same answers with `cluster: none`."""
    return replace(study, file=study.file.model_copy(update={"cluster": "none"}))


def in_clusters(study: Study, number: int, variable: str = "team") -> Study:
    """The same answers from respondents in this many clusters, dealt out in turn."""
    team = np.array([f"t{k % number}" for k in range(len(study.responses))])
    return replace(
        study,
        responses=study.responses.assign(**{variable: team}),
        file=study.file.model_copy(update={"cluster": variable}),
    )

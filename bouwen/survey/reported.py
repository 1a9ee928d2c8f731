"""What only the researchers know, and guidelines ask a report to tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from bouwen.survey.files import Part
from bouwen.survey.wordings import Text
from bouwen.survey.writing import SEVERAL_LINES, Problem

OwnWords = Annotated[Text | None, SEVERAL_LINES]


class ReportSpec(Part):
    """Texts for pages and reporting checklists, in the order in which they are shown."""

    recruitment: OwnWords = None
    """How respondents were found and invited, and what they got for it."""
    period: OwnWords = None
    """When, and where, answers were given."""
    sample_size: OwnWords = None
    """How many respondents were planned, and how that was decided."""
    ethics: OwnWords = None
    """Approval by an ethics committee, and how respondents consented."""
    registration: OwnWords = None
    """Whether and where the study was registered beforehand."""
    funding: OwnWords = None
    """Who paid for the study."""
    interests: OwnWords = None
    """Interests of the authors in what is found."""
    data_access: OwnWords = None
    """Who can get the answers and the questionnaire, and how."""
    limitations: OwnWords = None
    """What the study cannot tell."""

    @property
    def told(self) -> dict[str, Text]:
        """The texts that the study gives, by key."""
        found = {key: getattr(self, key) for key in ReportSpec.model_fields}
        return {key: text for key, text in found.items() if text is not None}

    def problems(self) -> Iterator[Problem]:
        """Texts without a word, which would count as told."""
        for key, text in self.told.items():
            if not all(said.strip() for said in text.texts.values()):
                yield (key,), f'"{key}" is empty; write what there is to tell, or leave the key out.'


REPORTED = tuple(ReportSpec.model_fields)

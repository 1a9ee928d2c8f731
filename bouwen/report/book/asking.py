"""What building a book asks of the machine; measured for studies of 201 to 10,602 respondents."""

from __future__ import annotations

from bouwen.survey import Study

SHIPPED = 201 * 44  # answers of the study that the figures below are of
LEAST_SECONDS = 600.0  # that a chapter may take, however small the study
SECONDS, MORE_SECONDS = 65.0, 8.0  # of a processor: for the shipped study, and for as many answers again
GIGABYTES, MORE_GIGABYTES = 0.8, 0.015


def size(study: Study) -> float:
    """How many times as many answers a study has as the shipped one; at least 1."""
    return max(1.0, len(study.responses) * len(study.items) / SHIPPED)


def time_limit(study: Study) -> float:
    """Seconds that a chapter may take."""
    return LEAST_SECONDS * size(study)


def minutes_asked(study: Study) -> float:
    """Minutes of one processor that a first build takes, roughly."""
    return (SECONDS + MORE_SECONDS * (size(study) - 1)) / 60


def gigabytes_asked(study: Study) -> float:
    """Memory that a build on two processors takes at most, roughly."""
    return GIGABYTES + MORE_GIGABYTES * (size(study) - 1)

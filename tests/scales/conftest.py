from types import SimpleNamespace

import pandas as pd
import pytest
from references import read_data, read_values

from bouwen.survey.instrument import Instrument


@pytest.fixture(scope="session")
def reference():
    return read_values("psych/psych_semtools")


@pytest.fixture(scope="session")
def holzinger():
    return read_data("holzinger")[[f"x{i}" for i in range(1, 10)]]


@pytest.fixture(scope="session")
def bfi():
    """2,800 respondents, some answers missing, reversed items as answered."""
    return read_data("bfi").iloc[:, :25]


@pytest.fixture(scope="session")
def bfi900():
    return read_data("bfi900").iloc[:, :15]


def make_study(responses, constructs, *, reversed_items=(), lowest=1, highest=5):
    """What the scales use of a study: answers, instrument, settings."""
    text = {"nl": "t", "en": "t"}
    instrument = Instrument.model_validate(
        {
            "title": text,
            "perspectives": {"p": text},
            "answer_scales": {"agree": {"lowest": lowest, "highest": highest, "labels": {}}},
            "constructs": {
                construct: {
                    "label": text,
                    "definition": text,
                    "source": "s",
                    "answer_scale": "agree",
                    "items": {i: {"text": {"p": text}, "reversed": i in reversed_items} for i in items},
                }
                for construct, items in constructs.items()
            },
        }
    )
    return SimpleNamespace(
        responses=responses,
        instrument=instrument,
        constructs=tuple(constructs),
        items=tuple(instrument.items),
        items_of=lambda construct: tuple(instrument.constructs[construct].items),
        settings=SimpleNamespace(confidence=0.95),
        clusters=None,
    )


@pytest.fixture
def study_of():
    return make_study


def frame(rows):
    """A reference matrix, written by R as a list of rows."""
    return pd.DataFrame(rows).T


@pytest.fixture(scope="session")
def as_frame():
    return frame

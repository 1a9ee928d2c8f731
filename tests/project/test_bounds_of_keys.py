"""What a number in a study, an instrument or a population may be: the list that `docs/` and users rely on."""

from __future__ import annotations

from collections.abc import Iterator

import annotated_types as at
import pytest
from pydantic import ValidationError

from bouwen.survey.files import Part
from bouwen.survey.study import Settings
from bouwen.twin.population import PopulationFile

SIGNS = {
    at.Gt: ("gt", ">"), at.Ge: ("ge", ">="), at.Lt: ("lt", "<"), at.Le: ("le", "<="),
    at.MinLen: ("min_length", "at least"), at.MaxLen: ("max_length", "at most"),
}  # fmt: skip

BOUNDS = {
    "AnalysisSettings.draws": ">= 20, <= 100000",
    "AnalysisSettings.permutations": ">= 19, <= 100000",
    "Chance.ground": "at least 1",
    "Claim.evidence": "at least 1",
    "ClassSpec.bounds": "at least 1",
    "Construct.items": "at least 1",
    "Correlated.between": "at least 2, at most 2",
    "Correlated.ground": "at least 1",
    "Correlated.value": "> -1, < 1",
    "CrossLoadings.ground": "at least 1",
    "FromRegister.common": ">= 0, < 1",
    "FromRegister.ground": "at least 1",
    "FromRegister.power": ">= -5, <= 5",
    "Grounded.ground": "at least 1",
    "LogNormal.ground": "at least 1",
    "LogNormal.median": "> 0",
    "LogNormal.spread": "> 0, <= 5",
    "Measurement.ground": "at least 1",
    "MissingAnswers.skipped": ">= 0, <= 1",
    "Paths.ground": "at least 1",
    "Paths.predictors": "at least 1",
    "Presentation.seed": ">= 0",
    "RegisterSpec.names": "at least 1",
    "ResponsesSpec.file": "at least 1",
    "ResponsesSpec.header_rows": ">= 1, <= 9",
    "ResponsesSpec.min_answered": ">= 0",
    "ResponsesSpec.skip_rows": ">= 0",
    "Settings.confidence": ">= 0.5, <= 0.999",
    "Settings.min_cell": ">= 3",
    "Settings.min_group": ">= 3",
    "Settings.min_unit": ">= 5",
    "Settings.min_width": ">= 3",
    "Settings.seed": ">= 0, <= 2147483647",
    "Settings.smallest_difference": ">= 0.01, <= 2",
    "Settings.smallest_path": ">= 0.01, <= 1",
    "Shares.ground": "at least 1",
    "Shift.ground": "at least 1",
    "Units.by_role": ">= 0, < 1",
    "Units.common": ">= 0, < 1",
    "Units.ground": "at least 1",
    "Units.sizes": "at least 1",
}


def parts(kind: type[Part] = Part) -> Iterator[type[Part]]:
    for below in kind.__subclasses__():
        yield below
        yield from parts(below)


def bounds(kind: type[Part]) -> Iterator[tuple[str, str]]:
    for name, field in kind.model_fields.items():
        held = [(*SIGNS[type(bound)], bound) for bound in field.metadata if type(bound) in SIGNS]
        if held:
            yield f"{kind.__name__}.{name}", ", ".join(f"{text} {getattr(b, name)}" for name, text, b in held)


def test_every_bound_is_in_the_list() -> None:
    assert PopulationFile in parts()
    found = {
        key: text for kind in parts() for key, text in bounds(kind) if kind.__module__.startswith("bouwen.")
    }
    assert {key: found[key] for key in sorted(found)} == BOUNDS


@pytest.mark.parametrize(
    ("key", "kept", "refused"),
    [
        (
            "confidence",
            [0.5, 0.95, 0.999],
            [0, 1, -0.5, 95, 1e-300, 0.49, 0.9991, True, "0.95", float("nan")],
        ),
        ("min_cell", [3], [2, 0, -1, 2.5, True, "5"]),
        ("min_width", [3], [2, 0, True]),
        ("min_group", [3], [2, 1, 0]),
        ("seed", [0, 2**31 - 1], [-5, 2**31, True, 1.5, "7"]),
        ("smallest_difference", [0.01, 2], [0, 0.009, 2.01, True, "0.3"]),
        ("smallest_path", [0.01, 1], [0, 0.009, 1.01, True, "0.2"]),
    ],
)
def test_settings_are_refused_outside_their_bounds(key: str, kept: list[float], refused: list[float]) -> None:
    for value in kept:
        assert getattr(Settings(**{key: value}), key) == value
    for value in refused:
        with pytest.raises(ValidationError):
            Settings(**{key: value})


def test_settings_that_are_not_given() -> None:
    usual = {"min_group": 30, "min_cell": 10, "min_cell_reason": None, "min_width": 5, "coarser": {}}
    usual |= {"min_unit": 10, "min_unit_reason": None}
    assert Settings().model_dump() == usual | {
        "confidence": 0.95, "seed": 1, "smallest_difference": 0.3, "smallest_path": 0.2,
    }  # fmt: skip

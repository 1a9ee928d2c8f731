"""The key `unit:`, and each way in which units cannot be told apart: one sentence a case."""

from __future__ import annotations

import pandas as pd
import pytest
from monitored import monitored
from pydantic import ValidationError

from bouwen.errors import BouwenError
from bouwen.survey import Settings, read_study, reported_units


def refused(folder, change) -> str:
    with pytest.raises(BouwenError) as caught:
        read_study(monitored(folder, change))
    return str(caught.value)


def test_units_with_enough_answers_in_both_roles_are_reported(tmp_path):
    def few(study, frame):
        return frame.drop(frame.index[(frame["team"] == "Team 03") & (frame["role"] == "inside")][:3])

    study = read_study(monitored(tmp_path, few))
    found = reported_units(study.responses, study.file.unit, study.settings.min_unit)
    assert list(found.index[~found]) == ["Team 03"]
    assert found.sum() == 11


def test_a_unit_in_two_spellings_is_named(tmp_path):
    for k, other in enumerate(("team 03", "Team-03", "Téam  03.")):

        def two(study, frame, other=other):
            frame.loc[frame.index[frame["team"] == "Team 03"][:4], "team"] = other

        told = refused(tmp_path / str(k), two)
        assert f'"{other}"' in told
        assert '"Team 03"' in told
        assert "are one unit in two spellings; write it in one way" in told


def test_a_unit_in_one_role_only_is_named(tmp_path):
    def alone(study, frame):
        return frame[(frame["team"] != "Team 05") | (frame["role"] == "inside")]

    told = refused(tmp_path, alone)
    assert '"Team 05" has no answers from the role "outside"; add them, or take the unit out' in told


def test_a_column_that_is_not_there_is_named(tmp_path):
    def unknown(study, frame):
        study["unit"]["variable"] = "teem"

    told = refused(tmp_path / "a", unknown)
    assert '"teem"' in told
    assert "team" in told
    assert '"team"' in refused(tmp_path / "b", lambda study, frame: frame.drop(columns="team"))


def test_a_role_has_two_levels(tmp_path):
    def many(study, frame):
        study["unit"]["role"] = "team"

    assert "team" in refused(tmp_path / "a", many)

    def merged(study, frame):
        study["merge"] = {"role": {"all": {"levels": ["inside", "outside"], "label": "All"}}}

    assert refused(tmp_path / "b", merged)


def test_fewer_units_than_can_be_compared_are_counted(tmp_path):
    told = refused(tmp_path, lambda study, frame: frame[frame["team"] < "Team 09"])
    assert "units can be held against each other from 10 on; 9 have 10 answers (min_unit)" in told


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ({"variable": "role", "role": "role"}, "names the unit already"),
        ({"variable": "team", "role": "role", "case_mix": ["role"]}, "is the unit or its role"),
        ({"variable": "team", "role": "role", "case_mix": ["age", "age"]}, "age"),
        ({"variable": "team", "role": "role", "case_mix": ["height"]}, "height"),
        ({"variable": "team", "role": "role", "traits": ["age"]}, "traits"),
    ],
)
def test_a_wrong_key_is_refused(unit, said, tmp_path):
    def change(study, frame):
        study["unit"] = unit

    assert said in refused(tmp_path, change)


def test_min_unit_has_a_floor_and_asks_for_a_reason(tmp_path):
    with pytest.raises(ValidationError):
        Settings(min_unit=4)

    def lowered(**settings):
        def change(study, frame):
            study["settings"] |= settings

        return change

    told = refused(tmp_path / "a", lowered(min_unit=7, min_cell=5, min_cell_reason="To try."))
    assert 'so "min_unit_reason" must say why' in told
    told = refused(tmp_path / "b", lowered(min_unit=8, min_unit_reason="To try."))
    assert '"min_unit" must be at least "min_cell"; 8 is below 10' in told
    both = lowered(min_unit=7, min_cell=5, min_cell_reason="To try.", min_unit_reason="To try.")
    study = read_study(monitored(tmp_path / "c", both))
    assert study.settings.min_unit == 7
    assert isinstance(study.responses, pd.DataFrame)

"""In what respondents are nested: the key, its default, and what is refused."""

from __future__ import annotations

import pytest

import bouwen
from bouwen.survey import FileError

PLACES = "code,name\na1,Alpha\nb2,Beta\nc3,Gamma\n"
REGISTER = """
register:
  file: places.csv
  variable: place
"""
ROWS = ["r1,5,1,prepaid,3.5,x,Alpha", "r2,4,2,contract,3.5,y,a1", "r3,3,4,contract,12,z,Beta"]


@pytest.fixture
def nested(trial):
    """A trial in which two respondents name one entry of a register, each in their own way."""
    trial.change("instrument.yml", "  years:", "  place:\n    label: place\n    kind: text\n  years:")
    trial.change("study.yml", "outcome: trust", f"outcome: trust{REGISTER}".rstrip())
    trial.write("places.csv", PLACES)
    trial.write("answers.csv", "\n".join(["id,t1,t2,plan,years,remark,place", *ROWS, ""]))
    return trial


def chosen(trial, value):
    trial.change("study.yml", "outcome: trust", f"cluster: {value}\noutcome: trust")
    return trial.read()


def test_respondents_are_nested_where_entries_of_the_register_repeat(nested):
    study = nested.read()
    assert study.cluster == "place"
    assert study.clusters.tolist() == [0, 0, 1]


def test_without_a_register_or_repeated_entries_nobody_is_nested(trial, nested):
    nested.change("answers.csv", "y,a1", "y,Gamma")
    study = nested.read()
    assert study.cluster is None
    assert study.clusters is None


@pytest.mark.parametrize("off", ["none", "None", "no", "false"])
def test_it_can_be_switched_off(nested, off):
    assert chosen(nested, off).cluster is None


def test_another_variable_may_be_named_without_a_register(trial):
    trial.change("answers.csv", "r3,3,Mee eens,1", "r3,3,Mee eens,contract")
    study = chosen(trial, "plan")
    assert study.clusters.tolist() == [0, 1, 1]


def test_spellings_of_one_text_are_one_cluster(trial):
    trial.change("instrument.yml", "  years:", "  team:\n    label: team\n    kind: text\n  years:")
    trial.write(
        "answers.csv",
        "id,t1,t2,plan,years,remark,team\nr1,5,1,1,1,x,Team  A\nr2,4,1,1,1,x,team a\nr3,4,1,1,1,x,b\n",
    )
    assert chosen(trial, "team").clusters.tolist() == [0, 0, 1]


def test_who_leaves_it_open_is_a_cluster_of_one(nested):
    nested.write("answers.csv", "\n".join(["id,t1,t2,plan,years,remark,place", *ROWS,
                                           "r4,1,1,1,1,x,", "r5,2,1,1,1,x,", ""]))  # fmt: skip
    assert nested.read().clusters.tolist() == [0, 0, 1, 2, 3]


def test_a_level_in_which_nobody_is_nested_any_more(nested):
    study = nested.read()
    assert study.subset("plan", "contract").cluster is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("plans", 'there is no background variable "plans". Did you mean "plan"?'),
        ("t1", 'there is no background variable "t1"'),
        ("true", "cluster"),
        ("[plan]", "cluster"),
        ("plan", 'respondents do not differ in "plan", so all would be one cluster'),
        ("years", 'no two respondents share a value of "years", so nobody is nested'),
    ],
)
def test_what_nobody_can_be_nested_in_is_refused(trial, value, found):
    trial.write("answers.csv", "id,t1,t2,plan,years,remark\nr1,5,1,1,1,x\nr2,4,1,1,2,x\nr3,4,1,1,3,x\n")
    with pytest.raises(FileError) as refused:
        chosen(trial, value)
    message = str(refused.value)
    assert "study.yml" in message
    assert found in message
    if value in ("plan", "years"):
        assert message.rstrip().endswith('or write "cluster: none".')


@pytest.mark.parametrize(("name", "nested"), [("providers", True), ("municipalities", True),
                                              ("reputation", False)])  # fmt: skip
def test_the_studies_of_the_project(name, nested):
    study = bouwen.read_study(f"data/{name}/study.yml")
    assert (study.cluster == "municipality") == nested

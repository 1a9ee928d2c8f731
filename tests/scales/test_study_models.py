"""Every model of an instrument is read as the engine does, before any is fitted."""

import json
from pathlib import Path

import pytest

import bouwen
from bouwen.report.book.building import check_book, plan
from bouwen.sem import read_model

MODELS = Path("tests/reference/lavaan/models").glob("*.json")
LAVAAN = sorted(path for path in MODELS if path.stem != "groups_modifiers")  # that has a value for each group


def replaced(mini, syntax):
    """The place of a small study whose model is another one, below line 31 of its instrument."""
    folder = mini / "data/mini"
    path = folder / "instrument.yml"
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[30].startswith("    syntax: ")
    path.write_text(text.replace('"trust =~ t1 + t2 + t3"', syntax), encoding="utf-8")
    return folder / "study.yml"


WRONG = {
    '"trust =~ t1 + t2 + t3; t1 = t2"': (31, 'a single "=" is not an operator'),
    "|\n      trust =~ t1 + t2 + t3\n      t1 ~~ t2 +": (33, 'expected a variable after "+"'),
    "|\n\n      # first\n      trust =~ t1 + t2 + t3\n      t2 ~ t1\n      t1 ~ t2": (36, '"t2 ~ t1"'),
    "|\n      trust =~ t1 + t2": (32, "is not identified"),
    "|\n      trust =~ t1 + t2 + t3\n      ind := a * b": (33, '"a" is not a label'),
    "|\n      trust =~ t1 + t2 + t3\n      t1 ~~ c(a, b) * t2": (33, "gives 2 values"),
    "|\n      trust =~ t1 + a*t2 + t3\n      a == 1\n      a == 2": (31, "contradict each other"),
    '"# nothing"': (31, "no formulas"),
}


@pytest.mark.parametrize("syntax", WRONG)
def test_a_model_that_cannot_be_fitted_is_refused_at_its_line(mini, syntax):
    line, what = WRONG[syntax]
    study = replaced(mini, syntax)
    bouwen.read_study(study)  # names and texts are right
    for look in (check_book, plan):
        with pytest.raises(bouwen.BouwenError) as refused:
            look(study)
        assert refused.value.line == line
        assert what in str(refused.value)
        assert str(refused.value).count("line ") == 1  # that of the file, none of the text
        assert 'model "measurement"' in str(refused.value)


def test_a_model_based_on_another_is_refused_at_its_own_line_and_only_there(mini):
    study = replaced(mini, "|\n      trust =~ t1 + t2 + t3")
    path = study.with_name("instrument.yml")
    more = "  more:\n    label: More\n    based_on: measurement\n    syntax: |\n      t1 ~~ t2 +\n"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    with pytest.raises(bouwen.BouwenError, match=r'^\S+instrument.yml, line 37: model "more"') as refused:
        check_book(study)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("path", LAVAAN, ids=lambda path: path.stem)
def test_what_lavaan_fitted_can_be_read(path):
    case = json.loads(path.read_text(encoding="utf-8"))
    ordered = dict(case["options"] or {}).get("ordered", [])
    names = [ordered] if isinstance(ordered, str) else [] if ordered is True else ordered
    read_model(case["model"], dict.fromkeys(names, 6))


@pytest.mark.parametrize(
    ("instruments", "identified"), [("", False), ("a ~ x", False), ("a ~ x\n b ~ z", True)]
)
def test_a_loop_needs_an_instrument_for_each_of_its_paths(instruments, identified):
    factors = "a =~ a1 + a2 + a3\n b =~ b1 + b2 + b3\n"
    text = f"{factors} a ~ b\n b ~ a\n a ~~ b\n {instruments}"
    if identified:
        assert read_model(text).n_free
        return
    with pytest.raises(bouwen.sem.NotIdentified) as refused:
        read_model(text)
    assert "a ~ b" in refused.value.parameters
    assert refused.value.line >= 3  # a path of the loop, not a loading

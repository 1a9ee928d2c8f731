"""The pages that list the names tell all of them."""

import re
from pathlib import Path

import pytest

import bouwen

API = Path(__file__).parents[2] / "docs" / "api"
PLACE = re.compile(r"^\.\. auto(\w+):: bouwen\.(\w+)(?:\(\))?$", re.MULTILINE)


def sections() -> dict[str, str]:
    """Each documented name, and its page from there up to the next one; of a room the whole page."""
    found = {}
    for page in API.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        places = list(PLACE.finditer(text))
        ends = [*(place.start() for place in places), len(text)][1:]
        for place, end in zip(places, ends, strict=False):
            found[place[2]] = text if place[1] == "module" else text[place.end() : end]
    return found


@pytest.mark.parametrize("name", bouwen.__all__)
def test_a_public_name_has_a_place_and_an_example(name):
    example = re.search(rf"^(>>>|\.\.\.) .*\b{name}\b", sections()[name], re.MULTILINE)
    assert example, f"no example uses {name} below its docstring"


def test_only_public_names_have_a_place():
    assert set(sections()) == set(bouwen.__all__)


@pytest.mark.parametrize("room", ["tables", "plots"])
def test_every_table_and_figure_is_made_once(room):
    text = (API / "reading.md").read_text(encoding="utf-8")
    made = set(re.findall(rf"^(?:>>>|\.\.\.) .*?\b{room}\.(\w+)\(", text, re.MULTILINE))
    functions = {
        name for name in getattr(bouwen, room).__all__ if callable(getattr(getattr(bouwen, room), name))
    }
    assert made == functions

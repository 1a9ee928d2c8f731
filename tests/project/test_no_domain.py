"""The code knows nothing of the studies in this repository, and no language but in its words."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted((ROOT / "bouwen").rglob("*.py"))

DOMAIN = re.compile(
    r"municipal|gemeent|provider|aanbieder|\b(social )?care\b|zorg(?!vuldig)|\bwmo\b|\btrust|vertrouw|inkoop"
    r"|procure|provinc|\bcbs|inspanningsgericht|taakgericht|inhabitant|inwoner|reputation|telefoon",
    re.IGNORECASE,
)
ALLOWED = {"bouwen/cli.py": "DEFAULT_STUDY = "}  # which study is meant where none is named

# A code of a language in quotes, as a value or as a key.
LANGUAGE = re.compile(r"""(["'])(nl|en|de|fr|es|dutch|english|nederlands|engels)\1""")
WORDS = ROOT / "bouwen" / "words"


def lines_with(pattern, files):
    """Place and text of every line that a pattern is found in."""
    for path in files:
        name = path.relative_to(ROOT).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if pattern.search(line):
                yield name, f"{name}:{number}: {line.strip()}"


def test_no_word_of_the_domain_stands_in_the_code():
    found = [
        place
        for name, place in lines_with(DOMAIN, CODE)
        if name not in ALLOWED or f": {ALLOWED[name]}" not in place
    ]
    assert found == []


def test_what_is_allowed_is_there():
    found = dict(lines_with(DOMAIN, CODE))
    assert set(ALLOWED) == {name for name in found if name in ALLOWED}


def test_no_language_is_named_outside_its_words():
    files = [path for path in CODE if WORDS not in path.parents]
    assert [place for _, place in lines_with(LANGUAGE, files)] == []


def test_words_of_languages_are_data():
    """Beside the language files stand only doctests and the code of the language that has every text."""
    found = [place for name, place in lines_with(LANGUAGE, CODE) if name.startswith("bouwen/words/")]
    code = [place for place in found if ">>>" not in place and "#" not in place]
    assert code == []


@pytest.mark.parametrize("language", ["en", "nl"])
def test_words_say_nothing_of_the_domain(language):
    texts = (WORDS / f"{language}.yml").read_text(encoding="utf-8")
    domain = re.compile(DOMAIN.pattern.replace(r"\btrust|vertrouw|", ""), re.IGNORECASE)
    assert domain.findall(texts) == []

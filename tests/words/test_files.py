"""Language files: what they hold, what they lack, and what is refused."""

import re
import string
from pathlib import Path

import pytest
import yaml

from bouwen.report.audience import reader
from bouwen.words import UnknownLanguage, WordsError, check_language, languages, words
from bouwen.words.files import HERE

CODES = sorted(path.stem for path in HERE.glob("*.yml"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of further language files."""
    monkeypatch.setenv("BOUWEN_WORDS", str(tmp_path))
    return tmp_path


def write(folder: Path, language: str, text: str) -> None:
    (folder / f"{language}.yml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("language", CODES)
def test_our_languages_lack_nothing(language):
    assert words(language).missing == ()


@pytest.mark.parametrize("language", CODES)
def test_every_key_stands_once(language):
    """YAML itself takes the last of two equal keys."""
    root = yaml.compose((HERE / f"{language}.yml").read_text(encoding="utf-8"))
    sections = [root]
    while sections:
        section = sections.pop()
        names = [key.value for key, _ in section.value]
        assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)
        sections += [value for _, value in section.value if isinstance(value, yaml.MappingNode)]


@pytest.mark.parametrize("language", CODES)
def test_a_text_has_the_places_of_the_english_one(language):
    def places(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    english = words("en").texts
    assert set(words(language).texts) - set(english) == set()  # such as a language that English does not name
    assert {
        key for key, text in words(language).texts.items() if places(text) != places(english[key])
    } == set()


def test_every_key_in_the_code_has_a_text():
    """Keys that the code puts together, such as a head's, are met where tables and books are tested."""
    code = "".join(path.read_text(encoding="utf-8") for path in HERE.parents[0].rglob("*.py"))
    sections = {key.partition(".")[0] for key in words("en").texts}
    named = {key for key in re.findall(r'"([a-z_]+\.[a-z_.]+)"', code) if key.partition(".")[0] in sections}
    assert len(named) > 60
    assert sorted(key for key in named if not words("en").has(key)) == []


def test_a_language_may_be_added(folder):
    write(
        folder, "fr", "numbers: {decimal: ',', thousands: '\u202f', and: ' et '}\nheads: {claim: Résultat}\n"
    )
    assert languages() == tuple(sorted([*CODES, "fr"]))
    french = words("fr")
    assert french.number(1234.5, 1) == "1\u202f234,5"
    assert french.listing(["a", "b"]) == "a et b"
    assert (french("heads.claim"), french("heads.verdict")) == ("Résultat", "Verdict")
    assert "heads.verdict" in french.missing
    assert "heads.claim" not in french.missing
    assert len(french.missing) == len(words("en").texts) - 4
    assert reader(language="fr").words is french


def test_one_text_of_ours_may_be_said_otherwise(folder):
    write(folder, "nl", "heads: {claim: Stelling}\n")
    assert words("nl")("heads.claim") == "Stelling"
    assert words("nl")("heads.verdict") == "Oordeel"
    assert words("nl").missing == ()


def test_without_the_folder_the_language_is_unknown(folder, monkeypatch):
    write(folder, "fr", "heads: {claim: Résultat}\n")
    check_language("fr")
    monkeypatch.delenv("BOUWEN_WORDS")
    with pytest.raises(UnknownLanguage, match=rf'"fr"; known are {", ".join(CODES)}\. .*BOUWEN_WORDS'):
        check_language("fr")
    check_language("fr", also=["fr"])
    with pytest.raises(UnknownLanguage):
        reader(language="fr")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("heads: {clam: x}", r'unknown key "heads\.clam"\. Did you mean "heads\.claim"'),
        ("heads: {claim: 5}", '"heads.claim" must be text'),
        ("heads: {claim: [a]}", '"heads.claim" must be text'),
        ("heads: {yes: a}", "is read as a value, not as a name"),
        ("heads: {interval: '{width} breed'}", r'"heads\.interval" has a place \{width\}'),
        ("heads: {interval: '{level breed'}", r'"heads\.interval" is no text with'),
        ("- a\n- b", "must hold sections"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_language_file_that_is_not_one(folder, content, message):
    write(folder, "fr", content)
    with pytest.raises(WordsError, match=message) as caught:
        words("fr")
    assert caught.value.path == folder / "fr.yml"


def test_an_unknown_key_is_an_error_in_the_program():
    with pytest.raises(KeyError, match=r"heads\.nothing: there is no such text"):
        words("en")("heads.nothing")
    with pytest.raises(KeyError, match=r"heads\.interval: no value for 'level'"):
        words("en")("heads.interval")
    assert not words("en").has("heads.nothing")
    assert words("en").has("heads.claim")

"""Texts in any languages: one, several, a language that is lacking, and one that nobody knows."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from bouwen.survey import FileError, read_study, screen
from bouwen.survey.instrument import Category, Text
from bouwen.words import UnknownLanguage, languages

KNOWN = "known are " + ", ".join(languages())


def test_a_text_may_be_a_plain_string(trial):
    trial.change("instrument.yml", "label: {nl: vertrouwen, en: trust}", "label: Trust in people")
    trial.change("instrument.yml", "prepaid: {nl: Vooraf betaald, en: Prepaid, code: 1}", "prepaid: Prepaid")
    trial.change("study.yml", "title: {nl: Proef, en: Trial}", "title: A trial")
    trial.write("answers.csv", "id,t1,t2,plan,years\nr1,1,2,prepaid,\nr2,1,2,Contract,\n")
    study = trial.read()
    assert study.label("trust", "nl") == study.label("trust", "en") == "Trust in people"
    assert study.level_label("plan", "prepaid", "nl") == "Prepaid"
    assert study.title["nl"] == "A trial"
    assert study.responses["plan"].tolist() == ["prepaid", "contract"]


def test_an_instrument_in_three_languages(trial):
    trial.change(
        "instrument.yml",
        "label: {nl: vertrouwen, en: trust}",
        "label: {nl: vertrouwen, fr: confiance, en: trust}",
    )
    trial.change("instrument.yml", "{nl: Abonnement, en: Contract, code: 2}", "{fr: Forfait, en: Contract}")
    trial.write("answers.csv", "id,t1,t2,plan,years\nr1,1,2,FORFAIT,\nr2,1,2,Contract,\n")
    study = trial.read()
    labels = [study.label("trust", code) for code in ("nl", "fr", "en")]
    assert labels == ["vertrouwen", "confiance", "trust"]
    french = read_study(trial.folder / "study.yml", language="fr")
    assert french.language == "fr"
    assert french.label("trust") == "confiance"
    assert french.responses["plan"].tolist() == ["contract", "contract"]


@pytest.mark.parametrize(
    ("own", "texts", "shown"),
    [
        ("nl", "{en: trust, nl: vertrouwen, fr: confiance}", "vertrouwen"),  # the study's language first
        ("nl", "{fr: confiance, en: trust}", "trust"),  # then English
        ("nl", "{fr: confiance, de: Vertrauen}", "confiance"),  # then what stands first
        ("en", "{nl: vertrouwen, en: trust}", "trust"),
    ],
)
def test_a_language_that_is_lacking_falls_back(trial, own, texts, shown):
    trial.change("instrument.yml", "label: {nl: vertrouwen, en: trust}", f"label: {texts}")
    trial.change("instrument.yml", "label: {nl: jaren, en: years}", "label: {pt-BR: anos}")
    trial.change("study.yml", "perspective: user", f"perspective: user\nlanguage: {own}")
    study = read_study(trial.folder / "study.yml", language="pt-BR")
    assert study.label("trust") == shown
    assert study.group_label("years") == "anos"


def test_check_tells_in_one_line_what_falls_back(trial):
    trial.change("instrument.yml", "label: {nl: vertrouwen, en: trust}", "label: {en: trust}")
    trial.change("instrument.yml", "definition: {nl: Vertrouwen., en: Trust.}", "definition: {en: Trust.}")
    path = trial.folder / "study.yml"
    english, dutch = screen(read_study(path)).text("en"), screen(read_study(path)).text("nl")
    assert "not in" not in english
    line = [line for line in dutch.splitlines() if "niet zijn in het Nederlands" in line]
    assert len(line) == 1
    assert line[0].endswith(": 2 (constructs.trust.label, constructs.trust.definition)")


def test_a_plain_string_is_in_the_language_of_the_study(trial):
    trial.change("instrument.yml", "label: {nl: vertrouwen, en: trust}", "label: trust")
    study = trial.read()
    assert study.untranslated() == []
    assert study.in_language("nl").untranslated() == ["constructs.trust.label"]
    assert "constructs.trust.label" in screen(study).text("nl")


def plain(trial):
    """The study with its texts as plain strings."""
    for path in trial.folder.glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"\{nl: ([^,{}]+), en: [^,{}]+, code: (\d)\}", r"{und: \1, code: \2}", text)
        path.write_text(re.sub(r"\{nl: ([^,{}]+), en: [^{}]+\}", r"\1", text), encoding="utf-8")


def test_a_study_of_plain_strings_is_in_whatever_language_it_says(trial):
    plain(trial)
    trial.change("study.yml", "perspective: user", "perspective: user\nlanguage: fr")
    study = trial.read()
    assert (study.language, study.untranslated()) == ("fr", [])
    assert "fr" in study.languages
    assert study.in_language("nl").in_language("fr").language == "fr"


def test_one_text_in_another_language_only_makes_the_language_unknown_again(trial):
    plain(trial)
    trial.change("study.yml", "perspective: user", "perspective: user\nlanguage: fr")
    trial.change("instrument.yml", "label: vertrouwen", "label: {en: trust}")
    with pytest.raises(FileError, match=KNOWN):
        trial.read()


def test_texts_for_another_side_are_not_missed(trial):
    trial.change(
        "instrument.yml", "  user: {nl: gebruikers, en: users}", "  user: users\n  maker: {nl: makers}"
    )
    for item in ("een, en: one", "twee, en: two", "Nog iets?, en: Anything else?"):
        trial.change("instrument.yml", f"{{nl: {item}}}", f"{{nl: {item}}}, maker: {{nl: x}}")
    assert trial.read().untranslated() == []


@pytest.mark.parametrize("code", ["qaa", "xx"])  # which no language has
def test_a_language_that_nobody_knows_is_refused(trial, code):
    path = trial.folder / "study.yml"
    with pytest.raises(UnknownLanguage, match=f'"{code}"; {KNOWN}') as caught:
        read_study(path, language=code)
    assert (caught.value.language, caught.value.known) == (code, languages())
    with pytest.raises(UnknownLanguage):
        screen(read_study(path)).text(code)
    trial.change("study.yml", "perspective: user", f"perspective: user\nlanguage: {code}")
    with pytest.raises(FileError, match=KNOWN) as refused:
        trial.read()
    assert refused.value.line == 5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"english": "a"}, 'unknown key "english"'),
        ({"NL": "a"}, 'unknown key "NL"'),
        ({}, "must be a text"),
        (5, "must be a text"),
        ({"nl": 5}, "valid string"),
    ],
)
def test_what_is_no_text_is_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        Text.model_validate(given)


def test_a_category_has_a_label_and_perhaps_a_code():
    assert Category.model_validate({"nl": "ja", "en": "yes", "code": 1}).code == 1
    assert Category.model_validate("yes").code is None
    with pytest.raises(ValidationError, match="must be a text"):
        Category.model_validate({"code": 1})
    with pytest.raises(ValidationError, match='Did you mean "code"'):
        Category.model_validate({"nl": "ja", "codes": 1})

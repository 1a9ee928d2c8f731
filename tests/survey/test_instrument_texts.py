"""The questionnaire reads well: what can be checked by machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bouwen.survey import Instrument, read_instrument
from bouwen.survey.instrument import Text, model_names

PATH = Path(__file__).parents[2] / "data" / "instrument.yml"
INSTRUMENT: Instrument = read_instrument(PATH)


def sentences() -> dict[str, Text]:
    """Everything that is a whole sentence, by where it stands."""
    found = {f"{name} definition": c.definition for name, c in INSTRUMENT.constructs.items()}
    for name, theme in INSTRUMENT.themes.items():
        passages = (theme.definition, theme.applies, theme.applies_not, theme.example)
        found |= {f"theme {name} {i}": text for i, text in enumerate(passages)}
    asked = {**INSTRUMENT.items, **INSTRUMENT.open_questions, **INSTRUMENT.claims}
    for name, part in asked.items():
        found |= {f"{name} {side}": text for side, text in part.text.items()}
    return found


def labels() -> dict[str, Text]:
    """Everything that is a label."""
    named = {**INSTRUMENT.constructs, **INSTRUMENT.background, **INSTRUMENT.models}
    found = {name: part.label for name, part in named.items()}
    found |= {f"theme {name}": theme.label for name, theme in INSTRUMENT.themes.items()}
    for name, scale in INSTRUMENT.answer_scales.items():
        found |= {f"{name} {code}": label for code, label in scale.labels.items()}
    return found


@pytest.mark.parametrize("where", sentences())
def test_a_sentence_begins_and_ends_well(where):
    for language in ("nl", "en"):
        text = sentences()[where][language]
        assert re.fullmatch(r"[A-ZÀ-Ý].*[.?]", text), text
        assert not re.search(r"\s{2}|\s[.,?;:]|\.\.", text), text


def test_no_text_is_left_blank_or_padded_or_untranslated():
    for where, text in (sentences() | labels()).items():
        for words in (text["nl"], text["en"]):
            assert words, where
            assert words == words.strip(), where
    assert not [where for where, text in sentences().items() if text["nl"] == text["en"]]


@pytest.mark.parametrize("side", INSTRUMENT.perspectives)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_nobody_is_asked_the_same_twice(side, language):
    texts = [item.text[side][language] for item in INSTRUMENT.items.values()]
    assert len(set(texts)) == len(texts)


def test_each_side_has_its_own_wording_of_nearly_every_item():
    same = [
        name for name, item in INSTRUMENT.items.items() if len({t["en"] for t in item.text.values()}) == 1
    ]
    assert not same


def test_constructs_have_three_or_four_items_and_some_are_reversed():
    assert all(len(construct.items) in (3, 4) for construct in INSTRUMENT.constructs.values())
    turned = [name for name, c in INSTRUMENT.constructs.items() if any(i.reversed for i in c.items.values())]
    assert 6 <= len(turned) <= 8
    assert all(sum(i.reversed for i in c.items.values()) <= 1 for c in INSTRUMENT.constructs.values())


def test_every_construct_names_a_published_source_or_says_that_it_is_ours():
    for construct in INSTRUMENT.constructs.values():
        assert re.search(r"\((19|20)\d\d\)", construct.source) or construct.source.startswith("Own items")


def test_every_answer_has_a_label():
    for scale in INSTRUMENT.answer_scales.values():
        assert set(scale.labels) == set(scale.codes)


def test_the_structural_model_has_the_items_of_the_measurement_model():
    items = [
        [name for name in model_names(INSTRUMENT.model_syntax(model))[1] if name in INSTRUMENT.items]
        for model in ("measurement", "structural")
    ]
    assert sorted(items[0]) == sorted(items[1]) == sorted(INSTRUMENT.items)
    latent = model_names(INSTRUMENT.model_syntax("measurement"))[0]
    assert sorted(latent) == sorted(INSTRUMENT.constructs)


def test_more_is_worse_of_what_stands_in_the_way():
    worse = {name for name, construct in INSTRUMENT.constructs.items() if construct.direction == "worse"}
    assert worse == {"distrust", "budget", "bureaucracy"}


def test_eight_findings_and_advice_for_either_side():
    assert len(INSTRUMENT.claims) == 8
    for side in INSTRUMENT.perspectives:
        assert sum(side in advice.what for advice in INSTRUMENT.recommendations.values()) >= 3
    without = [name for name, advice in INSTRUMENT.recommendations.items() if not advice.rests_on]
    assert without == ["people_from_care"]


@pytest.mark.parametrize(
    ("side", "asked", "not_asked"),
    [("provider", "provider_size", "role"), ("municipality", "role", "provider_size")],
)
def test_a_background_question_may_go_to_one_side_only(side, asked, not_asked):
    background = INSTRUMENT.asked_from(side).background
    assert asked in background
    assert not_asked not in background
    assert INSTRUMENT.asked_from(side).items == INSTRUMENT.items


def test_an_unknown_perspective_of_a_background_variable_is_refused(tmp_path):
    path = tmp_path / "instrument.yml"
    text = PATH.read_text("utf-8")
    path.write_text(text.replace("perspectives: [provider]", "perspectives: [providr]"), "utf-8")
    with pytest.raises(Exception, match=r'no perspective "providr". Did you mean "provider"\?'):
        read_instrument(path)

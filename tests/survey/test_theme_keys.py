"""The codebook in an instrument: what is refused, with its line."""

import hostile
import pytest

from bouwen.survey import FileError, read_instrument

RULES = hostile.documents()["instrument.yml"]["themes"]["rules"]


def read(folder, **changed):
    files = hostile.documents()
    files["instrument.yml"]["themes"] |= changed
    hostile.write(folder, files)
    return read_instrument(folder / "instrument.yml")


def test_a_theme_is_read_in_every_language(tmp_path):
    money = RULES | {"label": {"en": "Money", "nl": "Geld"}, "constructs": ["trust", "calm"]}
    found = read(tmp_path, money=money).themes
    assert set(found) == {"rules", "money"}
    assert found["money"].label["nl"] == "Geld"
    assert found["money"].constructs == ["trust", "calm"]
    assert read(tmp_path, money={**RULES, "label": "M"} | {"constructs": []}).themes["money"].constructs == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"constructs": ["trsut"]}, 'there is no construct "trsut". Did you mean "trust"?'),
        ({"constructs": ["calm", "calm"]}, 'the construct "calm" stands here twice'),
        ({"label": {"nl": " rules"}}, '" is called that, too'),
        ({"label": {"en": "Rules"}}, '" is called that, too'),
        ({"exampel": {"en": "x"}}, 'Did you mean "example"'),
        ({"label": {"en": "two\nlines"}}, "more than one line"),
    ],
)
def test_what_a_theme_cannot_be(tmp_path, change, said):
    with pytest.raises(FileError, match=r"line \d+") as caught:
        read(tmp_path, money=RULES | {"label": {"en": "Money"}} | change)
    assert said in str(caught.value)


@pytest.mark.parametrize("key", ["label", "definition", "applies", "applies_not", "example"])
def test_a_theme_says_what_coders_need(tmp_path, key):
    with pytest.raises(FileError, match=key):
        read(tmp_path, money={name: part for name, part in RULES.items() if name != key})

"""Every text of a study and an instrument, found in the schema: what it may hold, how the rest is refused."""

from __future__ import annotations

import hostile
import pytest

from bouwen.survey import FileError, Instrument, TableError, read_study
from bouwen.survey.files import read_file
from bouwen.survey.study import StudyFile
from bouwen.survey.writing import MOST_LETTERS, MOST_OF_A_PASSAGE

KINDS = {"study.yml": StudyFile, "instrument.yml": Instrument}
#: What a study has where it has something else not: a long file, and a wave without its column's name.
INSTEAD = {"responses.wide_from.item", "responses.wide_from.value", "responses.wave"}
PLACES = [
    (name, ".".join(pattern))
    for name, kind in KINDS.items()
    for pattern in sorted(set(hostile.texts_of(kind)))
    if ".".join(pattern) not in INSTEAD
]
ONE_LINE = [
    "study.yml title en", "study.yml authors 0", "study.yml merge size grown label en",
    "instrument.yml models measurement label en", "instrument.yml background size label en",
    "instrument.yml background size categories small en", "instrument.yml constructs trust label en",
]  # fmt: skip
SEVERAL = [
    "study.yml about en", "study.yml citation", "instrument.yml constructs trust definition en",
    "instrument.yml constructs trust source", "instrument.yml open_questions remark text client en",
    "instrument.yml constructs trust items t1 text client en",
]  # fmt: skip


def with_text(folder, where, text):
    """The study with a text at a place of one of its files."""
    name, *steps = where.split()
    place = tuple(int(step) if step.isdigit() else step for step in steps)
    files = hostile.documents()
    return hostile.write(folder, files | {name: hostile.put(files[name], place, text)})


def test_the_study_has_a_text_at_every_place_of_the_schema(tmp_path):
    study = read_study(hostile.write(tmp_path, hostile.documents()))
    assert list(study.responses["crowd"]) == ["under_10", "from_10"] * 3
    assert len(PLACES) > 60


@pytest.mark.parametrize(("name", "pattern"), PLACES)
def test_what_acts_on_a_page_or_has_no_end_is_refused_by_key_and_line(name, pattern, tmp_path):
    files = hostile.monitored()
    places = list(hostile.found(files[name], tuple(pattern.split("."))))
    assert places, "give the study in tests/shared/hostile.py a text at this place"
    where = places[0]
    key = [step for step in where[: -2 if where[-1] == hostile.KEY else None] if isinstance(step, str)][-1]
    for text in hostile.REFUSED:
        changed = {name: hostile.put(files[name], where, text)}
        path = hostile.write(tmp_path, changed).with_name(name)
        with pytest.raises(FileError) as caught:
            read_file(path, KINDS[name])
        told = str(caught.value)
        assert told.startswith(f"{path}, line {caught.value.line}: ")
        assert key in told or "zzz" in told
        near = path.read_text(encoding="utf-8").split("\n")[caught.value.line - 1 :][:2]
        assert "zz" in "".join(near), told
        assert len(told) - len(str(path)) < 600


@pytest.mark.parametrize("where", ONE_LINE)
def test_labels_are_one_line_of_so_many_letters(where, tmp_path):
    assert read_study(with_text(tmp_path, where, "x" * MOST_LETTERS))
    for text, said in (("a\nb", "one line"), ("a\tb", "tab"), ("x" * (MOST_LETTERS + 1), "200 is the most")):
        with pytest.raises(FileError, match=said) as caught:
            read_study(with_text(tmp_path, where, text))
        assert caught.value.line


@pytest.mark.parametrize("where", SEVERAL)
def test_passages_have_several_lines_and_an_end(where, tmp_path):
    assert read_study(with_text(tmp_path, where, f"a\n\n{'x' * 300}\n"))
    with pytest.raises(FileError, match="10000 is the most"):
        read_study(with_text(tmp_path, where, "x" * (MOST_OF_A_PASSAGE + 1)))


def test_marks_that_belong_to_writing_are_kept(tmp_path):
    for text in ("نظر\u200cسنجی", "👩\u200d🏫", "Zusammen\u00adarbeit", "ثقة", "模型"):
        assert read_study(with_text(tmp_path, "study.yml title en", text)).title["en"] == text


def test_a_register_is_text_too(tmp_path):
    for cell in ("A\x07", "A\u202e", "x" * 300):
        places = hostile.PLACES.replace("A,North", f'"{cell}",North')
        path = hostile.write(tmp_path, hostile.documents() | {"places.csv": places})
        with pytest.raises(TableError, match=r'places\.csv, column "name", row 2') as caught:
            read_study(path)
        assert cell not in str(caught.value)

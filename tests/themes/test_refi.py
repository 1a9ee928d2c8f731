"""REFI-QDA projects as two kinds of programs write them, and files that mean harm or are broken."""

from __future__ import annotations

import zipfile
from html import escape

import pytest
from coded import ANSWERS, THEMES

import bouwen
from bouwen.errors import BouwenError
from bouwen.themes.codes import as_coded
from bouwen.themes.refi import COUNTINGS, positions

MARKED = {  # respondent: (what is marked, theme, coder)
    "r1": [("één vast gezicht", "face", "anna"), ("regels", "rules", "bram")],
    "r2": [("regels", "rules", "anna"), ("geld", "money", "anna"), ("Cafés", "face", "bram")],
    "r5": [("forms", "rules", "anna")],
}
GUIDS = {"rules": "c-1", "money": "c-2", "face": "c-3", "anna": "u-1", "bram": "u-2"}
CODES = "".join(
    f'<Code guid="{GUIDS[name]}" name="{theme["label"]["nl"]}" isCodable="true"/>'
    for name, theme in THEMES.items()
)
PROJECT = (
    '<?xml version="1.0" encoding="utf-8"?>\n{before}<Project xmlns="urn:QDA-XML:project:1.0" name="p">'
    '<Users><User guid="u-1" name="anna"/><User guid="u-2" name="bram"/></Users>'
    "<CodeBook><Codes>{codes}</Codes></CodeBook><Sources>{sources}</Sources></Project>"
)


def selection(text, marked, counting, named, shift=0):
    words, theme, coder = marked
    plain = as_coded(text)
    first = plain.index(words)
    raw = [
        next(i for i in range(len(text) + 1) if len(as_coded(text[:i])) == k)
        for k in (first, first + len(words))
    ]
    raw[1] = max(i for i in range(len(text) + 1) if as_coded(text[raw[0] : i]) == words)
    start, end = (positions(text, counting)[i] + shift for i in raw)
    name = f' name="{escape(words[:6])}"' if named else ""
    return (
        f'<PlainTextSelection guid="s" startPosition="{start}" endPosition="{end}"{name}>'
        f'<Coding guid="k" creatingUser="{GUIDS[coder]}"><CodeRef targetGUID="{GUIDS[theme]}"/></Coding>'
        "</PlainTextSelection>"
    )


def project(folder, *, counting=COUNTINGS[0], named=True, inside=False, encoding="utf-8", shift=0, before="",
            codes=CODES, texts=ANSWERS, called="{}", name="p.qdpx", lacking=False):  # fmt: skip
    path = folder / name
    sources, files = "", {}
    for respondent, text in texts.items():
        if not text:
            continue
        marks = "".join(selection(text, m, counting, named, shift) for m in MARKED.get(respondent, ()))
        file = f"{respondent}.TXT"
        content = (
            f"<PlainTextContent>{escape(text).replace(chr(13), '&#13;')}</PlainTextContent>" if inside else ""
        )
        at = "" if inside else f' plainTextPath="internal://{file}"'
        sources += (
            f'<TextSource guid="t" name="{called.format(respondent)}"{at}>{content}{marks}</TextSource>'
        )
        files[f"Sources/{file}"] = text.encode(encoding)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", PROJECT.format(before=before, codes=codes, sources=sources))
        for file, content in files.items():
            if not inside and not lacking:
                archive.writestr(file, content)
    return path


def spans(codes):
    return {
        (m.respondent, as_coded(ANSWERS[m.respondent])[m.start : m.end], m.theme, m.coder)
        for m in codes.marks.itertuples()
    }


EXPECTED = {(name, *mark) for name, marks in MARKED.items() for mark in marks}


@pytest.mark.parametrize("counting", COUNTINGS, ids="-".join)
@pytest.mark.parametrize("form", [{}, {"inside": True}, {"encoding": "utf-8-sig"}, {"encoding": "utf-16"}])
def test_places_are_found_however_a_program_counts(study, tmp_path, counting, form):
    """Accents of two code points, an emoji and a line that ends in two, all before what is marked."""
    codes = bouwen.read_codes(study, project(tmp_path, counting=counting, **form))
    assert spans(codes) == EXPECTED


@pytest.mark.parametrize("counting", COUNTINGS, ids="-".join)
def test_whole_words_tell_how_a_program_counts_that_names_nothing(study, tmp_path, counting):
    assert spans(bouwen.read_codes(study, project(tmp_path, counting=counting, named=False))) == EXPECTED


def test_who_coded_anything_read_everything(study, tmp_path):
    codes = bouwen.read_codes(study, project(tmp_path))
    assert codes.coders == ("anna", "bram")
    assert len(codes.read) == 2 * 5  # r4 gave no answer
    assert bouwen.coder_agreement(codes, draws=20).table()["double_coded"].tolist() == [5, 5, 5]


@pytest.mark.parametrize("called", ["{}", "{} remark", "{}_remark", "{}.txt"])
def test_texts_are_called_after_respondent_and_question(study, tmp_path, called):
    assert spans(bouwen.read_codes(study, project(tmp_path, called=called))) == EXPECTED


BOMB = '<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"before": BOMB}, "declares a document type"),
        ({"before": OUTSIDE}, "declares a document type"),
        ({"before": "<a>"}, "is no XML, or cut short"),
        ({"shift": 900}, r"source.* 1.*: a marked place lies outside its text"),
        ({"texts": ANSWERS | {"r3": "Something else"}}, "source 3: its text is not the answer"),
        ({"texts": ANSWERS | {"r77": "Geld"}}, "source.* 6: the study has no such respondent"),
        ({"lacking": True}, "source 1: its text is not in the project"),
        ({"codes": CODES.replace("Geld", "Gold")}, 'source 2: the codebook has no theme "Gold"'),
        ({"codes": CODES + CODES.replace("Geld", "Goud")}, "two codebooks that clash"),
    ],
)
def test_projects_that_cannot_be_are_refused_in_one_sentence(study, tmp_path, change, said):
    with pytest.raises(BouwenError, match=said) as refused:
        bouwen.read_codes(study, project(tmp_path, **change))
    assert "\n" not in str(refused.value)
    assert "regels" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_what_is_no_archive_is_refused(study, tmp_path, content):
    (tmp_path / "p.qdpx").write_bytes(content)
    with pytest.raises(BouwenError, match="is no REFI-QDA project, or damaged"):
        bouwen.read_codes(study, tmp_path / "p.qdpx")
    with pytest.raises(BouwenError, match="there is no such file"):
        bouwen.read_codes(study, tmp_path / "q.qdpx")


def test_what_unpacks_to_too_much_is_refused(study, tmp_path, monkeypatch):
    path = project(tmp_path)
    monkeypatch.setattr("bouwen.themes.refi.MOST_BYTES", 50)
    with pytest.raises(BouwenError, match="unpacks to more"):
        bouwen.read_codes(study, path)


def test_a_codebook_is_held_against_that_of_the_study(study, tmp_path):
    book = tmp_path / "book.qdc"
    text = '<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes>{}</Codes></CodeBook>'
    book.write_text(text.format(CODES), "utf-8")
    assert spans(bouwen.read_codes(study, project(tmp_path), book)) == EXPECTED
    book.write_text(text.format(CODES.replace("Geld", "Gold")), "utf-8")
    with pytest.raises(
        BouwenError, match="has the codes Gold, and the study the themes rules, money and face"
    ):
        bouwen.read_codes(study, project(tmp_path), book)
    book.write_text(BOMB + text.format(CODES), "utf-8")
    with pytest.raises(BouwenError, match="declares a document type"):
        bouwen.read_codes(study, book)

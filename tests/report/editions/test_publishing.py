"""Editions are made, compared, withdrawn and forgotten; nothing is overwritten or half written."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import sys

import pandas as pd
import pytest
from books import html_of, tree
from editions import rows

from bouwen.errors import MOST_SAID
from bouwen.report.book.recording import Figure, Layer, Record, Told
from bouwen.report.editions import publishing
from bouwen.report.editions.fingerprints import BadFingerprints
from bouwen.report.editions.printed import BadEdition, printed_page, read_editions
from bouwen.report.editions.publishing import (
    TellsTooMuch,
    forget_people,
    free_version,
    publish_edition,
    warning_of,
    withdraw_edition,
)
from bouwen.survey import FileError

STUDY = "data/mini/study.yml"


@pytest.fixture
def unbuilt(monkeypatch):
    """Nothing may be built: what is refused is refused before."""

    def refuse(*_):
        raise AssertionError("a book was built")

    monkeypatch.setattr(publishing, "make_site", refuse)


def refused(match="would give away", kind=TellsTooMuch, **options):
    """The message of publishing, which is refused."""
    with pytest.raises(kind, match=match) as caught:
        publish_edition(STUDY, **options)
    assert len(str(caught.value)) < MOST_SAID
    return str(caught.value)


# ------------------------------------------------------------------ what is refused


def test_a_message_says_where_and_what_to_do_and_no_number(published, unbuilt):
    published.lay("1.0")
    published.answers = pd.concat([published.answers, rows(3, 2, 101, "small")])
    message = refused()
    assert "beside edition 1.0 it would give away fewer than 10 respondents" in message
    assert "all respondents (who came, went or moved)" in message
    assert "--withdraw 1.0" in message
    assert "Wait until 10 more" in message
    assert "coarser tables do not help" in message
    assert not re.search(r"\b(3|80|83|p\d+)\b", message)


def test_a_level_in_which_few_came_is_named_with_the_setting_that_coarsens_it(published, unbuilt):
    published.lay("1.0")
    published.answers = pd.concat([published.answers, rows(12, 2, 101, "small"), rows(3, 3, 201, "large")])
    message = refused()
    assert "size: large (who came, went or moved)" in message
    assert "or coarsen tables: merge: levels in study.yml (size)." in message


def test_other_answers_are_named_by_their_statement(published, unbuilt):
    published.lay("1.0")
    published.answers = published.answers.assign(
        t2=published.answers["t2"].where(published.answers.index > 2, published.answers["t2"] % 3 + 1)
    )
    assert "all respondents (other answers to t2)" in refused()


@pytest.mark.parametrize("ids", [True, False])
def test_every_former_edition_counts_not_only_the_last(published, unbuilt, ids):
    published.set_ids(ids)
    before = published.answers
    published.lay("1.0")
    published.answers = pd.concat([before, rows(40, 2, 101)])
    published.lay("1.1")
    published.answers = before.drop(index=5)
    assert "beside edition 1.0 " in refused()


def test_a_study_beside_it_that_has_the_same_respondents_counts_too(published, unbuilt, tmp_path):
    other = published.folder.with_name("other")
    shutil.copytree(published.folder, other)
    published.lay("1.0")
    table = published.answers.drop(index=5)
    table.assign(respondent=[f"q{i}" for i in range(len(table))]).to_csv(other / "responses.csv", index=False)
    with pytest.raises(TellsTooMuch, match=r"(?s)edition 1.0 of \.\./mini .*THAT_STUDY") as caught:
        publish_edition(other / "study.yml")
    assert caught.value.told[0].folder == published.folder.resolve()
    rows(80, 7).assign(t1=1, t2=1, t3=1).to_csv(other / "responses.csv", index=False)
    with pytest.raises(AssertionError, match="a book was built"):  # nothing is refused
        publish_edition(other / "study.yml")


def test_an_edition_made_elsewhere_cannot_be_compared_and_nothing_is_published(published, unbuilt):
    published.lay("1.0")
    record = published.folder / "editions.private" / "1.0.json"
    text = record.read_text()
    for damage in ("", "{", "[]", text.replace('"1.0"', '"1.1"'), text.replace("true", "false")):
        record.write_text(damage)
        assert "editions.private" in refused("cannot be compared", BadFingerprints)
    record.write_text(text)
    (record.parent / "key").write_text("00" * 32)
    refused("not of this key", BadFingerprints)
    (record.parent / "key").write_text("no key")
    refused("cannot be read", BadFingerprints)
    record.unlink()
    with pytest.raises(FileError, match="holds no key; restore it"):
        published.lay("1.1")
    shutil.rmtree(record.parent)
    refused("not here", BadFingerprints)


def test_removing_the_public_record_by_hand_withdraws_nothing(published, unbuilt):
    published.lay("1.0").unlink()
    published.answers = published.answers.drop(index=5)
    refused()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"version": "1.0"}, "there is an edition 1.0 already, and none is overwritten; the next is 1.1"),
        ({"version": "../1"}, "is no version; write numbers such as 1.1"),
        ({"version": "1.0.json"}, "is no version"), ({"version": "v2"}, "is no version"),
        ({"date": "1-2-2026"}, "is no date; write year, month and day"),
        ({"date": "2026-02-30"}, "is no date"),
    ],
)  # fmt: skip
def test_versions_and_dates_that_are_none(published, unbuilt, options, match):
    published.lay("1.0")
    refused(match, BadEdition, **options)


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        "{}",
        '{"version": "one", "date": "2026-03-01"}',
        '{"version": "1.0"}',
        '{"version": "2.0", "date": "2026-03-01"}',
    ],
)
def test_a_public_record_that_is_none_is_refused_by_name(published, unbuilt, damage):
    published.lay("1.0").write_text(damage)
    assert "1.0.json" in refused("edition", BadEdition)


def test_an_edition_that_another_made_while_the_book_was_built_is_not_passed_over(published, monkeypatch):
    published.lay("1.0")
    monkeypatch.setattr(publishing, "make_site", lambda *_: published.lay("1.5") and {})
    refused("another edition was made or withdrawn meanwhile; publish again", BadEdition)
    monkeypatch.setattr(publishing, "make_site", lambda *_: {})
    assert publish_edition(STUDY).name == "1.6.json"


# ------------------------------------------------------------------ withdrawn and forgotten


def test_a_withdrawn_edition_keeps_its_dates_and_nothing_else(published):
    path = published.lay("1.0")
    published.lay("1.1")
    withdraw_edition(STUDY, "1.0", "2026-04-01")
    assert json.loads(path.read_text()) == {
        "version": "1.0", "date": "2026-03-01", "withdrawn": "2026-04-01"
    }  # fmt: skip
    assert sorted(p.name for p in (published.folder / "editions.private").iterdir()) == [
        ".gitignore", "1.1.json", "key"
    ]  # fmt: skip
    assert free_version(published.folder) == "1.2"
    assert [version for _, version in publishing.still_published(published.folder)] == ["1.1"]
    (published.folder / "editions.private" / "1.0.json").write_text("left by a crash")
    assert [version for _, version in publishing.still_published(published.folder)] == ["1.1"]
    for version, match in (
        ("1.0", "withdrawn already, on 2026-04-01"),
        ("3", "there is 1.1"),
        ("../x", "there is"),
    ):
        with pytest.raises(BadEdition, match=match):
            withdraw_edition(STUDY, version)


def test_after_withdrawing_it_is_not_compared_any_more(published, unbuilt):
    published.lay("1.0")
    published.answers = published.answers.drop(index=5)
    refused()
    withdraw_edition(STUDY, "1.0")
    with pytest.raises(AssertionError, match="a book was built"):
        publish_edition(STUDY)


def test_who_is_forgotten_is_still_missed_and_not_readable(published, unbuilt):
    published.lay("1.0")
    record = published.folder / "editions.private" / "1.0.json"
    before, everybody = json.loads(record.read_text()), published.answers
    published.answers = everybody.drop(index=[5, 6])
    assert forget_people(STUDY) == 1
    after = json.loads(record.read_text())
    assert [k for k, cells in enumerate(after["cells"]) if not cells] == [5, 6]
    assert [c for k, c in enumerate(after["cells"]) if k not in (5, 6)] == [
        c for k, c in enumerate(before["cells"]) if k not in (5, 6)
    ]
    refused()  # two are gone
    published.answers = everybody.drop(index=5)
    refused("holds nothing any more of a respondent who is here again", BadFingerprints)


def test_nobody_can_be_forgotten_where_respondents_have_no_ids(published):
    published.set_ids(False)
    published.lay("1.0")
    with pytest.raises(BadEdition, match=r"no ids.*withdraw the edition instead"):
        forget_people(STUDY)


# ------------------------------------------------------------------ files


def test_a_build_warns_in_one_line_and_only_where_editions_are(published):
    assert warning_of(STUDY) == ""
    published.lay("1.0")
    assert warning_of(STUDY) == ""
    published.answers = published.answers.drop(index=5)
    assert "beside edition 1.0 it would give few respondents away" in warning_of(STUDY)
    (published.folder / "editions.private" / "1.0.json").unlink()
    assert "cannot be compared" in warning_of(STUDY)
    assert "\n" not in warning_of(STUDY)


def test_fingerprints_are_for_the_owner_and_not_for_version_control(published):
    published.lay("1.0")
    private = published.folder / "editions.private"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert stat.S_IMODE((private / "key").stat().st_mode) == 0o600
    subprocess.run(["git", "init", "-q"], cwd=published.folder, check=True)
    seen = subprocess.run(
        ["git", "status", "--porcelain", "-uall"],
        cwd=published.folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "editions/1.0.json" in seen
    assert "editions.private" not in seen


def test_an_edition_that_cannot_be_written_leaves_no_fingerprints(published):
    (published.folder / "editions").write_text("in the way")
    with pytest.raises((OSError, FileError)):
        published.lay("1.0")
    assert sorted(p.name for p in (published.folder / "editions.private").iterdir()) == [".gitignore", "key"]


def test_a_record_has_no_digits_that_no_page_prints():
    told = {"r": Told(value=0.123456, tolerance=0.001)}
    drawn = Figure(
        texts=["x"], layers=[Layer(mark="point", columns=["x", "fill"], rows=[[0.123456, "#0072B2"]])]
    )
    record = Record(told=told, sentences=["r = 0.12."], figures={"plot": drawn}, edges=[["0.12", "0.13"]])
    page = printed_page(record).model_dump_json()
    assert "0.123," in page
    assert not re.search(r"0\.123\d|0\.13|told|edges", page)


# ------------------------------------------------------------------ the whole


def command(*arguments):
    run = [sys.executable, "-c", "from bouwen.cli import main; main()", "publish", STUDY, *arguments]
    return subprocess.run(run, capture_output=True, text=True, stdin=subprocess.DEVNULL)


@pytest.mark.book
def test_an_edition_holds_what_its_book_prints_and_is_the_same_of_the_same(published):
    done = command("--date", "2026-03-01")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Edition 1.0 is made" in done.stdout
    site = html_of(published.folder.parents[1])
    text = (published.folder / "editions" / "1.0.json").read_text()
    edition = read_editions(published.folder / "editions")["1.0"]
    assert (edition.version, edition.date, edition.settings["min_cell"]) == ("1.0", "2026-03-01", 10)
    shown = " ".join(path.read_text() for path in site.rglob("*.html"))
    printed = " ".join(" ".join([*page.sentences, str(page.tables)]) for page in edition.pages.values())
    assert "42" in printed
    assert set(re.findall(r"\d[\d.,]*\d", printed)) <= set(re.findall(r"\d[\d.,]*\d", shown))
    assert not re.search(r"\bp\d+\b|geheim", text)
    before = tree(site)
    shutil.rmtree(published.folder / "editions")
    shutil.rmtree(published.folder / "editions.private")
    assert command("--date", "2026-03-01").returncode == 0
    assert (published.folder / "editions" / "1.0.json").read_text() == text  # though the key is another
    assert tree(site) == before
    published.answers = published.answers.drop(index=5)
    done = command()
    assert done.returncode == 1
    assert "not published: beside edition 1.0" in done.stderr
    assert not (published.folder / "editions" / "1.1.json").exists()
    assert tree(site) == before

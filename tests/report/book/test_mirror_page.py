"""The page about both sides: when a book has it, what it depends on, and what it says."""

from __future__ import annotations

import re

import pytest
from chapters import run_page
from sides import sides

from bouwen.report.book import building
from bouwen.report.book.building import build, check_book, plan
from bouwen.report.book.chapters import ParameterError, source_of
from bouwen.survey import NotMirrored


def only_mirror(study, instrument, frame):
    study["analysis"] = {"chapters": ["mirror"]}


def names_the_other(study, instrument, frame):
    only_mirror(study, instrument, frame)
    study["mirror"] = "../leader"


def pages(path, **options):
    return {page.name.removeprefix("book/"): page for page in plan(path, **options).pages}


def prose(page):
    return "\n".join(source_of(cell) for cell in page.notebook["cells"])


def test_a_book_has_the_page_only_with_another_side(tmp_path):
    member, leader = sides(tmp_path, member=only_mirror)
    alone, both = pages(member), pages(member, mirror=leader)
    assert list(alone) == ["key_findings"]
    assert list(both) == ["key_findings", "mirror"]
    assert "(mirror-top)" in prose(both["key_findings"])
    assert "(mirror-top)" not in prose(alone["key_findings"])
    assert re.search(r'^mirror = ".*leader/study\.yml"$', prose(both["mirror"]), re.MULTILINE)


def test_the_key_does_what_the_option_does(tmp_path):
    member, _ = sides(tmp_path, member=names_the_other)
    assert list(pages(member)) == ["key_findings", "mirror"]
    assert check_book(member).startswith("Teams\n")


def test_only_the_page_about_both_depends_on_the_other_side(tmp_path):
    member, leader = sides(tmp_path, member=only_mirror)
    before, print_ = pages(member, mirror=leader), plan(member, mirror=leader).fingerprint
    answers = leader.with_name("answers.csv")
    answers.write_text(answers.read_text(encoding="utf-8").replace("\n3,", "\n4,", 1), encoding="utf-8")
    after = pages(member, mirror=leader)
    assert plan(member, mirror=leader).fingerprint == print_
    assert after["mirror"].depends != before["mirror"].depends
    assert after["key_findings"].depends == before["key_findings"].depends == ""


def test_the_other_side_is_no_parameter(tmp_path):
    member, leader = sides(tmp_path, member=only_mirror)
    with pytest.raises(ParameterError, match="follows from the study"):
        plan(member, {"mirror": str(leader)})


def test_sides_that_do_not_match_are_refused_before_anything_runs(tmp_path):
    def turned(study, instrument, frame):
        instrument["constructs"]["trust"]["items"]["t2"]["reversed"] = True

    member, leader = sides(tmp_path, member=names_the_other, leader=turned)
    for ask in (check_book, plan, build):
        with pytest.raises(NotMirrored, match="one side only reverses the item t2"):
            ask(member)
    with pytest.raises(NotMirrored, match="it is the same study"):
        plan(leader, mirror=leader)


@pytest.mark.book
def test_the_page_says_what_both_sides_say(tmp_path, monkeypatch):
    member, _ = sides(tmp_path, member=names_the_other)
    seen, real = [], building.refuse_answers
    monkeypatch.setattr(
        building,
        "refuse_answers",
        lambda study, notebooks: seen.append(study.path.parent.name) or real(study, notebooks),
    )
    html = build(member, output=tmp_path / "html", jobs=1).parent
    assert seen == ["member", "leader"]
    home, page = (
        (html / "book" / f"{name}.html").read_text(encoding="utf-8") for name in ("key_findings", "mirror")
    )
    assert 'href="mirror.html#mirror-top"' in home
    for told in (
        "Members: 150 respondents, 50 units (Site). Leaders: 150 respondents, 50 units. 40",
        "Of the 2 constructs: ",
        "judge the other side more favourably than the other judges them: Trust and Support",
        "of 2 constructs it can be told how both sides of a unit go together",
    ):
        assert told in re.sub(r"<[^>]+>|\n", lambda tag: " " if tag[0] == "\n" else "", page), told
    assert page.count('<div lang="en">') == 2
    assert not (html / "_sources").exists()
    assert "_sources" not in page


@pytest.mark.book
def test_the_page_in_dutch(tmp_path):
    member, leader = sides(tmp_path, member=only_mirror)
    made = pages(member, parameters={"language": "nl"}, mirror=leader)
    shown = "\n".join(run_page(made["mirror"]))
    assert "Van de 2 constructen: " in shown
    assert "niet te zeggen" in shown or "verschillend" in shown

"""A study that is made of a file: read at once, with the answers of the file, and nothing written over."""

from __future__ import annotations

import re
import sys

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from bouwen.cli import main
from bouwen.errors import BouwenError
from bouwen.report.book.building import check_book
from bouwen.report.book.site import announcement
from bouwen.survey import new_study, read_study
from bouwen.words import words

N = 40
ITEMS = [f"{stem}_{n}" for stem in ("trust", "talk") for n in (1, 2, 3)]
LADDER = {1: "Zeer oneens", 2: "Oneens", 3: "Neutraal", 4: "Eens", 5: "Zeer eens"}
TEAMS = {1: "North", 2: "South"}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """Six items of two constructs, one of them turned round, a team, years, remarks."""
    rng = np.random.default_rng(4)
    factors = rng.normal(size=(N, 2))
    data = {"id": [f"r{n:02d}" for n in range(N)]}
    for name in ITEMS:
        sign = -1 if name == "talk_3" else 1
        latent = sign * factors[:, int(name.startswith("talk"))] + 0.5 * rng.normal(size=N)
        data[name] = np.clip(np.round(3 + 1.2 * latent), 1, 5).astype(int)
    data["team"] = rng.integers(1, 3, N)
    data["years"] = np.arange(N)
    data["remark"] = [f"something of one's own, number {n} of them" for n in range(N)]
    return pd.DataFrame(data)


def worded(answers):
    return answers.assign(
        **{name: answers[name].map(LADDER) for name in ITEMS}, team=answers["team"].map(TEAMS)
    )


def as_csv(answers, folder):
    answers.assign(team=answers["team"].map(TEAMS)).to_csv(folder / "a.csv", index=False)


def with_an_index(answers, folder):
    answers.assign(team=answers["team"].map(TEAMS)).to_csv(folder / "a.csv")


def as_workbook_of_labels(answers, folder):
    worded(answers).to_excel(folder / "a.xlsx", index=False)


def as_spss(answers, folder):
    labels = {**{name: {**LADDER, 9: "weet niet"} for name in ITEMS}, "team": TEAMS}
    said = [f"Hoe eens? - {name} is goed" if name in ITEMS else name for name in answers]
    pyreadstat.write_sav(answers, str(folder / "a.sav"), column_labels=said, variable_value_labels=labels)


def as_stata(answers, folder):
    labels = {**dict.fromkeys(ITEMS, LADDER), "team": TEAMS}
    pyreadstat.write_dta(answers, str(folder / "a.dta"), variable_value_labels=labels)


def as_limesurvey(answers, folder):
    made = answers.assign(**{name: "A" + answers[name].astype(str) for name in ITEMS})
    made = made.assign(team=answers["team"].map(TEAMS), submitdate="2026-05-01 10:00:00", lastpage=3)
    made = made.rename(columns={name: f"{name[:-2]}[SQ00{name[-1]}]" for name in ITEMS})
    made.to_csv(folder / "a.csv", sep=";", index=False)


def as_google(answers, folder):
    names = {name: f"Hoe eens bent u het over {name[:-2]}? [{name} is goed]" for name in ITEMS}
    made = worded(answers).rename(columns=names)
    made.insert(0, "Tijdstempel", "2026/05/01 10:00:00")
    made.to_csv(folder / "a.csv", index=False)


WAYS = [as_csv, with_an_index, as_workbook_of_labels, as_spss, as_stata, as_limesurvey, as_google]


@pytest.mark.parametrize("way", WAYS)
def test_what_other_programs_write_becomes_a_study_with_the_same_answers(answers, tmp_path, way):
    way(answers, tmp_path)
    (source,) = tmp_path.iterdir()
    before = source.read_bytes()
    made = new_study(tmp_path / "study", source, language="nl")
    assert not made.refused
    study = read_study(made.path)
    assert study.responses.index.tolist() == answers["id"].tolist()
    found = [study.items_of(name) for name in study.constructs]
    assert [len(items) for items in found] == [3, 3]
    np.testing.assert_array_equal(study.responses[list(study.items)], answers[ITEMS])
    assert [study.instrument.items[name].reversed for name in study.items] == [False] * 5 + [True]
    assert [study.level_label("team", level) for level in study.responses["team"]] == answers["team"].map(
        TEAMS
    ).tolist()
    assert study.responses["years"].tolist() == list(range(N))
    assert list(study.instrument.open_questions) == ["remark"]
    assert all(construct.proposed for construct in study.instrument.constructs.values())
    assert source.read_bytes() == before


def test_wordings_labels_and_no_answers_are_those_of_the_file(answers, tmp_path):
    answers = answers.copy()
    answers.loc[3, "trust_1"] = 9
    as_spss(answers, tmp_path)
    study = read_study(new_study(tmp_path / "study", tmp_path / "a.sav").path)
    assert study.wording("trust_1") == "trust_1 is goed"
    scale = study.instrument.scale_of("trust_1")
    assert (scale.lowest, scale.highest, scale.missing) == (1, 5, [9])
    assert {code: text["und"] for code, text in scale.labels.items()} == LADDER
    assert study.responses["trust_1"].isna().sum() == 1


def test_who_did_not_finish_is_left_out_as_the_tool_marks_it(answers, tmp_path):
    as_limesurvey(answers, tmp_path)
    text = (tmp_path / "a.csv").read_text().replace("2026-05-01 10:00:00", "", 4)
    (tmp_path / "a.csv").write_text(text)
    study = read_study(new_study(tmp_path / "study", tmp_path / "a.csv").path)
    assert len(study.responses) == N - 4
    assert sum(one.count for one in study.left_out) == 4


def test_what_is_left_to_decide_stands_in_the_files_and_in_the_report(answers, tmp_path, monkeypatch, capsys):
    as_csv(answers, tmp_path)
    options = ["--from", str(tmp_path / "a.csv"), "--perspective", "member"]
    monkeypatch.setattr(sys, "argv", ["bouwen", "new", str(tmp_path / "deep" / "study"), *options])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    said = capsys.readouterr().out
    folder = tmp_path / "deep" / "study"
    texts = "".join((folder / name).read_text() for name in ("study.yml", "instrument.yml"))
    marked = {line.partition("# TODO:")[2].strip() for line in texts.splitlines() if "# TODO:" in line}
    assert marked == set(re.findall(r"^  - (.*)$", said, re.MULTILINE))
    assert marked == set(re.findall(r"^- \[ \] (.*)$", (folder / "README.md").read_text(), re.MULTILINE))
    assert "trust (3 items), talk (3 items)" in said
    assert read_study(folder).perspective == "member"
    assert "nobody has looked at yet: trust, talk" in check_book(folder)


def test_every_page_says_that_constructs_were_proposed_until_somebody_looked(answers, tmp_path):
    as_csv(answers, tmp_path)
    path = new_study(tmp_path / "study", tmp_path / "a.csv").path
    assert "nobody has looked at them yet (trust and talk)" in announcement(read_study(path), words("en"))
    file = path.with_name("instrument.yml")
    file.write_text(file.read_text().replace("    proposed: true", "    proposed: false"))
    assert announcement(read_study(path), words("en")) == ""


def test_a_text_that_few_gave_becomes_no_category(answers, tmp_path):
    made = answers.assign(team=["Geheim", "Zeer geheim"] * 2 + ["North"] * (N - 4))
    made.to_csv(tmp_path / "a.csv", index=False)
    path = new_study(tmp_path / "study", tmp_path / "a.csv").path
    assert "team" not in read_study(path).instrument.background
    assert not any("eheim" in file.read_text() for file in path.parent.iterdir())
    assert "team: answers that few gave" in path.read_text()


def test_labels_of_which_the_order_is_not_known_are_no_scale(answers, tmp_path):
    colours = {1: "red", 2: "green", 3: "blue", 4: "white", 5: "black"}
    made = answers.assign(**{name: answers[name].map(colours) for name in ITEMS})
    made.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(BouwenError, match="no 3 columns have the same answers"):
        new_study(tmp_path / "study", tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_nothing_is_written_over_and_nothing_half_written(answers, tmp_path):
    as_csv(answers, tmp_path)
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(BouwenError, match=r'holds "mine.txt" already'):
        new_study(folder, tmp_path / "a.csv")
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    with pytest.raises(BouwenError, match="is a file; name a folder"):
        new_study(tmp_path / "a.csv", tmp_path / "a.csv")
    made = new_study(tmp_path / "other", tmp_path / "a.csv")
    with pytest.raises(BouwenError, match="already"):
        new_study(tmp_path / "other", tmp_path / "a.csv")
    assert not made.refused


def test_the_folder_of_the_file_will_do_where_nothing_else_is_in_it(answers, tmp_path):
    as_csv(answers, tmp_path)
    assert not new_study(tmp_path, tmp_path / "a.csv").refused
    assert "file: a.csv" in (tmp_path / "study.yml").read_text()


def test_a_full_disk_leaves_nothing_behind(answers, tmp_path, monkeypatch):
    as_csv(answers, tmp_path)
    kind = type(tmp_path)
    usual = kind.open

    def full(path, *given, **named):
        if path.name == "README.md":
            raise OSError(28, "No space left on device")
        return usual(path, *given, **named)

    monkeypatch.setattr(kind, "open", full)
    with pytest.raises(BouwenError, match=r"No space left on device.*nothing was"):
        new_study(tmp_path / "deep" / "study", tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"perspective": "the others"}, "is a name of letters"),
        ({"language": "Dutch, please"}, "is named by its code"),
        ({"source": "none.csv"}, "there is no such file"),
    ],
)
def test_options_that_cannot_be(answers, tmp_path, options, message):
    as_csv(answers, tmp_path)
    source = tmp_path / options.pop("source", "a.csv")
    with pytest.raises(BouwenError, match=message):
        new_study(tmp_path / "study", source, **options)
    assert not (tmp_path / "study").exists()


def test_what_is_written_for_readers_is_in_the_language_of_the_study(answers, tmp_path):
    as_csv(answers, tmp_path)
    path = new_study(tmp_path / "study", tmp_path / "a.csv", language="nl").path
    study = read_study(path)
    assert study.model_label("structural") == "Paden naar talk"
    assert study.instrument.constructs["talk"].source == words("nl")("drafted.open") == "Nog te schrijven."


def test_items_without_a_common_name_on_one_scale_are_one_battery(answers, tmp_path):
    names = dict(zip(ITEMS, ["Can I count on them?", "a1", "a2", "b1", "b2", "c"], strict=True))
    answers.drop(columns=["team", "years"]).rename(columns=names).to_csv(tmp_path / "a.csv", index=False)
    study = read_study(new_study(tmp_path / "study", tmp_path / "a.csv").path)
    (found,) = (study.items_of(name) for name in study.constructs)
    assert len(found) == 6


def test_ends_in_words_and_numbers_between_them(answers, tmp_path):
    ends = {1: "Helemaal oneens", 5: "Helemaal eens"}
    made = answers.assign(**{n: [ends.get(x, x) for x in answers[n]] for n in ITEMS})
    made.to_csv(tmp_path / "a.csv", index=False)
    study = read_study(new_study(tmp_path / "study", tmp_path / "a.csv").path)
    np.testing.assert_array_equal(study.responses[list(study.items)], answers[ITEMS])
    assert {c: t["und"] for c, t in study.instrument.scale_of("trust_1").labels.items()} == ends


def test_a_sheet_that_is_named(answers, tmp_path):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        pd.DataFrame({"About": ["this file"]}).to_excel(book, sheet_name="Read me", index=False)
        worded(answers).to_excel(book, sheet_name="Answers", index=False)
    with pytest.raises(BouwenError, match=r"name another sheet \(--sheet\)"):
        new_study(tmp_path / "study", tmp_path / "a.xlsx")
    made = new_study(tmp_path / "study", tmp_path / "a.xlsx", sheet="Answers")
    assert not made.refused
    assert len(read_study(made.path).responses) == N

"""What respondents answered is found on a page, however it got there; what all may read is left alone."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from mini import code, markdown, write_chapter

import bouwen
from bouwen.report.book import building
from bouwen.report.book.answers import AnswersShown, Protected, normal, refuse_answers
from bouwen.report.book.running import cleaned

OPEN = "Nobody has answered our telephone calls since the second week of May, and <b>that</b> is a shame"


@pytest.fixture(scope="module")
def study(providers):
    remarks = [OPEN, "fine", None, *[None] * (len(providers.responses) - 3)]
    return replace(providers, responses=providers.responses.assign(goes_well=remarks))


@pytest.fixture(scope="module")
def protected(study):
    return Protected(study)


def items(study, n=4):
    return study.responses[list(study.items[:n])]


def rows_without_names(study):
    return items(study, 12).reset_index(drop=True).head(6)


SHOWN = {
    "an id": lambda s: f"the answers of {s.responses.index[7]} are odd",
    "an id in a table": lambda s: f"<table><tr><td>{s.responses.index[0]}</td></tr></table>",
    "an id in a tooltip": lambda s: f'<p title="{s.responses.index[0]}">5</p>',
    "frame": lambda s: s.responses.to_html(),
    "frame as text": lambda s: repr(s.responses),
    "some columns": lambda s: items(s).reset_index(drop=True).head(5).to_html(),
    "some columns as text": lambda s: repr(items(s).reset_index(drop=True).head(5)),
    "shuffled rows": lambda s: items(s, 6).sample(8, random_state=1).to_html(index=False),
    "without header": lambda s: rows_without_names(s).to_html(header=False),
    "array": lambda s: repr(s.responses[list(s.items)].to_numpy()[:3]),
    "list": lambda s: str(s.responses[list(s.items)].iloc[3].tolist()),
    "comma separated": lambda s: rows_without_names(s).to_csv(),
    "one column": lambda s: repr(s.responses[s.items[3]].reset_index(drop=True)),
    "one column in a page": lambda s: s.responses[[s.items[3]]].reset_index(drop=True).head(20).to_html(),
    "across": lambda s: items(s, 12).reset_index(drop=True).head(20).T.to_html(),
    "an open answer": lambda s: f"<blockquote>{OPEN}</blockquote>",
    "part of it, in capitals": lambda s: "“" + " ".join(OPEN.split()[2:9]).upper() + "”",
    "in an attribute": lambda s: f'<img alt="{" ".join(OPEN.split()[2:9])}">',
    "escaped": lambda s: "since the second week of May, and &lt;b&gt;that&lt;/b&gt; is a shame",
    "an id on a line of a text that is quoted": lambda s: repr(f"first\n{s.responses.index[3]}\tlast"),
    "an open answer in quoted lines": lambda s: repr("Nobody has\nanswered our\ntelephone\ncalls"),
    "over lines": lambda s: "Nobody has\nanswered our\ntelephone calls\n",
}  # fmt: skip


@pytest.mark.parametrize("shown", SHOWN)
def test_answers_are_found(study, protected, shown):
    assert protected.found_in(SHOWN[shown](study)), SHOWN[shown](study)[:500]


FREE = {
    "nothing": lambda s: "",
    "a question": lambda s: s.instrument.open_questions["goes_well"].text[s.perspective]["en"],
    "five words": lambda s: "answered our telephone calls since",
    "a short answer": lambda s: "the contact is fine",
    "statistics": lambda s: items(s).describe().to_html(),
    "statistics as text": lambda s: repr(items(s, 8).describe()),
    "correlations": lambda s: items(s, 20).corr().round(2).to_html(),
    "statistics of one": lambda s: repr(s.responses[s.items[0]].describe()),
    "counts of one": lambda s: repr(s.responses[s.items[0]].value_counts()),
    "counts": lambda s: s.responses[s.items[0]].value_counts().sort_index().to_frame().to_html(),
    "one to ten": lambda s: "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
    "numbers of two columns": lambda s: "No. 1 2 3 3 4 4 4 4 5 5 6 6 7 7 8 8",
    "the same number": lambda s: "5 " * 40,
    "names of items": lambda s: " ".join(s.items),
    "a picture": lambda s: '<svg><path d="M 1 2 3 4 3 2 3 4 4 5 L 2 2"/><text>3.4</text></svg>',
}


@pytest.mark.parametrize("free", FREE)
def test_what_everybody_may_read_is_left_alone(study, protected, free):
    assert protected.found_in(FREE[free](study)) is None


def test_ids_that_are_ordinary_words_or_numbers_are_not_looked_for(study):
    names = ["1", "A", "12345", "123456", "a7", "integrity1", "municipality", "jan@example.nl", "de heer Jan"]
    responses = study.responses.head(len(names)).set_axis(names)
    protected = Protected(replace(study, responses=responses))
    assert protected.protected_ids == {"123456", "a7", "jan@example.nl", "de heer Jan"}
    for name in protected.protected_ids:
        assert protected.found_in(f"<p>({name})</p>") == "who answered"
    assert protected.found_in("a77 1 A 12345 0123456 integrity1 municipality") is None


def test_words_of_the_study_are_no_answer(study):
    question = study.instrument.open_questions["goes_well"].text[study.perspective]["en"]
    quoting = replace(study, responses=study.responses.assign(goes_well=f"You asked: {question}"))
    assert Protected(quoting).found_in(question) is None
    assert Protected(quoting).found_in(f"You asked: {question}")


def test_the_cell_is_named_and_the_answer_is_not(study):
    cells = [markdown("# Title"), code("1"), {**code("survey"), "outputs": []}]
    cells[1]["outputs"] = [{"output_type": "stream", "text": "12 answers"}]
    page = {"cells": cells}
    refuse_answers(study, {"book/sample": page})
    data = {"text/plain": "?", "application/papermill.record/text/html": items(study).to_html()}
    cells[2]["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    with pytest.raises(AnswersShown) as caught:
        refuse_answers(study, {"book/sample": page})
    said = "book/sample, cell 3: shows who answered; take it out of what the cell shows."
    assert str(caught.value) == said
    assert (caught.value.chapter, caught.value.cell) == ("book/sample", 3)


def test_pages_of_the_shipped_studies_show_tables_of_numbers_and_no_answers(each_study):
    """Tables with the names of items above or beside the numbers of the books' own tables."""
    tables = bouwen.tables
    protected = Protected(each_study)
    for table in (tables.items(each_study), tables.background(each_study)):
        assert protected.found_in(table.as_raw_html()) is None


def test_the_outputs_of_a_hidden_cell_are_not_kept(tmp_path):
    told = {"output_type": "display_data", "data": {}, "metadata": {"scrapbook": {"name": "n"}}}
    printed = {"output_type": "stream", "name": "stdout", "text": "answers"}
    cells = []
    for number, tags in enumerate((["remove-cell"], ["remove-output"], ["hide-input"], [])):
        cells.append({**code("1", *tags), "id": str(number), "outputs": [printed, told]})
    page = SimplePage("book/x")
    kept = [cell["outputs"] for cell in cleaned({"cells": cells}, page, tmp_path)["cells"]]
    assert [len(outputs) for outputs in kept] == [1, 1, 2, 2]
    assert kept[0][0]["metadata"] == told["metadata"]


class SimplePage:
    def __init__(self, name):
        self.name = name


def test_letters_of_a_picture_are_no_answers(study):
    responses = study.responses.head(3).set_axis(["r1", "r2", "r3"])
    output = {"output_type": "display_data", "data": {"image/png": "iVBO/r1+r2/abc="}, "metadata": {}}
    page = {"cells": [{**code("plot()"), "outputs": [output]}]}
    refuse_answers(replace(study, responses=responses), {"book/sample": page})


@pytest.mark.parametrize(
    ("value", "as_compared"),
    [(np.float64(4), "4"), ("4.50", "4.5"), (pd.NA, ""), (None, ""), ("Ja ", "ja"), (-1.0, "-1")],
)
def test_cells_that_mean_the_same_are_the_same(value, as_compared):
    assert normal(value) == as_compared


@pytest.mark.book
def test_a_build_that_would_show_answers_leaves_the_old_book(mini):
    building.build("data/mini/study.yml", warm=False)
    page = mini / "_build" / "mini" / "html" / "book" / "sample.html"
    before = page.read_text(encoding="utf-8")
    path = mini / "data" / "mini" / "responses.csv"
    path.write_text(path.read_text().replace("Mijn geheime", "Dit is mijn geheime en heel lange"))
    given = code('study = "data/mini/study.yml"', "parameters")
    for source in (
        "survey.responses",
        "print(survey.responses.to_csv())",
        "survey.responses['remark'].tolist()",
    ):
        reading = f"import bouwen\n\nsurvey = bouwen.read_study(study)\n{source}"
        write_chapter(mini, "book/sample", markdown("# Sample"), given, code(reading))
        with pytest.raises(AnswersShown, match="book/sample, cell 3: shows") as caught:
            building.build("data/mini/study.yml", warm=False)
        assert "geheim" not in str(caught.value)
        assert page.read_text(encoding="utf-8") == before


@pytest.mark.book
def test_a_study_shows_its_title_and_size_on_a_page_and_nothing_more(mini):
    given = code('study = "data/mini/study.yml"', "parameters")
    write_chapter(
        mini, "book/sample", markdown("# S"), given, code("import bouwen\nbouwen.read_study(study)")
    )
    building.build("data/mini/study.yml", warm=False)
    kept = json.loads((mini / "_build" / "mini" / "cache" / "book" / "sample.json").read_text())
    (output,) = kept["notebook"]["cells"][2]["outputs"]
    assert output["data"] == {"text/plain": "<Study: Bouwen aan vertrouwen, n = 4, 3 items, groups size>"}

import json
from dataclasses import replace

import pytest
from mini import code, markdown, write_chapter

from bouwen.report.book import building
from bouwen.report.book import chapters as ch
from bouwen.report.book.chapters import ChapterError, ParameterError
from bouwen.words import UnknownLanguage


def pages_of(mini, study, language="en", **values):
    chapters = ch.read_chapters(mini)
    return ch.pages(study, chapters, values, language, "data/mini/study.yml")


def sources(page):
    return "\n".join(cell["source"] for cell in page.notebook["cells"])


def test_a_template_becomes_a_page_per_level_in_the_instruments_order(mini, study):
    names = [page.name for page in pages_of(mini, study) if page.chapter == "book/subgroup"]
    assert names == ["book/subgroup-size-small", "book/subgroup-size-large"]


def test_generated_pages_are_headed_by_their_group_and_level(mini, study):
    titles = [page.title for page in pages_of(mini, study, "nl") if page.chapter == "book/subgroup"]
    assert titles == ["Omvang: klein", "Omvang: groot"]


def test_generated_pages_get_their_group_and_level(mini, study):
    page = pages_of(mini, study)[-1]
    assert 'group = "size"\nlevel = "large"' in sources(page)


def test_the_table_of_contents_lists_generated_pages_in_place_of_the_template(mini, study):
    toc = ch.expanded_toc(ch.read_toc(mini), pages_of(mini, study))
    below = toc["chapters"][1]["sections"]
    assert below == [{"file": "book/subgroup-size-small"}, {"file": "book/subgroup-size-large"}]


def test_without_groups_the_template_leaves_the_table_of_contents(mini, study):
    without = [page for page in pages_of(mini, study) if page.chapter != "book/subgroup"]
    toc = ch.expanded_toc(ch.read_toc(mini), without)
    assert "sections" not in toc["chapters"][1]


@pytest.mark.parametrize(("language", "title"), [("en", "Sample"), ("nl", "Steekproef")])
def test_a_page_has_one_language(mini, study, language, title):
    page = pages_of(mini, study, language)[1]
    assert page.title == title
    assert not {"en", "nl"} & {tag for cell in page.notebook["cells"] for tag in ch.tags_of(cell)}


def test_dutch_cells_are_no_longer_hidden_in_a_dutch_book(mini, study):
    first = pages_of(mini, study, "nl")[0].notebook["cells"][0]
    assert first["metadata"]["tags"] == []


@pytest.mark.parametrize(("language", "alt"), [("en", "A line"), ("nl", "Een lijn")])
def test_alt_text_is_in_the_language_of_the_book(mini, study, language, alt):
    figure = pages_of(mini, study, language)[1].notebook["cells"][2]["metadata"]
    assert figure["mystnb"]["image"]["alt"] == alt
    assert "mystnb_nl" not in figure


def test_filling_in_parameters_keeps_comments(mini, study):
    page = pages_of(mini, study, draws=7)[1]
    assert "draws = 7  # how many" in sources(page)


def test_filling_in_leaves_the_stored_chapter_alone(mini, study):
    before = json.dumps(ch.read_chapters(mini)["book/sample"].notebook)
    chapters = ch.read_chapters(mini)
    ch.pages(study, chapters, {"draws": 7}, "nl", "elsewhere/study.yml")
    assert json.dumps(chapters["book/sample"].notebook) == before


def test_a_value_cannot_become_code(mini, study):
    page = ch.pages(study, ch.read_chapters(mini), {}, "en", 'x"; import os #')[0]
    assert r'study = "x\"; import os #"' in sources(page)


def test_an_unknown_parameter_is_refused_with_the_nearest(mini):
    with pytest.raises(ParameterError, match='Did you mean "draws"') as error:
        ch.check_parameters(ch.read_chapters(mini), {"drws": "5"})
    assert error.value.name == "drws"


@pytest.mark.parametrize("text", ["many", "1.5", "true", "__import__('os')", "[1]", ""])
def test_a_parameter_of_the_wrong_type_is_refused(mini, text):
    with pytest.raises(ParameterError, match="must be of type int"):
        ch.check_parameters(ch.read_chapters(mini), {"draws": text})


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("3", 1, 3),
        ("3", 1.0, 3.0),
        ("0.5", 1.0, 0.5),
        ("true", False, True),
        ("3", "a", "3"),
        ("x", None, "x"),
    ],
)
def test_a_parameter_takes_the_type_of_its_default(text, default, value):
    typed = ch.typed("name", text, default)
    assert typed == value
    assert type(typed) is type(value)


def test_a_language_that_the_book_does_not_speak_is_refused(mini):
    with pytest.raises(UnknownLanguage, match="en, nl"):
        building.plan(mini / "data/mini/study.yml", {"language": "fr"})


def test_a_chapter_without_prose_in_a_language_is_in_english(mini, study):
    page = pages_of(mini, study, "fr")[1]
    assert page.title == "Sample"
    figure = page.notebook["cells"][2]["metadata"]
    assert figure["mystnb"]["image"]["alt"] == "A line"
    assert not [name for name in figure if name.startswith("mystnb_")]
    assert 'language = "fr"' in sources(page)


def test_a_chapter_may_have_prose_in_any_language(mini, study):
    path = mini / "book/sample.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    french = {"cell_type": "markdown", "metadata": {"tags": ["pt-BR", "remove-cell"]}, "source": "# Amostra"}
    notebook["cells"].insert(2, french)
    notebook["cells"][4]["metadata"]["mystnb_pt-BR"] = {"image": {"alt": "Uma linha"}}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    page = pages_of(mini, study, "pt-BR")[1]
    assert page.title == "Amostra"
    assert [
        cell["metadata"]["mystnb"] for cell in page.notebook["cells"] if "mystnb" in cell["metadata"]
    ] == [{"image": {"alt": "Uma linha"}}]
    assert not [cell for cell in page.notebook["cells"] if "remove-cell" in ch.tags_of(cell)][1:]
    assert pages_of(mini, study, "nl")[1].title == "Steekproef"
    assert pages_of(mini, study)[1].title == "Sample"


def test_check_names_the_chapters_without_prose_in_the_language(mini, tmp_path, monkeypatch):
    (tmp_path / "fr.yml").write_text("languages: {fr: français}\n", encoding="utf-8")
    monkeypatch.setenv("BOUWEN_WORDS", str(tmp_path))
    path = mini / "data/mini/study.yml"
    assert "prose" not in building.check_book(path)
    path.write_text(
        path.read_text(encoding="utf-8").replace("language: nl", "language: fr"), encoding="utf-8"
    )
    lines = [line.strip() for line in building.check_book(path).splitlines() if "not in français" in line]
    assert [line.partition(":")[0] for line in lines] == [
        "texts of the study that are not in français",
        "texts of the program that are not in français",
        "chapters whose prose is not in français",
    ]
    assert lines[2].endswith(": 4 (book/findings, book/sample, book/subgroups, book/subgroup)")


@pytest.mark.parametrize("name", ["study", "group", "level"])
def test_what_follows_from_the_study_cannot_be_set(mini, name):
    with pytest.raises(ParameterError, match="follows from the study"):
        ch.check_parameters(ch.read_chapters(mini), {name: "x"})


@pytest.mark.parametrize("source", ["n = 1 + 1", "import os", "a = b = 1", "n: int = 1", "n = [1]", "f()"])
def test_a_parameters_cell_holds_literal_assignments_only(tmp_path, source):
    write_chapter(tmp_path, "book/odd", markdown("# Odd"), code(source, "parameters"))
    with pytest.raises(ChapterError, match="not of the form name = value"):
        ch.read_chapter(tmp_path, "book/odd")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '"x"'])
def test_a_broken_notebook_is_named(tmp_path, text):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "odd.ipynb").write_text(text)
    with pytest.raises(ChapterError, match="book/odd: is not a readable notebook"):
        ch.read_chapter(tmp_path, "book/odd")


def test_a_chapter_in_the_table_of_contents_must_exist(mini):
    (mini / "book" / "sample.ipynb").unlink()
    with pytest.raises(ChapterError, match=r"book/sample: is in _toc\.yml"):
        ch.read_chapters(mini)


def test_two_pages_with_one_name_are_refused(mini, study):
    page = ch.read_chapters(mini)["book/sample"]
    with pytest.raises(ChapterError, match="2 pages would have this name"):
        ch.pages(study, {"a": page, "b": page}, {}, "en", "x")


ASIDE = {"needs": "facets", "title_from_factor": {"en": "How many has {}?", "nl": "Hoeveel heeft {}?"}}


def with_model(study, syntax, **factors):
    """The study with another structural model."""
    model = study.instrument.models[study.file.models.structural]
    changed = model.model_copy(update={"syntax": syntax, "factors": factors, "based_on": None})
    models = {**study.instrument.models, study.file.models.structural: changed}
    instrument = study.instrument.model_copy(update={"models": models})
    instrument.__dict__.pop("factors", None)  # computed once, from the models before
    return replace(study, instrument=instrument)


@pytest.mark.parametrize(
    ("syntax", "titles"),
    [
        ("f =~ i1 + i2 + i3", []),
        ("a =~ i1 + i2\nb =~ i3 + i4", ["Plain"]),
        ("a =~ i1 + i2\nb =~ i3 + i4\nabove =~ a + b", ["How many has trust?"]),
    ],
)
def test_a_title_names_the_factor_above_facets_and_needs_facets(mini, study, syntax, titles):
    write_chapter(mini, "book/aside", markdown("# Plain"))
    chapter = ch.read_chapter(mini, "book/aside")
    chapter.notebook["metadata"]["bouwen"] = ASIDE
    shown = with_model(study, syntax, above={"en": "Trust", "nl": "Vertrouwen"})
    assert [page.title for page in ch.pages(shown, {"a": chapter}, {}, "en", "x")] == titles

"""Whatever is planted on the pages of the default book, the auditor finds it.

The pages are those recorded for the default study, on which it finds nothing by its rules.
"""

import copy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.report.audit import Leaking, refuse_leaks
from bouwen.report.audit.auditing import about, groups_of, prove
from bouwen.report.audit.blocks import Rules, block_of
from bouwen.report.audit.reading import ledger
from bouwen.report.audit.rules import leaks
from bouwen.report.book.recording import ShownTable, Told
from bouwen.report.book.results import FILE

PAGE = "book/subgroup-municipality_size-under_20000"


@pytest.fixture(scope="module")
def study():
    """The default study."""
    return bouwen.read_study("data/providers/study.yml")


@pytest.fixture(scope="module")
def recorded(study):
    """What its pages show."""
    return FILE.validate_json((study.path.parent / "expected.json").read_bytes())


@pytest.fixture
def pages(recorded):
    """The same, to be changed."""
    return copy.deepcopy(recorded)


def found(study, pages):
    return list(leaks(study, pages, ledger(study, pages)[0]))


def test_rules_find_nothing_on_the_pages_of_the_default_study(study, recorded):
    figures, unread = ledger(study, recorded)
    assert found(study, recorded) == []
    assert len(figures) > 1000
    assert not unread


def test_every_figure_that_is_read_is_one_of_the_answers(study, recorded):
    figures, _ = ledger(study, recorded)
    kinds = set()
    for construct in study.constructs:
        block = block_of(
            study, construct, groups_of(figures), [f.answers for f in figures if f.kind == "pattern"]
        )
        own = about(figures, block, construct)
        kinds |= {one.kind for one in own}
        assert Rules(block).broken(own) == []
    assert kinds >= {
        "count",
        "share",
        "mean",
        "sd",
        "score_mean",
        "score_sd",
        "scored",
        "complete_mean",
        "pattern",
    }


# -------------------------------------------------------------------- background


def with_levels(study, **counts):
    """The study with other sizes of the levels of the procurement variant."""
    levels = [level for level, n in counts.items() for _ in range(n)]
    rows = [None] * (len(study.responses) - len(levels))
    values = pd.array([*levels, *rows], dtype=object)
    return replace(study, responses=study.responses.assign(procurement_variant=values))


def shown_levels(pages, texts, name="procurement_variant"):
    """Print these counts in the table of who answered, nowhere else."""
    table = pages["book/sample"].tables["tables.background"]
    for page in list(pages):
        if name in page:
            del pages[page]
    del pages["book/sample"].figures["plots.respondents"], pages["book/sample"].tables["tables.register"]
    del (
        pages["book/subgroups"].tables["tables.group_counts"],
        pages["book/subgroups"].figures["plots.outcome_by_group"],
        pages["book/subgroups"].figures["plots.side_by_side"],
    )
    for row, text in zip(table.rows[1:4], texts, strict=True):
        row[1:] = [text, "–"]


@pytest.mark.parametrize(
    ("counts", "texts"),
    [
        ((193, 4, 4), ("193", "–", "–")),  # two small ones beside a large one
        ((186, 8, 7), ("186", "–", "–")),  # two that are together fewer than twice ten
        ((189, 8, 4), ("189", "8", "–")),  # a small one that is printed
        ((150, 51, 0), ("150", "51", "0")),  # none, told apart from few
        ((150, 47, 4), ("150", "47", "–")),  # one that follows from the total
        ((150, 47, 4), ("75%", "47", "–")),  # a share that is no count
    ],
)
def test_counts_of_levels(study, pages, counts, texts):
    names = ("inspanningsgericht", "outputgericht", "taakgericht")
    shown_levels(pages, texts)
    changed = with_levels(study, **dict(zip(names, counts, strict=True)))
    assert any("procurement_variant" in leak.what for leak in found(changed, pages)) is (texts[0] != "75%")


def test_a_share_tells_a_count(study, pages):
    shown_levels(pages, ("150", "47", "–"))
    pages["book/sample"].tables["tables.background"].rows[3][2] = "2.0%"
    changed = with_levels(study, inspanningsgericht=150, outputgericht=30, taakgericht=4)
    pages["book/sample"].tables["tables.background"].rows[2][1] = "–"
    assert any("procurement_variant" in leak.what for leak in found(changed, pages))


def test_a_page_tells_how_many_it_is_about(study, pages):
    shown_levels(pages, ("–", "47", "–"))
    told = {"group": "Procurement variant", "level": "effort-based (inspanningsgericht)", "n": "150"}
    pages["book/subgroup-x"] = pages[PAGE].model_copy(
        update={"told": {name: Told(value=value, tolerance=None) for name, value in told.items()}}
    )
    changed = with_levels(study, inspanningsgericht=150, outputgericht=47, taakgericht=4)
    assert any("procurement_variant" in leak.what for leak in found(changed, pages))


def test_a_bar_of_a_figure_tells_a_count(study, pages):
    figure = pages["book/sample"].figures["plots.respondents"]
    figure.layers[0].rows[2][2] = 4 / 201
    changed = with_levels(study, inspanningsgericht=150, outputgericht=47, taakgericht=4)
    assert any("procurement_variant" in leak.what for leak in found(changed, pages))


@pytest.mark.parametrize("n", [12, 193])
def test_estimates_of_a_level_that_is_small_or_nearly_all(study, pages, n):
    responses = study.responses.copy()
    responses["municipality_size"] = np.where(np.arange(len(responses)) < n, "under_20000", "20000_50000")
    changed = replace(study, responses=responses)
    assert any("estimates of under_20000" in leak.what for leak in found(changed, pages))


# -------------------------------------------------------------------- tables and sentences


def plant_scale(pages):
    pages["book/scales"].tables["tables.scales"].rows[0][2] = "200"


def plant_fit(pages):
    pages["book/structural"].tables["tables.block_fits"].rows[0][2] = "198"


def plant_criteria(pages):
    table = pages["book/dimensions"].tables["tables.structures"]
    table.rows.append(["n", "more than 191", "201", "201", "201"])


def plant_screening(pages):
    pages["book/sample"].tables["tables.screening"].rows[3][1] = "4"


def plant_pattern(pages):
    figure = pages["book/sample"].figures["plots.missing_patterns"]
    figure.texts[:] = [text.replace("165 respondents", "4 respondents") for text in figure.texts]


def plant(sentence):
    def planted(pages):
        pages["book/sample"].sentences.append(sentence)

    return planted


def plant_in_a_figure(pages):
    pages["book/subgroups"].figures["plots.outcome_by_group"].texts.append("3 respondents")


def plant_unknown_table(pages):
    heads = ["Group", "n"]
    pages["book/sample"].tables["tables.mine"] = ShownTable(
        heads=heads, rows=[["some", "7"], ["others", "194"]]
    )


@pytest.mark.parametrize(
    "planted",
    [
        plant_scale, plant_fit, plant_criteria, plant_screening, plant_pattern, plant_in_a_figure,
        plant_unknown_table,
        plant("A scale was answered by 198 of the 201 respondents."),
        plant("Of these, 3 respondents answered nothing."),
        plant("This was left open by 98.5% of the respondents."),
        plant("Bars: the answers of 8 anxious respondents."),
    ],
)  # fmt: skip
def test_what_is_printed_somewhere(study, pages, planted):
    planted(pages)
    with pytest.raises(Leaking, match=r"(?s)would give away .*book/") as error:
        refuse_leaks(study, pages)
    assert not any(number in str(error.value) for number in ("198", "200", "98.5"))


def test_sentences_of_other_languages(pages, study):
    pages["book/sample"].sentences.append("Een schaal is beantwoord door 198 van de 201 respondenten.")
    assert any(
        leak.where == "a sentence"
        for leak in found(study.in_language("nl"), {"book/sample": pages["book/sample"]})
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "One answer was given by fewer than 10 respondents.",
        "Groups of at least 30 respondents.",
        "165 of the 201 respondents answered everything.",
        "201 respondents stand in 156 clusters.",
    ],
)
def test_what_may_be_said(study, pages, sentence):
    pages["book/sample"].sentences.append(sentence)
    assert found(study, pages) == []


def test_the_mean_of_the_few_who_answered_everything(study, pages):
    responses, items = study.responses.copy(), list(study.items_of("contact"))
    responses.loc[responses.index[3:], items[0]] = np.nan
    assert any(
        "who answered all of contact" in leak.what
        for leak in found(replace(study, responses=responses), pages)
    )


def test_how_few_answers_spread(study, pages):
    responses, item = study.responses.copy(), study.items_of("contact")[0]
    responses.loc[responses.index[60:], item] = np.nan
    changed = replace(study, responses=responses)
    assert any(f"answers to {item} spread" in leak.what for leak in found(changed, pages))


# -------------------------------------------------------------------- what takes a search


def attack(study, pages, construct="distrust"):
    """What is to be coarser of one scale, and what is open to nothing."""
    figures, _ = ledger(study, pages)
    block = block_of(
        study, construct, groups_of(figures), [f.answers for f in figures if f.kind == "pattern"]
    )
    settings = study.settings
    own = about(figures, block, construct)
    return prove(block, construct, own, settings.min_cell, settings.min_width, study.coarser)


def row_of(pages, item):
    return next(
        row for row in pages["book/scales"].tables["tables.items"].rows if row[0].split(" ")[0] == item
    )


def test_nothing_of_a_scale_is_narrowed_down(study, recorded):
    proof = attack(study, recorded)
    assert (proof.coarser, proof.leaks) == ({}, [])
    assert proof.protected > 50


def plant_moments(study, pages):
    answers = study.responses["distrust2"].dropna()
    row_of(pages, "distrust2")[2:6] = [
        f"{x:.2f}" for x in (answers.mean(), answers.std(), shape(answers, 3), shape(answers, 4) - 3)
    ]


def shape(answers, power):
    away = answers - answers.mean()
    return float((away**power).mean() / (away**2).mean() ** (power / 2))


def plant_gaps(study, pages):
    row_of(pages, "distrust2")[1] = f"{100 * study.responses['distrust2'].isna().mean():.2f}%"


def plant_end(study, pages):
    row_of(pages, "distrust2")[6] = f"{100 * (study.responses['distrust2'].dropna() == 1).mean():.2f}%"


def plant_gap_bar(study, pages):
    figure, place = pages["book/sample"].figures["plots.missing"], list(study.items).index("distrust2")
    assert figure.layers[0].rows[place][2] == pytest.approx(10 / 201, abs=1e-5)
    figure.layers[0].rows[place][2] = int(study.responses["distrust2"].isna().sum()) / 201


@pytest.mark.parametrize("planted", [plant_moments, plant_gaps, plant_gap_bar])
def test_an_item_is_shown_too_finely(study, pages, planted):
    planted(study, pages)
    proof = attack(study, pages)
    assert proof.leaks or "distrust2" in proof.coarser

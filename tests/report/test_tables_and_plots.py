"""Tables and figures of all three studies: what they show and what they hide."""

import html
import re
from dataclasses import replace

import pytest
from numpy.testing import assert_allclose

import bouwen
from bouwen.report import plots, tables, texts
from bouwen.report.audience import reader
from bouwen.report.plots.bars import answer_bars
from bouwen.report.plots.style import ticks
from bouwen.report.tables.draws import drawn
from bouwen.report.tables.layout import interval_texts
from bouwen.survey import share_step


def with_settings(study, **settings):
    """The same study with other settings."""
    return replace(
        study, file=study.file.model_copy(update={"settings": study.settings.model_copy(update=settings)})
    )


def cells(table):
    """The texts of a rendered table, tags removed."""
    body = table.as_raw_html().split("</style>")[-1]
    texts = re.sub(r"<[^>]+>", "\x00", body).split("\x00")
    return [html.unescape(text.strip()) for text in texts if text.strip()]


@pytest.fixture(scope="module")
def fits():
    """The structural model by study, and forty draws of it: kept for whoever asks next."""
    return {}


@pytest.fixture
def fit(study, fits):
    if study.id not in fits:
        fits[study.id] = bouwen.fit_model(study, "structural")
    return fits[study.id]


def test_background_adds_up(study):
    shown = cells(tables.background(study))
    n = len(study.responses)
    for group in study.groups:
        counts = study.responses[group].value_counts()
        assert counts.sum() <= n
        for level in study.levels(group):
            at = shown.index(study.level_label(group, level))
            assert shown[at + 1] in {str(counts[level]), "–"}


def test_small_cells_are_hidden_in_the_background(providers):
    group = providers.groups[0]
    smallest = providers.responses[group].value_counts().min()
    shown = cells(tables.background(with_settings(providers, min_cell=int(smallest) + 1)))
    for level, count in providers.responses[group].value_counts().items():
        at = shown.index(providers.level_label(group, level))
        assert (shown[at + 1] == str(count)) == (count > smallest and shown[at + 1] != "–")
        if count == smallest:
            assert shown[at + 1] == "–"


def test_tables_render_in_the_books_language(municipalities):
    assert "Gemiddelde" in cells(tables.items(municipalities))
    assert "Mean" in cells(tables.items(bouwen.read_study(municipalities.path, language="en")))


def test_loadings_and_paths_show_every_parameter(study, fit):
    solution = fit.standardized()
    for op, table in (("=~", tables.loadings(fit, study)), ("~", tables.paths(fit, study))):
        rows = solution[solution["op"] == op]
        shown = cells(table)
        assert len(re.findall(r"\[", " ".join(shown))) == len(rows)


def test_answer_bars_are_whole_and_hold_no_small_cell(study):
    bars = answer_bars(study, study.constructs)
    step = share_step(len(study.responses))
    assert_allclose(bars.groupby("item")["share"].sum(), 1, atol=3.5 * step)
    assert_allclose(bars["share"], (bars["share"] / step).round() * step, atol=1e-9)
    counts = bars["share"] * bars["item"].map(study.responses[list(study.items)].notna().sum())
    few = study.settings.min_cell - step * len(study.responses) / 2
    assert ((counts < 1e-9) | (counts > few - 1e-9)).all()
    assert_allclose(bars["end"] - bars["start"], bars["share"], atol=2e-6)


@pytest.mark.book
@pytest.mark.parametrize("each_study", ["municipalities", "reputation"], indirect=True)
@pytest.mark.parametrize("name", ["answers", "means", "missing", "outcome_by_group", "outcome"])
def test_figures_of_a_study_draw(study, name):
    figure = getattr(plots, name)(study)
    assert figure.draw().axes


@pytest.mark.book
def test_figures_of_a_fit_draw(study, fit):
    for figure in (plots.loadings(fit, study), plots.paths(fit, study)):
        assert figure.draw().axes


def test_a_small_group_gets_words_instead_of_figures(providers):
    group, level = providers.groups[0], providers.levels(providers.groups[0])[0]
    assert texts.too_few(providers, group, level) is None
    strict = with_settings(providers, min_group=len(providers.responses) + 1)
    assert "at least" in texts.too_few(strict, group, level).data


def test_counts_and_shares_below_the_smallest_cell_are_bounds(providers):
    assert texts.guarded(providers, 9) == "fewer than 10"
    assert texts.guarded(providers, 10) == 10
    assert texts.guarded(providers, 0) == "fewer than 10"
    assert texts.guarded(providers, 198, 201) == "more than 191"
    assert texts.guarded(providers, 201, 201) == "more than 191"
    assert texts.guarded(providers, 191, 201) == 191
    assert texts.guarded_share(providers, 1, 200) == "<6%"
    assert texts.guarded_share(providers, 0, 200) == "<6%"
    assert texts.guarded_share(providers, 50, 200) == "26%"


@pytest.mark.parametrize("each_study", ["reputation"], indirect=True)
def test_nothing_in_the_reputation_book_speaks_of_care(reputation, fit):
    shown = [
        tables.findings(bouwen.weigh_claims(reputation), reputation), tables.background(reputation),
        tables.items(reputation), tables.codebook(reputation),
        tables.paths(fit, reputation), tables.provenance(reputation),
    ]  # fmt: skip
    text = " ".join(" ".join(cells(table)) for table in shown) + texts.about(reputation).data
    assert not re.search(r"\b(care|zorg|municipalit|gemeente|provider)", text, re.IGNORECASE)


def test_axis_labels_have_the_decimals_that_they_need(providers, municipalities):
    assert ticks(reader(providers))([0, 0.25, 0.5]) == ["0.00", "0.25", "0.50"]
    assert ticks(reader(municipalities))([0.2, 0.4]) == ["0,2", "0,4"]


@pytest.fixture
def boot(study, fit, fits):
    key = f"{study.id}, draws"
    if key not in fits:
        fits[key] = bouwen.bootstrap(fit, 40, seed=1)
    return fits[key]


def test_draws_are_shown_with_intervals_and_counts(study, fit, boot):
    shown = cells(tables.paths(fit, study, draws=boot))
    found = drawn(boot, "~", study.settings.confidence)
    assert len(re.findall(r"\[", " ".join(shown))) == 2 * len(found)
    assert interval_texts(reader(study), found)[0] in shown
    told = cells(tables.account(boot, study))
    assert told.count("40") >= 1
    assert reader(study).words("draws.used") in told
    assert "40" in texts.account(boot, study).data
    plots.paths(fit, study, draws=boot).draw()


def test_indirect_effects_are_shown_for_any_model(study, fit, boot):
    effects = bouwen.indirect_effects(fit, study.outcome_variable, draws=boot)
    shown = cells(tables.indirect_effects(effects, study))
    for effect in effects.itertuples():
        assert texts.chain(study, (effect.predictor, *effect.via, effect.outcome)) in shown
    sentence = texts.indirect_effects(effects, study).data
    clear = ((effects["boot_lower"] > 0) | (effects["boot_upper"] < 0)).sum()
    assert f" {len(effects)} indirect" in sentence
    assert f" {clear} " in sentence
    plots.indirect_effects(effects, study).draw()
    none = effects.iloc[:0]
    assert tables.indirect_effects(none, study) is None
    assert plots.indirect_effects(none, study) is None
    assert (
        "via" in texts.indirect_effects(none, study).data
        or "through" in texts.indirect_effects(none, study).data
    )
    together = effects.assign(via=[()] * len(effects))
    assert "…" in cells(tables.indirect_effects(together, study))[4]

"""Tables and figures take a result first; a study, labels, a language and a level are options."""

import html
import re
from types import SimpleNamespace

import pandas as pd
import pytest
from numpy.testing import assert_allclose
from results import PLOTS, STUDY_FIRST, TABLES, results_of

import bouwen
from bouwen.checks import NotAShare
from bouwen.report import plots, tables, texts
from bouwen.report.given import NothingToShow, SeveralGroups, WrongResult
from bouwen.words import UnknownLanguage, words

pytestmark = pytest.mark.book  # every table and figure is drawn

MODEL = "comp =~ comp_1 + comp_2 + comp_3\nlike =~ like_1 + like_2 + like_3"
FIT = re.escape("a fit (bouwen.fit_sem or bouwen.fit_model)")

# What holds no name of a variable.
NAMELESS = {
    "tables": {"account", "error_rates", "exploratory_factors", "factor_counts", "fit_measures", "fit_power",
               "joint_tests", "recommendations",
               "method_shares", "screening", "structure_tests", "structures"},
    "plots": {"scree"},
}  # fmt: skip
UNLABELLED = {"evidence", "misfits", "residuals", "suitability"}  # all names in it are items, which have none
LEFT_OF_STUDY = {
    "evidence": "what",
    "findings": "claim",
    "mirror_findings": "what",
}  # whose words come from the study or the evidence
ALL = [("tables", name) for name in TABLES] + [("plots", name) for name in PLOTS]


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/reputation/study.yml")


@pytest.fixture(scope="module")
def given(study):
    return results_of(study)


@pytest.fixture(scope="module")
def grouped(study):
    answers = bouwen.key_items(study).assign(side=["left", "right"] * (len(study.responses) // 2))
    text = f"{MODEL}\nlike ~ comp"
    return bouwen.fit_sem(text, answers, group="side", missing="fiml")


def made(room, name, given, *more, **options):
    """A table or a figure from what it is given."""
    wanted = TABLES[name] if room == "tables" else PLOTS[name]
    rooms = {"tables": tables, "plots": plots}
    return getattr(rooms[room], name)(*(getattr(given, key) for key in wanted), *more, **options)


def cells(table):
    """The texts of a rendered table, tags removed."""
    body = table.as_raw_html().split("</style>")[-1]
    return [
        html.unescape(text.strip()) for text in re.sub(r"<[^>]+>", "\0", body).split("\0") if text.strip()
    ]


def shown(room, result):
    """Every text of a table; of a figure, those of its data, its panels and its axes."""
    if room == "tables":
        return " ".join(cells(result))
    texts = [str(result.labels.x), str(result.labels.y)]
    frames = [result.data, *(layer._data for layer in result.layers)]
    for frame in frames:
        if isinstance(frame, pd.DataFrame):
            texts += [str(x) for column in frame for x in frame[column] if isinstance(x, str)]
    for scale in result.scales:
        if isinstance(getattr(scale, "labels", None), list):
            texts += map(str, scale.labels)
    return " ".join(texts).replace("\n", " ")


# ------------------------------------------------------------------ every one of them


@pytest.mark.parametrize(("room", "name"), ALL)
def test_without_a_study_names_are_shown_in_either_language(room, name, given):
    english, dutch = (made(room, name, given, language=code) for code in ("en", "nl"))
    assert shown(room, english) == shown(room, made(room, name, given)) or name == "screening"
    assert shown(room, english) != shown(room, dutch) or (room, name) in {
        ("plots", "exploratory"), ("plots", "residuals"), ("plots", "ratios")
    }  # fmt: skip
    if name not in {*NAMELESS[room], *LEFT_OF_STUDY, "invariance"}:
        assert not re.search(r"\b(Competence|Likeability|Loyalty|Sympathie)\b", shown(room, english))


@pytest.mark.parametrize(("room", "name"), ALL)
def test_labels_stand_for_names(room, name, given, study):
    names = [
        *study.items,
        *study.constructs,
        *study.instrument.factors,
        *study.groups,
        *study.instrument.claims,
    ]
    labels = {name: f"⟦{name}⟧" for name in names}
    for more in ((), (study,)):
        text = shown(room, made(room, name, given, *more, labels=labels))
        assert ("⟦" in text) == (name not in NAMELESS[room] and name != "evidence"), text


@pytest.mark.parametrize("name", TABLES)
def test_labels_are_text_in_every_table(name, given, study):
    hostile = "<q onerror='x'>甲😀 {{7*7}} {0} %s $a_{b}$ &lt; **c** "
    names = [*study.items, *study.constructs, *study.instrument.factors, *study.groups]
    table = made("tables", name, given, study, labels={one: f"{hostile}{one}" for one in names})
    assert "<q" not in table.as_raw_html()
    if name not in {*NAMELESS["tables"], *LEFT_OF_STUDY}:
        assert hostile.strip() in shown("tables", table)


@pytest.mark.parametrize(("room", "name"), ALL)
def test_a_study_gives_labels_and_language(room, name, given, study):
    dutch = study.in_language("nl")
    text = shown(room, made(room, name, given, dutch))
    assert text == shown(room, made(room, name, given, study, language="nl"))
    if name not in {*NAMELESS[room], *UNLABELLED}:
        assert text != shown(room, made(room, name, given, language="nl"))


@pytest.mark.parametrize(("room", "name"), ALL)
def test_the_old_order_is_refused_in_a_sentence(room, name, given, study):
    wanted = TABLES[name] if room == "tables" else PLOTS[name]
    function = getattr({"tables": tables, "plots": plots}[room], name)
    with pytest.raises(
        WrongResult, match=r"^give .*bouwen\.\w+.* first, and the study after it; found a Study\.$"
    ):
        function(study, *(getattr(given, key) for key in wanted))


@pytest.mark.parametrize(("room", "name"), ALL)
def test_another_result_is_refused(room, name, given, study):
    wanted = TABLES[name] if room == "tables" else PLOTS[name]
    function = getattr({"tables": tables, "plots": plots}[room], name)
    for wrong in (pd.DataFrame({"x": [1.0]}), 3, given.screened if wanted != ("screened",) else given.kmo):
        with pytest.raises(WrongResult, match=r"^give .*bouwen\.\w+"):
            function(wrong, *(getattr(given, key) for key in wanted[1:]))
    with pytest.raises(WrongResult, match=r"a study \(bouwen.read_study\) after it; found a (Fit|int)"):
        made(room, name, given, given.fit if name != "paths" else 3)


@pytest.mark.parametrize(
    ("room", "name"), [(room, name) for room in STUDY_FIRST for name in STUDY_FIRST[room]]
)
def test_what_shows_answers_asks_for_the_study(room, name, given):
    function = getattr({"tables": tables, "plots": plots}[room], name)
    for wrong in (given.fit, None, "data/reputation/study.yml"):
        with pytest.raises(WrongResult, match=r"give a study \(bouwen.read_study\) first"):
            function(wrong)


SENTENCES = {
    "account": "boot", "apart": "structures", "fit_verdict": "fit", "follow_up_needs": "plan",
    "importance": "importance", "indirect_effects": "effects",
    "invariance": "ladders", "key": "against", "remarks": "fit", "restrictions": "sam",
    "structure": "sam", "robustness": "curve",
}  # fmt: skip


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_take_the_result_first_too(name, given, study):
    function, found = getattr(texts, name), getattr(given, SENTENCES[name])
    assert told(function(found)) != told(function(found, language="nl"))
    assert told(function(found, study.in_language("nl"))) == told(function(found, study, language="nl"))
    with pytest.raises(WrongResult, match=r"^give the result first and a study \(bouwen.read_study\) after"):
        function(study, found)


def told(sentence):
    """The text of a sentence."""
    return sentence if isinstance(sentence, str) else sentence.data


def test_doors_name_tables_and_figures_and_little_else():
    helpers = {"against_rest", "checklist", "claim_power_texts", "distinct_pairs", "end_shares",
               "follow_up_texts", "fornell_figures", "largest_residuals", "level_means", "measure", "outcome",
               "scales_of", "side_by_side", "sorted_items", "treatment_spread"}  # fmt: skip
    assert set(tables.__all__) == {*TABLES, *STUDY_FIRST["tables"], *helpers}
    others = {"against_rest", "draw", "level_profile", "side_by_side"}
    assert set(plots.__all__) == {*PLOTS, *STUDY_FIRST["plots"], *others}


@pytest.mark.parametrize("option", [{"language": "xx"}, {"confidence": 1.0}, {"confidence": 95}])
def test_wrong_options_are_refused(given, option):
    for function in (tables.paths, plots.paths):
        with pytest.raises((UnknownLanguage, NotAShare)):
            function(given.fit, **option)


# ------------------------------------------------------------------ levels of confidence


def widths(table):
    """The widths of the intervals in a table."""
    ends = re.findall(r"\[(−?[\d.]+),.(−?[\d.]+)\]", " ".join(cells(table)))
    return [float(high.replace("−", "-")) - float(low.replace("−", "-")) for low, high in ends]


@pytest.mark.parametrize("name", ["loadings", "paths", "factor_correlations"])
def test_the_level_is_that_of_the_heading_and_of_the_intervals(name, given, study):
    function, fit = getattr(tables, name), given.measured if name == "factor_correlations" else given.fit
    narrow, usual = function(fit, confidence=0.5), function(fit)
    assert "50% interval" in cells(narrow)
    assert "95% interval" in cells(usual)
    for less, more in zip(widths(narrow), widths(usual), strict=True):
        assert less < more
    settings = study.settings.model_copy(update={"confidence": 0.5})
    of_study = SimpleNamespace(file=study.file.model_copy(update={"settings": settings}))
    half = bouwen.Study(study.path, of_study.file, study.instrument, study.responses, study.files)
    assert widths(function(fit, half)) == widths(narrow)
    assert "50% interval" in cells(function(fit, half))


def test_draws_are_read_at_the_level_of_the_reader(given):
    narrow = plots.paths(given.fit, draws=given.boot, confidence=0.5).data
    found = given.boot.intervals(of="std_all", confidence=0.5).query("op == '~'")
    assert_allclose(narrow[["ci_lower", "ci_upper"]], found[["ci_lower", "ci_upper"]])
    assert "50% interval, bootstrap" in cells(tables.paths(given.fit, draws=given.boot, confidence=0.5))


def test_ratios_bring_their_own_level(given, study):
    ratios = bouwen.htmt(tables.scales_of(given.measured, study), draws=20, seed=1, confidence=0.5)
    assert "50% interval of HTMT2" in cells(tables.distinct(given.measured, ratios, study))
    found, usual = (tables.distinct_pairs(given.measured, r) for r in (ratios, given.ratios))
    assert ((found["ci_upper"] - found["ci_lower"]) < (usual["ci_upper"] - usual["ci_lower"])).all()


# ------------------------------------------------------------------ what a study's own fits never are


def test_groups_of_a_fit_are_told_apart(grouped):
    for table, rows in ((tables.loadings(grouped), 12), (tables.paths(grouped), 2)):
        found = cells(table)
        assert found.count("left") == found.count("right") == rows / 2
    assert "links" in cells(tables.loadings(grouped, labels={"left": "links"}))
    for figure in (plots.loadings(grouped), plots.paths(grouped)):
        assert figure.facet.cols == ["group"]


@pytest.mark.parametrize("function", [tables.convergent, tables.fornell, tables.residuals, plots.residuals])
def test_what_shows_one_group_says_so(grouped, function):
    with pytest.raises(SeveralGroups, match=r'"left", "right".*fit each by itself'):
        function(grouped)


def test_a_model_without_regressions_has_no_paths(given):
    for function in (tables.paths, plots.paths):
        with pytest.raises(NothingToShow, match="no regressions"):
            function(given.measured)


def test_one_fit_stands_under_its_estimator(study):
    answers = bouwen.key_items(study)
    plain = tables.fit_measures(bouwen.fit_sem(MODEL, answers, missing="fiml"))
    assert cells(plain)[:2] == ["Model", "ML"]
    assert words("en")("notes.plain") in cells(plain)
    robust = tables.fit_measures(bouwen.fit_sem(MODEL, answers, estimator="MLR", missing="fiml"))
    assert cells(robust)[1] == "MLR"
    assert words("en")("notes.robust") in cells(robust)


def test_effects_without_draws_have_the_intervals_of_the_delta_method(given, study):
    effects = bouwen.indirect_effects(given.fit, study.outcome_variable)
    found = cells(tables.indirect_effects(effects))
    assert "95% interval, by formula" in found
    assert not any("bootstrap" in text for text in found)
    drawn = plots.indirect_effects(effects).data
    assert_allclose(drawn["ci_lower"], effects["ci_lower"])
    assert_allclose(plots.indirect_effects(given.effects).data["ci_lower"], given.effects["boot_lower"])


def test_a_ladder_is_shown_with_its_tests_or_with_its_permutations(given):
    ladder = given.ladders["company"]
    tested = cells(tables.invariance(ladder.invariance))
    steps = ladder.invariance.table()
    assert f"{steps['chisq_diff'].iloc[1]:.1f}" in tested
    assert f"{steps['cfi_diff'].iloc[1]:.3f}".replace("-", "−") in tested
    assert "p (shuffled)" not in tested
    shuffled = cells(tables.invariance(ladder.permutations))
    assert "p (shuffled)" in shuffled
    assert "company" in shuffled
    assert shuffled == cells(tables.invariance(ladder)) == cells(tables.invariance(given.ladders))
    figure = plots.invariance(ladder.permutations)
    figure.draw()
    with pytest.raises(NothingToShow, match=r"permutation_invariance"):
        plots.invariance(ladder.invariance)
    assert plots.invariance({}) is None  # no group could be tested
    with pytest.raises(WrongResult):
        tables.invariance({"company": given.fit})


@pytest.mark.book
@pytest.mark.parametrize("name", ["loadings", "residuals", "exploratory", "ratios", "specification_curve"])
def test_figures_draw_without_a_study(name, given):
    assert made("plots", name, given, labels={"comp": "Skill"}).draw().axes


def test_a_text_is_shown_in_the_languages_in_which_it_is_given(study):
    assert {"Dutch", "English"} <= set(cells(tables.codebook(study)))
    assert cells(tables.codebook(study)).index("Dutch") < cells(tables.codebook(study)).index("English")
    assert {"Nederlands", "Engels"} <= set(cells(tables.codebook(study.in_language("nl"))))

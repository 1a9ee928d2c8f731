"""Whoever names a model, a group, a level, an item or a language that is not there hears what is."""

from dataclasses import replace

import pytest

import bouwen
from bouwen import plots, tables, texts

NOT_THERE = "nonesuch"
GROUPS, CONSTRUCTS, ITEM = "plan, company", "competence, likeability", "comp_1"
# What names something -> what is among the names that it offers instead.
DOORS = {
    "study.levels": (lambda s, x: s.levels(x), GROUPS),
    "study.group_label": (lambda s, x: s.group_label(x), GROUPS),
    "study.group_label, language": (lambda s, x: s.group_label("plan", x), "en, nl"),
    "study.level_label, group": (lambda s, x: s.level_label(x, "prepaid"), GROUPS),
    "study.level_label, level": (lambda s, x: s.level_label("plan", x), "contract"),
    "study.level_label, language": (lambda s, x: s.level_label("plan", "contract", x), "en, nl"),
    "study.subset, group": (lambda s, x: s.subset(x, "contract"), GROUPS),
    "study.subset, level": (lambda s, x: s.subset("plan", x), "contract"),
    "study.items_of": (lambda s, x: s.items_of(x), CONSTRUCTS),
    "study.label": (lambda s, x: s.label(x), CONSTRUCTS),
    "study.label, language": (lambda s, x: s.label("loyalty", x), "en, nl"),
    "study.wording": (lambda s, x: s.wording(x), ITEM),
    "study.wording, language": (lambda s, x: s.wording(ITEM, x), "en, nl"),
    "study.in_language": (lambda s, x: s.in_language(x), "en, nl"),
    "study.model": (lambda s, x: s.model(x), "measurement, structural"),
    "study.model_label": (lambda s, x: s.model_label(x), "measurement, structural"),
    "instrument.model_syntax": (lambda s, x: s.instrument.model_syntax(x), "measurement, structural"),
    "instrument.scale_of": (lambda s, x: s.instrument.scale_of(x), ITEM),
    "instrument.asked_from": (lambda s, x: s.instrument.asked_from(x), "customer"),
    "fit_model": (lambda s, x: bouwen.fit_model(s, x), "measurement, structural"),
    "compare_structures": (lambda s, x: bouwen.compare_structures(s, x), "measurement, structural"),
    "group_means": (lambda s, x: bouwen.group_means(s, x), GROUPS),
    "group_tests": (lambda s, x: bouwen.group_tests(s, x), GROUPS),
    "compare_groups": (lambda s, x: bouwen.compare_groups(s, x), "company, plan"),
    "study_invariance, group": (lambda s, x: bouwen.study_invariance(s, x), GROUPS),
    "study_invariance, model": (lambda s, x: bouwen.study_invariance(s, "plan", model=x), CONSTRUCTS),
    "weigh_claims": (lambda s, x: bouwen.weigh_claims(s, {x: None}), "measurement, structural"),
    "screening": (lambda s, x: bouwen.screen(s).text(x), "en, nl"),
    "plots.answers": (lambda s, x: plots.answers(s, [x]), CONSTRUCTS),
    "plots.level_profile, group": (lambda s, x: plots.level_profile(s, x, "contract"), GROUPS),
    "plots.level_profile, level": (lambda s, x: plots.level_profile(s, "plan", x), "contract"),
    "tables.level_means, group": (lambda s, x: tables.level_means(s, x, "contract"), GROUPS),
    "tables.level_means, level": (lambda s, x: tables.level_means(s, "plan", x), "contract"),
    "tables.checklist": (lambda s, x: tables.checklist(s, x), "sample, scales"),
    "tables.end_shares": (lambda s, x: tables.end_shares(s, bouwen.item_statistics(s), x), "floor, ceiling"),
    "texts.label": (lambda s, x: texts.label(s, x), CONSTRUCTS),
    "texts.arrow": (lambda s, x: texts.arrow(s, "loyalty", x), CONSTRUCTS),
    "texts.too_few, group": (lambda s, x: texts.too_few(s, x, "contract"), GROUPS),
    "texts.too_few, level": (lambda s, x: texts.too_few(s, "plan", x), "contract"),
    "tell": (lambda s, x: bouwen.tell(x, n=1), "en, nl"),
    "read_study": (lambda s, x: bouwen.read_study(s.path, language=x), "en, nl"),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", [NOT_THERE, 7])
def test_a_name_that_is_not_there_is_refused_with_those_that_are(reputation, door, name):
    if name == 7 and door == "read_study":
        name = "seven"
    call, offered = DOORS[door]
    with pytest.raises(bouwen.BouwenError) as refused:
        call(reputation, name)
    said = str(refused.value)
    assert str(name) in said
    for one in offered.split(", "):
        assert one in said


def test_what_was_meant_is_asked(reputation):
    with pytest.raises(
        bouwen.BouwenError, match=r'there is no level of plan "contrat"; .* Did you mean "contract"\?'
    ):
        reputation.subset("plan", "contrat")


def test_a_fit_measure_that_nobody_computes_is_refused(reputation):
    fit = bouwen.fit_model(reputation, "measurement")
    assert tables.measure(fit, "cfi") > 0.9
    with pytest.raises(bouwen.BouwenError, match=r"use one of: .*cfi"):
        tables.measure(fit, "cfo")


@pytest.mark.parametrize("name", [NOT_THERE, 7])
def test_names_where_answers_or_parameters_are_asked_for_are_refused(reputation, name):
    fit = bouwen.fit_model(reputation, "structural")
    with pytest.raises(bouwen.BouwenError, match="takes the answers"):
        bouwen.omega(fit, [name])
    with pytest.raises(bouwen.BouwenError, match="exact fit"):
        bouwen.model_power(fit, reputation.model("structural"), 100, 20, targets=[name])
    with pytest.raises(bouwen.BouwenError, match="formulas by name"):
        bouwen.monte_carlo_ci(fit, 100, expressions=[name])


def test_groups_that_the_study_does_not_compare_have_means_too(reputation):
    """Any categorical background variable will do, whether or not ``groups`` lists it."""
    whole = bouwen.group_means(reputation, "plan")
    fewer = replace(reputation, file=reputation.file.model_copy(update={"groups": ["company"]}))
    assert bouwen.group_means(fewer, "plan").equals(whole)

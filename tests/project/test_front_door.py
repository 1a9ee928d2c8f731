"""What ``import bouwen`` offers, and what it costs."""

import subprocess
import sys

import bouwen

# Whoever changes this list decides about a promise: see what is public in the versions page of the reference.
PUBLIC = """
    Bootstrap BouwenError Fit Gaps Moments Study alpha ave bartlett bootstrap check_invariance
    check_key claim_verdicts clustered_regression coder_agreement coder_disagreements cohen_kappa
    common_method compare_all_groups compare_engines compare_fits compare_groups compare_structures
    compare_treatments construct_ladders count_factors decompose_effects fit_cutoffs fit_efa
    fit_model fit_sam fit_sem fit_structure group_means group_sizes group_tests gwet_ac1 htmt
    indirect_effects item_statistics jackknife key_items kmo krippendorff_alpha load_fit
    loading_stability map_test mardia mirror mirror_findings model_power monte_carlo_ci nesting
    numeric_effects omega outcome_correlations parallel_analysis parameter_recovery
    permutation_invariance plan_follow_up plots predictor_importance read_codes read_error_rates
    read_study recommendation_verdicts report_line rmsea_power scale_reliability scale_statistics
    score_scales screen simulate simulate_data specification_curve study_invariance study_ladders
    tables tell texts theme_prevalence unit_scores weigh_claims
"""


def test_public_names():
    assert bouwen.__all__ == PUBLIC.split()
    assert dir(bouwen) == PUBLIC.split()
    for name in bouwen.__all__:
        assert getattr(bouwen, name) is not None


def test_importing_loads_nothing_heavy():
    heavy = {
        "pandas",
        "numpy",
        "plotnine",
        "statsmodels",
        "semopy",
        "factor_analyzer",
        "great_tables",
        "matplotlib",
    }
    code = "import sys, bouwen, bouwen.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not heavy & set(loaded)


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(bouwen, "no_such_name")

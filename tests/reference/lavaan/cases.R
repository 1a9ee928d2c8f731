# The reference models. Sourced by generate.R.

# ---- ordered items --------------------------------------------------------------------------
Q <- "care =~ q1 + q2 + q3
rules =~ q4 + q5 + q6
voice =~ q7 + q8 + q9"
Q6 <- "care =~ q1 + q2 + q3
rules =~ q4 + q5 + q6"
items <- paste0("q", 1:9)
six <- paste0("q", 1:6)
case("ord_cfa", "survey.csv", Q, ordered = items, mi = TRUE)
case("ord_dwls", "survey.csv", Q, ordered = items, estimator = "DWLS")
case("ord_stdlv", "survey.csv", Q, ordered = items, std.lv = TRUE)
case("ord_groups_configural", "survey.csv", Q6, ordered = six, group = "variant")
case("ord_groups_thresholds", "survey.csv", Q6, ordered = six, group = "variant", group.equal = "thresholds")
case("ord_groups_loadings", "survey.csv", Q6, ordered = six, group = "variant", group.equal = "loadings")
case("ord_groups_thresholds_loadings", "survey.csv", Q6, ordered = six, group = "variant",
     group.equal = c("thresholds", "loadings"))
case("ord_groups_intercepts", "survey.csv", Q6, ordered = six, group = "variant",
     group.equal = c("thresholds", "loadings", "intercepts"))
case("ord_groups_residuals", "survey.csv", Q6, ordered = six, group = "variant",
     group.equal = c("thresholds", "loadings", "intercepts", "residuals"))
case("ord_groups_binary", "survey.csv", Q, ordered = items, group = "variant")
case("ord_groups_intercepts_only", "survey.csv", Q6, ordered = six, group = "variant", group.equal = "intercepts")
case("ord_groups_partial", "survey.csv", Q6, ordered = six, group = "variant",
     group.equal = c("thresholds", "loadings"), group.partial = c("care =~ q2", "q5 | t1"))
case("ord_groups_stdlv_loadings", "survey.csv", Q6, ordered = six, group = "variant", std.lv = TRUE,
     group.equal = c("thresholds", "loadings"))
MIXED <- "care =~ q1 + q2 + q3
money =~ y1 + y2 + y3
money ~ care"
case("ord_mixed", "survey.csv", MIXED, ordered = paste0("q", 1:3))
case("ord_mixed_groups", "survey.csv", MIXED, ordered = paste0("q", 1:3), group = "variant")
case("ord_mixed_groups_loadings", "survey.csv", MIXED, ordered = paste0("q", 1:3), group = "variant",
     group.equal = c("loadings", "thresholds"))
case("ord_mixed_factor", "survey.csv", "care =~ y1 + q1 + q2 + q3 + q7", ordered = c("q1", "q2", "q3", "q7"))
case("ord_mediation", "survey.csv", "care =~ q1 + q2 + q3
rules =~ q4 + q5 + q6
voice =~ q7 + q8 + q9
rules ~ a*care
voice ~ b*rules + c*care
indirect := a*b
total := c + a*b", "sem", ordered = items)
case("ord_residual_covariance", "survey.csv", paste(Q6, "q1 ~~ r*q2", "q4 ~~ r*q5", sep = "\n"), ordered = six)
case("ord_labels", "survey.csv", "care =~ q1 + a*q2 + a*q3
rules =~ q4 + b*q5 + b*q6", ordered = six)
case("ord_higher_order", "survey.csv", paste(Q, "trust =~ care + rules + voice", sep = "\n"), ordered = items)
case("ord_missing_listwise", "survey_missing.csv", Q6, ordered = six)
case("ord_missing_pairwise", "survey_missing.csv", Q6, ordered = six, missing = "pairwise")
case("ord_mimic", "survey.csv", paste(Q6, "care ~ size + rural", "rules ~ size + rural", sep = "\n"), "sem",
     ordered = six)
case("ord_observed_covariate_groups", "survey.csv", paste("care =~ q1 + q2 + q3", "care ~ size", sep = "\n"), "sem",
     ordered = paste0("q", 1:3), group = "variant")

case("ord_mixed_groups_thresholds", "survey.csv", MIXED, ordered = paste0("q", 1:3), group = "variant",
     group.equal = "thresholds")
case("ord_mimic_groups_equal", "survey.csv", paste(Q6, "care + rules ~ size + rural", sep = "\n"), "sem", ordered = six,
     group = "variant", group.equal = c("thresholds", "loadings", "regressions"))
case("ord_mixed_mimic", "survey.csv", paste(MIXED, "care ~ size", "money ~ rural", "q2 ~ rural", sep = "\n"), "sem",
     ordered = paste0("q", 1:3))
case("ord_path", "survey.csv", "q1 ~ a*size + rural
q7 ~ b*q1 + size
ab := a*b", "sem", ordered = c("q1", "q7"), note = "no factors: an ordered mediator and outcome")
case("ord_wlsm", "survey.csv", Q, ordered = items, estimator = "WLSM")
case("ord_wlsmvs", "survey.csv", Q6, ordered = six, estimator = "WLSMVS")
case("ord_groups_variances", "survey.csv", Q6, ordered = six, group = "variant", std.lv = TRUE,
     group.equal = c("thresholds", "loadings", "lv.variances", "lv.covariances", "means"))
case("ord_thresholds_labelled", "survey.csv", paste(Q6, "q1 | a*t1", "q2 | a*t1 + b*t2", "q3 | b*t2", sep = "\n"),
     ordered = six)
case("ord_bifactor", "survey.csv", "g =~ q1 + q2 + q3 + q4 + q5 + q6
s =~ q4 + q5 + q6
g ~~ 0*s", ordered = six, std.lv = TRUE)

# ---- missing data, three groups ---------------------------------------------------------------
T <- "trust =~ t1 + t2 + t3 + t4
gain =~ t5 + t6 + t7 + t8"
case("fiml_regions_configural", "regions.csv", T, group = "region", missing = "fiml")
case("fiml_regions_scalar_mlr", "regions.csv", T, group = "region", missing = "fiml", estimator = "MLR",
     group.equal = c("loadings", "intercepts"))
case("fiml_regions_regressions", "regions.csv", paste(T, "gain ~ trust + age", "trust ~ age", sep = "\n"), "sem",
     group = "region", missing = "fiml", estimator = "MLR", group.equal = c("loadings", "intercepts", "regressions"))
case("fiml_mlr", "regions.csv", paste(T, "gain ~ trust", sep = "\n"), "sem", missing = "fiml", estimator = "MLR")
case("listwise_mlr", "regions.csv", T, estimator = "MLR")
case("listwise_regions_strict", "regions.csv", T, group = "region", estimator = "MLM",
     group.equal = c("loadings", "intercepts", "residuals"))

case("fiml_regions_means", "regions.csv", T, group = "region", missing = "fiml",
     group.equal = c("loadings", "intercepts", "means", "lv.variances", "lv.covariances"))
case("fiml_std_lv_residuals", "regions.csv", T, group = "region", missing = "fiml", estimator = "MLR", std.lv = TRUE,
     group.equal = c("loadings", "intercepts", "residuals"))
case("fiml_covariate", "regions.csv", paste(T, "trust + gain ~ age", sep = "\n"), "sem", missing = "fiml", estimator = "MLR")
case("fiml_higher_order", "regions.csv", "one =~ t1 + t2 + t3
two =~ t4 + t5 + t6
three =~ t7 + t8 + t2
top =~ one + two + three", missing = "fiml", estimator = "MLR")

# ---- longitudinal -----------------------------------------------------------------------------
WAVES <- "w1 =~ a1 + l2*b1 + l3*c1
w2 =~ a2 + l2*b2 + l3*c2
w3 =~ a3 + l2*b3 + l3*c3
w2 ~ w1
w3 ~ w2 + w1
a1 ~~ a2 + a3
a2 ~~ a3
b1 ~~ b2 + b3
b2 ~~ b3
c1 ~~ c2 + c3
c2 ~~ c3"
LEVELS <- "a1 + a2 + a3 ~ ia*1
b1 + b2 + b3 ~ ib*1
c1 + c2 + c3 ~ ic*1
w2 + w3 ~ NA*1"
case("waves_loadings", "waves.csv", WAVES, "sem", mi = TRUE)
case("waves_intercepts_mlr", "waves.csv", paste(WAVES, LEVELS, sep = "\n"), "sem", estimator = "MLR")
case("waves_intercepts_fiml", "waves.csv", paste(WAVES, LEVELS, sep = "\n"), "sem", missing = "fiml")
case("waves_intercepts_fiml_mlr", "waves.csv", paste(WAVES, LEVELS, sep = "\n"), "sem", missing = "fiml", estimator = "MLR")

# ---- constraints ------------------------------------------------------------------------------
HS <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
case("equal_variances", "holzinger.csv", paste(HS, "x1 ~~ e1*x1", "x2 ~~ e2*x2", "x3 ~~ e3*x3", "e1 == e2",
     "e2 == e3", "x4 ~~ 0.4*x4", sep = "\n"))
case("effect_coding", "holzinger.csv", "visual =~ NA*x1 + a*x1 + b*x2 + c*x3
textual =~ x4 + x5 + x6
a + b + c == 3
visual ~~ v*visual
double := 2*v", estimator = "MLR")
case("effect_coding_ml", "holzinger.csv", "visual =~ NA*x1 + a*x1 + b*x2 + c*x3
textual =~ x4 + x5 + x6
a + b + c == 3
a == b")
case("nonlinear_constraint", "holzinger.csv", "visual =~ x1 + b*x2 + c*x3
textual =~ x4 + d*x5 + x6
b == c^2
ratio := b/d")
case("inequality_active", "holzinger.csv", "visual =~ x1 + b*x2 + c*x3
textual =~ x4 + x5 + x6
b > 0.7")
case("inequality_inactive", "holzinger.csv", "visual =~ x1 + b*x2 + c*x3
textual =~ x4 + x5 + x6
b > 0.1
c < 5")
case("essentially_tau_equivalent", "holzinger.csv", "visual =~ l*x1 + l*x2 + l*x3
textual =~ m*x4 + m*x5 + m*x6", std.lv = TRUE, meanstructure = TRUE)

# ---- clusters ---------------------------------------------------------------------------------
H <- "one =~ h1 + h2 + h3
two =~ h4 + h5 + h6"
case("towns_mlr", "towns.csv", H, cluster = "town", estimator = "MLR")
case("towns_regression_mlr", "towns.csv", paste(H, "two ~ one + budget", sep = "\n"), "sem", cluster = "town",
     estimator = "MLR")
case("towns_groups_mlr", "towns.csv", H, cluster = "town", estimator = "MLR", group = "kind",
     group.equal = c("loadings", "intercepts"))
case("towns_fiml_mlr", "towns_missing.csv", H, cluster = "town", estimator = "MLR", missing = "fiml")

case("towns_covariate_groups_fiml", "towns_missing.csv", paste(H, "two ~ one + budget", sep = "\n"), "sem", cluster = "town",
     estimator = "MLR", missing = "fiml", group = "kind", group.equal = "loadings")
case("towns_mimic_mlr", "towns.csv", paste(H, "one + two ~ budget", sep = "\n"), "sem", cluster = "town", estimator = "MLR",
     std.lv = TRUE)

# ---- growth -----------------------------------------------------------------------------------
GROWTH <- "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4
s =~ 0*t1 + 1*t2 + 2*t3 + 3*t4
t1 + t2 + t3 + t4 ~ 0*1
i + s ~ NA*1"
case("growth_linear", "growth.csv", GROWTH, "sem")
case("growth_equal_residuals_mlr", "growth.csv", paste(GROWTH, "t1 ~~ r*t1", "t2 ~~ r*t2", "t3 ~~ r*t3",
     "t4 ~~ r*t4", sep = "\n"), "sem", estimator = "MLR")
case("growth_covariates", "growth.csv", paste(GROWTH, "i ~ x1 + x2", "s ~ x1 + x2", "t1 ~ c1", "t2 ~ c2",
     "t3 ~ c3", "t4 ~ c4", sep = "\n"), "sem")

# ---- among observed variables -------------------------------------------------------------------
case("path_mediation", "democracy.csv", "y1 ~ a*x1
y5 ~ b*y1 + c*x1
indirect := a*b
total := c + a*b", "sem")
case("path_mlr", "democracy.csv", "y1 + y2 ~ x1 + x2
y5 ~ y1 + y2
y1 ~~ y2", "sem", estimator = "MLR")
case("path_not_fixed_x", "democracy.csv", "y1 ~ x1 + x2
x1 ~~ x2
x1 ~~ x1
x2 ~~ x2", "sem", note = "covariates made random by mentioning their variances")
case("path_saturated", "democracy.csv", "y1 ~ x1 + x2
y1 ~ 1", "sem")
case("single_indicators", "democracy.csv", "f1 =~ 1*x1
f2 =~ 1*y1
f3 =~ y5 + y6 + y7
x1 ~~ 0.1*x1
y1 ~~ 1.2*y1
f3 ~ f2 + f1
f2 ~ f1", "sem")

# ---- structures ---------------------------------------------------------------------------------
case("bifactor", "holzinger.csv", "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9
v =~ x1 + x2 + x3
t =~ x4 + x5 + x6
s =~ x7 + x8 + x9
g ~~ 0*v + 0*t + 0*s
v ~~ 0*t + 0*s
t ~~ 0*s", std.lv = TRUE)
case("residual_labels", "holzinger.csv", paste(HS, "x1 ~~ r*x4", "x2 ~~ r*x5", "x7 ~~ x8", sep = "\n"), mi = TRUE)
case("higher_order_stdlv", "holzinger.csv", paste(HS, "g =~ a*visual + b*textual + speed", "ab := a*b", sep = "\n"),
     std.lv = TRUE)
case("raw_scales", "survey.csv", "money =~ y1 + y2 + y3
money ~ size + rural
y3 ~ rural", "sem", note = "standard deviations from 1 to 20")
case("factor_covariate_residual", "democracy.csv", "ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem60 ~ ind60
y2 ~ x3
y3 ~~ x2", "sem", estimator = "MLR")

case("mlm_mimic", "survey.csv", "money =~ y1 + y2 + y3
money ~ size + rural", "sem", estimator = "MLM")
case("mlr_mimic_groups", "survey.csv", "money =~ y1 + y2 + y3
money ~ size + rural", "sem", estimator = "MLR", group = "variant", group.equal = c("loadings", "intercepts", "regressions"))
case("mlr_mimic_groups_free", "survey.csv", "money =~ y1 + y2 + y3
money ~ size + rural", "sem", estimator = "MLR", group = "variant", group.equal = c("loadings", "intercepts"))
case("uls_growth", "growth.csv", GROWTH, "sem", estimator = "ULS")
case("growth_quadratic", "growth.csv", paste("q =~ 0*t1 + 1*t2 + 4*t3 + 9*t4
q ~ NA*1", GROWTH, "s ~~ 0*q
q ~~ 0*q
i ~~ 0*q", sep = "\n"), "sem", note = "a fixed quadratic slope")
case("latent_difference", "waves.csv", "w1 =~ a1 + l2*b1 + l3*c1
w2 =~ a2 + l2*b2 + l3*c2
w2 ~ 1*w1
change =~ 1*w2
w2 ~~ 0*w2
change ~ w1
a1 ~~ a2", "sem", std.lv = FALSE, note = "change scores: fixed regression and variance")

# ---- several groups -------------------------------------------------------------------------------
REG <- paste(HS, "textual ~ visual + ageyr", "speed ~ visual + textual", sep = "\n")
case("groups_regressions", "holzinger.csv", REG, "sem", group = "school", group.equal = c("loadings", "regressions"))
case("groups_all_equal", "holzinger.csv", paste(HS, "x7 ~~ x8", sep = "\n"), group = "school",
     group.equal = c("loadings", "intercepts", "means", "residuals", "residual.covariances", "lv.variances", "lv.covariances"))
case("groups_all_equal_simple", "holzinger.csv", HS, group = "school",
     group.equal = c("loadings", "intercepts", "means", "residuals", "lv.variances", "lv.covariances"))
case("groups_stdlv_loadings", "holzinger.csv", HS, group = "school", std.lv = TRUE, group.equal = "loadings")
case("groups_stdlv_scalar_mlr", "holzinger.csv", HS, group = "school", std.lv = TRUE, estimator = "MLR",
     group.equal = c("loadings", "intercepts"))
case("groups_modifiers", "holzinger.csv", "visual =~ x1 + c(0.5, NA)*x2 + c(a, b)*x3
textual =~ x4 + c(k, k)*x5 + x6
difference := a - b", group = "school")
case("groups_gls_metric", "holzinger.csv", HS, group = "school", estimator = "GLS", group.equal = "loadings")
case("groups_uls_scalar", "holzinger.csv", HS, group = "school", estimator = "ULS", group.equal = c("loadings", "intercepts"))
case("groups_mlm_scalar", "holzinger.csv", HS, group = "school", estimator = "MLM", group.equal = c("loadings", "intercepts"))
case("gls_mimic", "holzinger.csv", paste(HS, "visual + textual ~ ageyr", sep = "\n"), "sem", estimator = "GLS")
case("groups_grade_loadings_mlr", "holzinger.csv", HS, group = "grade", group.equal = "loadings", estimator = "MLR")

# ---- from moments -----------------------------------------------------------------------------------
# Wheaton, Muthen, Alwin & Summers (1977), as printed in Joreskog & Sorbom (1979) and Bollen (1989); n = 932.
wheaton <- getCov("11.834
6.947 9.364
6.819 5.091 12.532
4.783 5.028 7.495 9.986
-3.839 -3.889 -3.841 -3.625 9.610
-21.899 -18.831 -21.748 -18.775 35.522 450.288",
  names = c("anomia67", "powerless67", "anomia71", "powerless71", "education", "sei"))
WHEATON <- "ses =~ education + sei
alien67 =~ anomia67 + powerless67
alien71 =~ anomia71 + powerless71
alien71 ~ alien67 + ses
alien67 ~ ses
anomia67 ~~ anomia71
powerless67 ~~ powerless71"
case("moments_wheaton", NULL, WHEATON, "sem", sample.cov = wheaton, sample.nobs = 932)
case("moments_wheaton_gls", NULL, WHEATON, "sem", sample.cov = wheaton, sample.nobs = 932, estimator = "GLS")
case("moments_correlations", NULL, WHEATON, "sem", sample.cov = round(cov2cor(wheaton), 3), sample.nobs = 932)
h <- split(HolzingerSwineford1939[paste0("x", 1:9)], HolzingerSwineford1939$school)
case("moments_groups", NULL, HS, "cfa", sample.cov = lapply(h, function(d) round(cov(d), 3)),
     sample.mean = lapply(h, function(d) round(colMeans(d), 3)), sample.nobs = sapply(h, nrow),
     group.equal = c("loadings", "intercepts"))

# ---- data of other packages ---------------------------------------------------------------------------
case("growth_second_order", "occasions.csv", "f1 =~ y1t1 + l2*y2t1 + l3*y3t1
f2 =~ y1t2 + l2*y2t2 + l3*y3t2
f3 =~ y1t3 + l2*y2t3 + l3*y3t3
y1t1 + y1t2 + y1t3 ~ 0*1
y2t1 + y2t2 + y2t3 ~ i2*1
y3t1 + y3t2 + y3t3 ~ i3*1
i =~ 1*f1 + 1*f2 + 1*f3
s =~ 0*f1 + 1*f2 + 2*f3
i + s ~ NA*1
f1 ~~ v*f1
f2 ~~ v*f2
f3 ~~ v*f3", "sem", estimator = "MLR")
case("occasions_groups_mlr", "occasions.csv", "f1 =~ NA*y1t1 + l1*y1t1 + l2*y2t1 + l3*y3t1
f2 =~ NA*y1t2 + l1*y1t2 + l2*y2t2 + l3*y3t2
f3 =~ NA*y1t3 + l1*y1t3 + l2*y2t3 + l3*y3t3
f1 ~~ 1*f1
y1t1 ~~ y1t2 + y1t3
y1t2 ~~ y1t3
y2t1 ~~ y2t2 + y2t3
y2t2 ~~ y2t3
y3t1 ~~ y3t2 + y3t3
y3t2 ~~ y3t3
y1t1 + y1t2 + y1t3 ~ i1*1
y2t1 + y2t2 + y2t3 ~ i2*1
y3t1 + y3t2 + y3t3 ~ i3*1
f1 ~ 0*1
f2 + f3 ~ NA*1", group = "sex", estimator = "MLR", group.equal = "loadings", mi = TRUE)
case("penguins_fiml_mlr", "penguins.csv", "size =~ flipper + mass + bill
depth ~ size", "sem", group = "species", missing = "fiml", estimator = "MLR", group.equal = "loadings", mi = TRUE)
CATEGORIES <- "f1 =~ u1 + u2 + u3 + u4
f2 =~ u5 + u6 + u7"
case("ord_categories_covariate", "categories.csv", paste(CATEGORIES, "f1 + f2 ~ u8", "u3 ~ u8", sep = "\n"), "sem",
     ordered = paste0("u", 1:7), group = "g", group.equal = c("thresholds", "loadings"),
     group.partial = c("f2 =~ u7", "u3 | t2"))
case("ord_single_outcome", "categories.csv", "u1 ~ u5 + u8", "sem", ordered = "u1", group = "g",
     group.equal = c("thresholds", "regressions"))
case("ord_random_covariates", "categories.csv", "f1 =~ u1 + u2 + u3 + u4
f1 ~ u5 + u8", "sem", ordered = paste0("u", 1:4), fixed.x = FALSE, conditional.x = FALSE)
case("gls_two_covariates", "growth.csv", "t1 ~ x1 + x2
t2 ~ t1 + c1
t3 ~ t2", "sem", estimator = "GLS", note = "fits worse than its baseline")
case("heywood_residual_covariances", "attitude.csv", "f =~ rating + complaints
g =~ learning + raises + critical
rating ~~ learning
complaints ~~ raises")

# ---- scales of factors, and factors apart ------------------------------------------------------
HOLZINGER <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
case("effect_coding_both", "holzinger.csv", paste(HOLZINGER, "speed ~ visual + textual", sep = "\n"), effect.coding = TRUE,
     meanstructure = TRUE)
case("effect_coding_loadings", "holzinger.csv", HOLZINGER, effect.coding = "loadings", estimator = "MLR")
case("effect_coding_groups", "holzinger.csv", HOLZINGER, effect.coding = TRUE, group = "school")
case("effect_coding_groups_equal", "holzinger.csv", HOLZINGER, effect.coding = TRUE, group = "school",
     group.equal = c("loadings", "intercepts"))
case("orthogonal", "holzinger.csv", HOLZINGER, orthogonal = TRUE, std.lv = TRUE, mi = TRUE)
case("orthogonal_outcomes", "holzinger.csv", paste(HOLZINGER, "textual + speed ~ visual", sep = "\n"), "sem",
     orthogonal = TRUE, group = "school")
case("orthogonal_ordered", "survey.csv", Q, ordered = items, orthogonal = TRUE)
case("theta", "survey.csv", Q, ordered = items, parameterization = "theta")
case("theta_groups_equal", "survey.csv", Q6, ordered = six, group = "variant", parameterization = "theta",
     group.equal = c("thresholds", "loadings"))
case("theta_mimic", "survey.csv", paste(MIXED, "care ~ size", "money ~ rural", sep = "\n"), "sem",
     ordered = paste0("q", 1:3), parameterization = "theta")
case("bounds_variances", "attitude.csv", "f =~ rating + complaints
g =~ learning + raises + critical
rating ~~ learning
complaints ~~ raises", bounds = "pos.var")

# ---- sampling weights -----------------------------------------------------------------------------
W <- "f =~ t1 + t2 + t3
g =~ t4 + t5 + t6"
WU <- "f =~ u1 + u2 + u3
g =~ u4 + u5 + u6"
wu <- paste0("u", 1:6)
case("weights", "weighted.csv", W, sampling.weights = "w", mi = TRUE)
case("weights_means", "weighted.csv", paste(W, "g ~ f", "t2 ~~ t5", sep = "\n"), "sem", sampling.weights = "w", estimator = "MLR",
     meanstructure = TRUE)
case("weights_covariate", "weighted.csv", paste(W, "f + g ~ age", "t6 ~ age", sep = "\n"), "sem", sampling.weights = "w")
case("weights_covariate_random", "weighted.csv", paste(W, "f + g ~ age", sep = "\n"), "sem", sampling.weights = "w",
     fixed.x = FALSE)
case("weights_cluster", "weighted.csv", W, sampling.weights = "w", cluster = "town")
case("weights_groups", "weighted.csv", W, sampling.weights = "w", group = "region")
case("weights_groups_equal", "weighted.csv", W, sampling.weights = "w", group = "region",
     group.equal = c("loadings", "intercepts"), mi = TRUE)
case("weights_groups_cluster", "weighted.csv", paste(W, "f ~ age", sep = "\n"), "sem", sampling.weights = "w", group = "region",
     cluster = "town", group.equal = "loadings")
case("weights_listwise", "weighted_missing.csv", W, sampling.weights = "w")
case("weights_fiml", "weighted_missing.csv", W, sampling.weights = "w", missing = "fiml", mi = TRUE)
case("weights_fiml_covariate", "weighted_missing.csv", paste(W, "f + g ~ age", sep = "\n"), "sem", sampling.weights = "w",
     missing = "fiml", estimator = "MLR")
case("weights_fiml_cluster", "weighted_missing.csv", W, sampling.weights = "w", missing = "fiml", cluster = "town")
case("weights_fiml_groups_equal", "weighted_missing.csv", W, sampling.weights = "w", missing = "fiml", group = "region",
     group.equal = c("loadings", "intercepts"))

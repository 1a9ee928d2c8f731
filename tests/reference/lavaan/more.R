# Writes differences, scores, standardised, residuals, score_tests and sam (.json): what lavaan makes of some of the
# reference models. Run in this folder: `Rscript more.R [id ...]`.
suppressMessages({library(lavaan); library(jsonlite)})

asked <- list()
case <- function(id, data, model, call = "cfa", ..., mi = FALSE, note = "")
  asked[[id]] <<- list(call = call, args = c(list(model = model), if (!is.null(data)) list(data = read.csv(file.path("../data", data))), list(...)))
source("cases.R")
kept <- list()
fit_of <- function(id) {
  if (is.null(kept[[id]])) kept[[id]] <<- suppressWarnings(do.call(asked[[id]]$call, asked[[id]]$args))
  kept[[id]]
}
save <- function(name, content)
  write(toJSON(content, auto_unbox = TRUE, digits = NA, na = "null", null = "null", dataframe = "rows", pretty = TRUE),
        paste0(name, ".json"))
version <- list(lavaan = as.character(packageVersion("lavaan")), R = paste(R.version$major, R.version$minor, sep = "."))

difference <- function(free, restricted, note = "") {
  table <- suppressWarnings(lavTestLRT(fit_of(free), fit_of(restricted)))
  list(free = free, restricted = restricted, note = note, chisq_diff = table[2, "Chisq diff"],
       df_diff = table[2, "Df diff"], pvalue = table[2, "Pr(>Chisq)"])
}
save("differences", c(version, list(tests = list(
  difference("ord_groups_configural", "ord_groups_loadings"),
  difference("ord_groups_configural", "ord_groups_thresholds_loadings"),
  difference("ord_groups_thresholds", "ord_groups_thresholds_loadings"),
  difference("ord_groups_stdlv_loadings", "ord_groups_variances"),
  difference("ord_mixed_groups_thresholds", "ord_mixed_groups_loadings"),
  difference("fiml_regions_configural", "fiml_regions_means"),
  difference("fiml_regions_scalar_mlr", "fiml_std_lv_residuals"),
  difference("mlr_mimic_groups_free", "mlr_mimic_groups"),
  difference("groups_stdlv_loadings", "groups_all_equal_simple")))))

first <- function(x) head(x, 12)
scores <- function(id, method) {
  s <- lavPredict(fit_of(id), method = method); rows <- lavInspect(fit_of(id), "case.idx")
  if (!is.list(s)) { s <- list(s); rows <- list(rows) }
  list(id = id, method = method, rows = lapply(unname(rows), first),
       groups = lapply(unname(s), function(x) first(as.data.frame(unclass(x)))))
}
save("scores", c(version, list(scores = list(
  scores("fiml_mlr", "regression"), scores("fiml_mlr", "bartlett"), scores("higher_order_stdlv", "regression"),
  scores("raw_scales", "regression"), scores("waves_intercepts_fiml", "bartlett"),
  scores("groups_modifiers", "regression"), scores("factor_covariate_residual", "regression"),
  scores("ord_cfa", "regression"), scores("ord_groups_configural", "regression"), scores("ord_mixed_factor", "regression"),
  scores("ord_missing_pairwise", "regression"), scores("ord_mimic", "regression"),
  scores("ord_higher_order", "regression")))))

standardised <- function(id, type) {
  s <- as.data.frame(unclass(standardizedSolution(fit_of(id), type = type)))
  list(id = id, type = type, group_labels = lavInspect(fit_of(id), "group.label"),
       rows = s[intersect(c("lhs", "op", "rhs", "group", "est.std", "se", "ci.lower", "ci.upper"), names(s))])
}
save("standardised", c(version, list(solutions = list(
  standardised("raw_scales", "std.all"), standardised("raw_scales", "std.lv"), standardised("fiml_mlr", "std.all"),
  standardised("groups_stdlv_scalar_mlr", "std.all"), standardised("ord_cfa", "std.all"),
  standardised("ord_groups_thresholds_loadings", "std.all"), standardised("waves_intercepts_mlr", "std.all"),
  standardised("higher_order_stdlv", "std.all"), standardised("towns_regression_mlr", "std.all")))))

resid <- function(id, type) {
  r <- suppressWarnings(residuals(fit_of(id), type = type))
  if (is.null(r$cov)) r <- r[[1]]
  list(id = id, type = type, variables = colnames(r$cov), cov = unname(unclass(r$cov)))
}
save("residuals", c(version, list(residuals = list(
  resid("higher_order_stdlv", "cor"), resid("raw_scales", "cor"), resid("ord_cfa", "cor"), resid("fiml_mlr", "cor"),
  resid("waves_loadings", "standardized"), resid("residual_labels", "standardized"), resid("fiml_mlr", "standardized"),
  resid("fiml_regions_configural", "standardized"), resid("listwise_mlr", "standardized"),
  resid("waves_intercepts_fiml_mlr", "standardized"), resid("fiml_covariate", "standardized"),
  resid("mlm_mimic", "standardized"), resid("gls_mimic", "standardized"), resid("raw_scales", "standardized"),
  resid("growth_linear", "standardized"), resid("ord_cfa", "standardized"), resid("ord_groups_configural", "standardized"),
  resid("ord_groups_thresholds_loadings", "standardized"), resid("fiml_regions_scalar_mlr", "standardized"),
  resid("groups_mlm_scalar", "standardized"), resid("groups_stdlv_loadings", "standardized")))))

released <- function(id) {
  s <- suppressWarnings(lavTestScore(fit_of(id)))
  list(id = id, total = as.list(s$test[1, c("X2", "df", "p.value")]), each = as.data.frame(unclass(s$uni)))
}
save("score_tests", c(version, list(tests = list(
  released("groups_stdlv_loadings"), released("waves_loadings"), released("effect_coding_ml"),
  released("residual_labels"), released("nonlinear_constraint"), released("occasions_groups_mlr"),
  released("penguins_fiml_mlr")))))

SAM <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9
speed ~ visual + textual
textual ~ visual"
after <- function(name, model, method, ..., note = "") {
  fit <- suppressWarnings(sam(model, read.csv("../data/holzinger.csv"), sam.method = method, ...))
  rows <- as.data.frame(unclass(parameterEstimates(fit)))
  list(id = name, method = method, model = model, options = list(...), note = note,
       group_labels = as.list(lavInspect(fit, "group.label")),
       rows = rows[intersect(c("lhs", "op", "rhs", "group", "label", "est", "se"), names(rows))])
}
labelled <- gsub("speed ~ visual", "speed ~ a*visual", gsub("textual ~ visual", "textual ~ b*visual", SAM))
cases <- list()
for (m in c("local", "global")) cases <- c(cases, list(
  after("definition", paste(labelled, "ab := a*b", sep = "\n"), m),
  after("covariate", paste(SAM, "visual ~ ageyr", sep = "\n"), m), after("groups", SAM, m, group = "school"),
  after("equal groups", SAM, m, group = "school", group.equal = c("loadings", "intercepts")),
  after("observed mediator", paste(SAM, "ageyr ~ visual", "speed ~ ageyr", sep = "\n"), m)))
save("sam", c(version, list(fits = cases)))

# Writes first_stage/*.json: the statistics and weights that lavaan's ordinal estimators start from.
# Run from this folder: `Rscript first_stage.R`.
suppressMessages({library(lavaan); library(jsonlite)})
dir.create("first_stage", showWarnings = FALSE)

first_stage <- function(id, data, variables, ordered, covariates = character(), ...) {
  d <- read.csv(file.path("../data", data))
  model <- paste("f =~", paste(variables, collapse = " + "))
  if (length(covariates)) model <- paste0(model, "\nf ~ ", paste(covariates, collapse = " + "))
  fit <- suppressWarnings(sem(model, d, ordered = ordered, ...))
  per_group <- function(what) { x <- lavInspect(fit, what); if (is.list(x)) x else list(x) }
  obs <- per_group("wls.obs"); gamma <- per_group("gamma")
  out <- list(id = id, data = data, variables = variables, ordered = ordered, covariates = covariates,
    lavaan = as.character(packageVersion("lavaan")), options = list(...), group_labels = lavInspect(fit, "group.label"),
    nobs = as.list(lavInspect(fit, "nobs")),
    groups = unname(lapply(seq_along(obs), function(g) list(names = names(obs[[g]]), statistics = unclass(unname(obs[[g]])),
      gamma = unname(unclass(gamma[[g]]))))))
  write(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = FALSE), file.path("first_stage", paste0(id, ".json")))
  cat(id, length(obs[[1]]), "\n")
}
first_stage("ordered", "survey.csv", paste0("q", 1:9), paste0("q", 1:9))
first_stage("ordered_groups", "survey.csv", paste0("q", 1:6), paste0("q", 1:6), group = "variant")
first_stage("mixed", "survey.csv", c("y1", "q1", "q4", "y2", "q7", "y3"), c("q1", "q4", "q7"))
first_stage("mixed_groups", "survey.csv", c("q1", "q2", "q7", "y1", "y2"), c("q1", "q2", "q7"), group = "variant")
first_stage("listwise", "survey_missing.csv", c("q1", "q2", "q4", "y1"), c("q1", "q2", "q4"))
first_stage("pairwise", "survey_missing.csv", c("q1", "q2", "q4", "q6"), c("q1", "q2", "q4", "q6"), missing = "pairwise")
first_stage("covariates", "survey.csv", c("q1", "q4", "q7", "y1"), c("q1", "q4", "q7"), covariates = c("size", "rural"))

# A second opinion on the correlations alone: psych, without its continuity correction.
d <- read.csv("../data/survey.csv")[paste0("q", 1:9)]
p <- suppressWarnings(psych::polychoric(d, correct = 0))
write(toJSON(list(psych = as.character(packageVersion("psych")), data = "survey.csv", variables = names(d),
  rho = unname(p$rho)), auto_unbox = TRUE, digits = NA), "../psych/polychoric.json")

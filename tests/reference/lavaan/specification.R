# Effects of one predictor in several forms, for tests/path/test_specification.py.
# Run in this folder: Rscript specification.R
suppressMessages({library(lavaan); library(jsonlite)})
d <- read.csv("../../../data/reputation/corp_rep_data.csv"); d[d == -99] <- NA
items <- c("comp_1", "comp_2", "comp_3", "like_1", "like_2", "like_3", "cusl_1", "cusl_2", "cusl_3")
measured <- "competence =~ comp_1 + comp_2 + comp_3\nlikeability =~ like_1 + like_2 + like_3
             loyalty =~ cusl_1 + cusl_2 + cusl_3\n"
models <- list(
  model = paste0(measured, "cusa ~ competence + likeability\nloyalty ~ competence + likeability + cusa"),
  none = "likeability =~ like_1 + like_2 + like_3\nloyalty =~ cusl_1 + cusl_2 + cusl_3\nloyalty ~ likeability")
d$plan <- as.numeric(d$servicetype == 1)  # the largest level is the contract plan
company <- factor(d$serviceprovider)
largest <- names(which.max(table(company)))
for (l in setdiff(levels(company), largest)) d[[paste0("c", l)]] <- as.numeric(company == l)
dummies <- c("plan", paste0("c", setdiff(levels(company), largest)))
models$background <- paste0(models$model, "\ncompetence ~~ likeability\n", paste(sapply(
  c("competence", "likeability", "loyalty", "cusa"), function(v) paste(v, "~", paste(dummies, collapse = " + "))),
  collapse = "\n"))
# two facets that count equally
facets <- paste0(measured, "loyalty ~ competence + likeability")
path <- function(fit) {
  s <- standardizedSolution(fit); r <- s[s$lhs == "loyalty" & s$op == "~" & s$rhs == "likeability", ]
  list(estimate = r$est.std, se = r$se, n = lavInspect(fit, "ntotal"), df = unname(fitMeasures(fit, "df")))
}
out <- list(lavaan = as.character(packageVersion("lavaan")))
for (name in names(models)) {
  out[[paste0(name, "_available")]] <- path(sem(models[[name]], d, estimator = "MLR", missing = "fiml"))
  out[[paste0(name, "_complete")]] <- path(sem(models[[name]], d, estimator = "MLR"))
  if (name != "background")
    out[[paste0(name, "_ordered")]] <- path(sem(models[[name]], d, estimator = "WLSMV",
      ordered = intersect(c(items, "cusa"), lavNames(models[[name]], "ov")), missing = "pairwise"))
}
# c = competence / sd + likeability / sd: its standardised slope by hand-written definitions
out$facets <- {
  m <- "competence =~ NA*comp_1 + comp_2 + comp_3\nlikeability =~ NA*like_1 + like_2 + like_3
        competence ~~ 1*competence\nlikeability ~~ 1*likeability\ncompetence ~~ r*likeability
        loyalty =~ cusl_1 + cusl_2 + cusl_3\nloyalty ~ a*competence + b*likeability\nloyalty ~~ e*loyalty
        effect := (a + b) * (1 + r) / sqrt(2 + 2 * r) / sqrt(a^2 + b^2 + 2 * a * b * r + e)"
  p <- parameterEstimates(sem(m, d, estimator = "MLR"))
  as.list(p[p$op == ":=", c("est", "se")])
}
# a method factor that moves all items equally
m <- paste0(models$model, "\nmethod =~ ", paste0("1*", c(items, "cusa"), collapse = " + "),
            "\nmethod ~~ 0*competence + 0*likeability")
fit <- sem(m, d, estimator = "MLR", missing = "fiml")
s <- standardizedSolution(fit)
out$method <- list(chisq = unname(fitMeasures(fit, "chisq")), df = unname(fitMeasures(fit, "df")),
  path = s$est.std[s$lhs == "loyalty" & s$rhs == "likeability"],
  share = mean(s$est.std[s$lhs == "method" & s$op == "=~"]^2))
write_json(out, "specification.json", auto_unbox = TRUE, digits = NA, pretty = TRUE)

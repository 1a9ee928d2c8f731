# Invariance ladders for tests/groups/test_invariance.py. Run in this folder:
#   Rscript invariance.R
# Written with R 4.2.2, lavaan 0.6-14, semTools 0.5-6.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
data <- file.path("..", "data")
hs <- read.csv(file.path(data, "holzinger.csv"))
bfi <- read.csv(file.path(data, "bfi900.csv"))
hs_model <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
bfi_model <- "agree =~ A1 + A2 + A3 + A4 + A5\nconscious =~ C1 + C2 + C3 + C4 + C5"

described <- function(fits, test) {
  measures <- lapply(fits, function(f) as.list(unclass(fitMeasures(f))))
  diffs <- lapply(seq_along(fits)[-1], function(i) {
    t <- lavTestLRT(fits[[i - 1]], fits[[i]])
    list(chisq_diff = t[2, "Chisq diff"], df_diff = t[2, "Df diff"], pvalue = t[2, "Pr(>Chisq)"])
  })
  names(diffs) <- names(fits)[-1]
  list(measures = measures, differences = diffs)
}

continuous <- function(estimator) {
  equal <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
                strict = c("loadings", "intercepts", "residuals"))
  described(lapply(equal, function(e) cfa(hs_model, hs, group = "school", group.equal = e, std.lv = TRUE,
                                          estimator = estimator)))
}

ordered <- function() {
  equal <- list(configural = character(0), thresholds = "thresholds", metric = c("thresholds", "loadings"),
                scalar = c("thresholds", "loadings", "intercepts"))
  items <- c(paste0("A", 1:5), paste0("C", 1:5))
  fits <- lapply(equal, function(e) {
    args <- list(configural.model = bfi_model, data = bfi, group = "gender", ordered = items,
                 parameterization = "delta", ID.fac = "std.lv", ID.cat = "Wu.Estabrook.2016",
                 estimator = "WLSMV", return.fit = TRUE)
    if (length(e)) args$group.equal <- e
    do.call(measEq.syntax, args)
  })
  described(fits)
}

scores <- function(equal) {
  fit <- cfa(hs_model, hs, group = "school", group.equal = equal, std.lv = TRUE)
  table <- lavTestScore(fit)$uni
  names <- parTable(fit)
  row <- function(label) names[match(label, names$plabel), ]
  lapply(seq_len(nrow(table)), function(k) {
    r <- row(table$lhs[k])
    list(lhs = r$lhs, op = r$op, rhs = r$rhs, x2 = table$X2[k])
  })
}

out <- list(ml = continuous("ML"), mlr = continuous("MLR"), wlsmv = ordered(),
            scores = list(metric = scores("loadings"), scalar = scores(c("loadings", "intercepts"))))
write(toJSON(out, digits = 10, auto_unbox = TRUE, pretty = TRUE, na = "null"), "invariance.json")

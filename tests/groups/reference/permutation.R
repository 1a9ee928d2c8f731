# Permutation tests for tests/groups/test_invariance.py. Run in tests/groups/reference (minutes):
#   Rscript permutation.R
# Written with R 4.2.2, lavaan 0.6-14, semTools 0.5-6.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
hs <- read.csv(file.path("..", "..", "scales", "reference", "holzinger.csv"))
model <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
n <- 400
fits <- list(
  configural = cfa(model, hs, group = "school", std.lv = TRUE),
  metric = cfa(model, hs, group = "school", group.equal = "loadings", std.lv = TRUE),
  scalar = cfa(model, hs, group = "school", group.equal = c("loadings", "intercepts"), std.lv = TRUE))
param <- c(metric = "loadings", scalar = "intercepts")
out <- list(permutations = n)
for (k in 2:3) {
  step <- names(fits)[k]
  seconds <- system.time(
    found <- permuteMeasEq(nPermute = n, con = fits[[k]], uncon = fits[[k - 1]], param = param[[step]],
                           AFIs = c("chisq", "cfi", "rmsea", "srmr"), showProgress = FALSE, iseed = 3110))
  print(seconds)
  scores <- found@MI.obs
  highest <- apply(found@MI.dist, 1, max)
  table <- parTable(fits[[k]])
  rows <- table[match(scores$lhs, table$plabel), ]
  out[[step]] <- list(pvalues = as.list(found@AFI.pval), observed = as.list(found@AFI.obs),
                      score = data.frame(lhs = rows$lhs, op = rows$op, rhs = rows$rhs, score = scores$X2,
                                         pvalue = sapply(scores$X2, function(x) mean(highest >= x))))
  write(toJSON(out, digits = 10, auto_unbox = TRUE, pretty = TRUE, na = "null"), "permutation.json")
}

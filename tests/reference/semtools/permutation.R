# Permutation tests of invariance by semTools, the figures of permutation.json: `Rscript permutation.R`
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
x <- read.csv("../data/holzinger.csv")
model <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
# permuteMeasEq evaluates the calls of its models again, so they hold values rather than names
step <- function(equal)
  do.call("cfa", list(model, x, group = "school", group.equal = equal, std.lv = TRUE, meanstructure = TRUE))
ladder <- list(configural = step(""), metric = step("loadings"), scalar = step(c("loadings", "intercepts")))
permuted <- function(free, held, n) {
  set.seed(2018)
  found <- permuteMeasEq(n, modelType = "mgcfa", con = ladder[[held]], uncon = ladder[[free]],
                         AFIs = c("chisq", "cfi", "rmsea", "srmr"), showProgress = FALSE)
  list(permutations = n, observed = as.list(found@AFI.obs), pvalue = as.list(found@AFI.pval),
       draws = lapply(as.list(as.data.frame(found@AFI.dist)), signif, 6))
}
out <- list(versions = list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")),
                            semTools = as.character(packageVersion("semTools"))),
            metric = permuted("configural", "metric", 1000), scalar = permuted("metric", "scalar", 1000))
write_json(out, "permutation.json", auto_unbox = TRUE, digits = NA)

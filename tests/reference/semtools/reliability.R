# Writes reliability.json: omega of one-factor models with percentile bootstrap intervals (lavaan, semTools), and omega if an
# item is dropped. Run in this folder: Rscript reliability.R
suppressPackageStartupMessages({library(lavaan); library(semTools); library(jsonlite)})
x <- read.csv("../data/holzinger.csv")
one <- function(items, data) cfa(paste("f =~", paste(items, collapse = " + ")), data, std.lv = TRUE)
om <- function(fit) as.numeric(compRelSEM(fit, obs.var = FALSE))
scales <- list(visual = paste0("x", 1:3), textual = paste0("x", 4:6), mixed = paste0("x", c(1, 2, 3, 9)))
set.seed(1)
O <- lapply(scales, function(items) {
  drawn <- replicate(1000, tryCatch(suppressWarnings(om(one(items, x[sample(nrow(x), replace = TRUE), ]))), error = function(e) NA))
  list(omega = om(one(items, x)), lower = quantile(drawn, .025, na.rm = TRUE)[[1]], upper = quantile(drawn, .975, na.rm = TRUE)[[1]],
    failed = sum(is.na(drawn)))
})
five <- paste0("x", c(1, 2, 3, 7, 9))
O$dropped <- list(items = five, omega = lapply(setNames(nm = five), function(i) om(one(setdiff(five, i), x))))
write(toJSON(O, auto_unbox = TRUE, digits = 10, pretty = TRUE), "reliability.json")

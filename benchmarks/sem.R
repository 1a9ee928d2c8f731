# The lavaan side of sem.py: `Rscript sem.R DATA_FOLDER REPEATS` prints {task: median seconds}.
suppressMessages({library(lavaan); library(jsonlite)})
argument <- commandArgs(TRUE)
read <- function(name) read.csv(file.path(argument[1], name))
holzinger <- read("holzinger.csv"); missing <- read("holzinger_missing.csv"); bfi <- read("bfi900.csv")
HS <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
BFI <- "A =~ A1 + A2 + A3 + A4 + A5
C =~ C1 + C2 + C3 + C4 + C5
E =~ E1 + E2 + E3 + E4 + E5"
whole <- function(fit) { fitMeasures(fit); parameterEstimates(fit, standardized = TRUE); fit }
step <- function(equal) whole(cfa(HS, holzinger, group = "school", group.equal = equal))
tasks <- list(
  cfa_ml = function() whole(cfa(HS, holzinger)),
  fiml_mlr = function() whole(cfa(HS, missing, missing = "fiml", estimator = "MLR")),
  ladder = function() lapply(list("", "loadings", c("loadings", "intercepts"),
                                  c("loadings", "intercepts", "residuals")), step),
  wlsmv = function() whole(cfa(BFI, bfi, ordered = TRUE)))
median_seconds <- function(task) {
  task()  # warm
  median(sapply(seq_len(as.integer(argument[2])), function(i) sum(system.time(task(), gcFirst = FALSE)[1:2])))
}
cat(toJSON(lapply(tasks, median_seconds), auto_unbox = TRUE, digits = 6))

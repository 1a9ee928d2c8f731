# The lavaan and semTools side of resampling.py: `Rscript resampling.R FOLDER` prints, for each task, CPU seconds
# and how many draws they took; resampling.py scales them up. FOLDER holds the data and structural.txt.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
read <- function(name) read.csv(file.path(folder, paste0(name, ".csv")))
text <- function(name) paste(readLines(file.path(folder, paste0(name, ".txt"))), collapse = "\n")
once <- function(task) {
  used <- suppressWarnings(system.time(invisible(capture.output(task())), gcFirst = FALSE))
  used[["user.self"]] + used[["sys.self"]]
}
# what draws cost beyond the first two, which pay for all that is done once
cpu <- function(draws, task) list(seconds = once(function() task(draws + 2)) - once(function() task(2)), draws = draws)
boot <- function(fit, draws) cpu(draws, function(R) bootstrapLavaan(fit, R = R, FUN = "coef"))
three <- text("three")
# permuteMeasEq evaluates the calls of its models again, so they hold values rather than names
step <- function(equal) do.call("cfa", list(three, read("holzinger"), group = "school", group.equal = equal, std.lv = TRUE))
ladder <- list(step(""), step("loadings"), step(c("loadings", "intercepts")))
permute <- function(k, draws) cpu(draws, function(R) permuteMeasEq(
  R, modelType = "mgcfa", con = ladder[[k + 1]], uncon = ladder[[k]], AFIs = "cfi", showProgress = FALSE))
set.seed(1)
cat(toJSON(list(
  democracy = boot(sem(text("democracy"), read("democracy")), 200),
  structural = boot(sem(text("structural"), read("structural"), missing = "fiml"), 10),
  metric = permute(1, 40),
  scalar = permute(2, 40),
  gaps = boot(cfa(three, read("gaps"), missing = "fiml"), 40)), auto_unbox = TRUE, digits = 6))

# The lavaan and semTools side of resampling.py: `Rscript resampling.R FOLDER` prints, for each task, CPU seconds
# and how many draws they took; resampling.py scales them up. FOLDER holds the data and structural.txt.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
read <- function(name) read.csv(file.path(folder, paste0(name, ".csv")))
text <- function(name) paste(readLines(file.path(folder, paste0(name, ".txt"))), collapse = "\n")
cpu <- function(draws, task) {
  used <- suppressWarnings(system.time(invisible(capture.output(task())), gcFirst = FALSE))
  list(seconds = used[["user.self"]] + used[["sys.self"]], draws = draws)
}
boot <- function(fit, draws) cpu(draws, function() bootstrapLavaan(fit, R = draws, FUN = "coef"))
three <- text("three")
# permuteMeasEq evaluates the calls of its models again, so they hold values rather than names
step <- function(equal) do.call("cfa", list(three, read("holzinger"), group = "school", group.equal = equal, std.lv = TRUE))
ladder <- list(step(""), step("loadings"), step(c("loadings", "intercepts")))
permute <- function(k, draws) cpu(draws, function() permuteMeasEq(
  draws, modelType = "mgcfa", con = ladder[[k + 1]], uncon = ladder[[k]], AFIs = "cfi", showProgress = FALSE))
set.seed(1)
cat(toJSON(list(
  democracy = boot(sem(text("democracy"), read("democracy")), 40),
  structural = boot(sem(text("structural"), read("structural"), missing = "fiml"), 4),
  metric = permute(1, 5),
  scalar = permute(2, 5),
  gaps = boot(cfa(three, read("gaps"), missing = "fiml"), 10)), auto_unbox = TRUE, digits = 6))

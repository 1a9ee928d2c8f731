# Fits every reference model with lavaan and writes one JSON file each, at full precision.
# Run from this folder: `Rscript simulate.R` once, then `Rscript generate.R [id ...]`.
suppressMessages({library(lavaan); library(jsonlite)})

# A file that is there already is left as it is, so that one case needs only the packages of its own model.
data_file <- function(name, rows) {
  path <- file.path("../data", name)
  if (!file.exists(path)) write.csv(rows, path, row.names = FALSE)  # R evaluates rows here, or never
}
data_file("holzinger.csv", HolzingerSwineford1939)
data_file("democracy.csv", PoliticalDemocracy)
data_file("growth.csv", Demo.growth)
data_file("occasions.csv", semTools::exLong)
data_file("categories.csv", data.frame(lapply(semTools::datCat, function(x) if (is.ordered(x)) as.integer(x) else x)))
data_file("attitude.csv", datasets::attitude)
data_file("penguins.csv", with(palmerpenguins::penguins, data.frame(species, bill = bill_length_mm, depth = bill_depth_mm,
          flipper = flipper_length_mm / 10, mass = body_mass_g / 100)))

numbers <- function(x) { x <- unlist(x); as.list(x[is.finite(x)]) }

# lavaan's stopping rule may leave a flat direction unfinished: go on from its solution with another optimiser, then
# with its own, and keep the point with the smaller gradient.
gradient <- function(fit) if (lavInspect(fit, "converged")) max(abs(lavInspect(fit, "optim.gradient"))) else Inf
finish <- function(call, args) {
  fit <- do.call(call, args)
  if (gradient(fit) < 1e-7 || grepl("[<>]|\\^", args$model)) return(fit)
  from <- function(fit) { p <- parTable(fit); p[p$free > 0, intersect(c("lhs", "op", "rhs", "block", "group", "est"), names(p))] }
  args$fixed.x <- lavInspect(fit, "options")$fixed.x  # or lavaan forgets it when start values are given
  for (scale in c("none", "standardized")) {
    further <- do.call(call, c(args, list(start = from(fit), optim.method = "BFGS", optim.parscale = scale,
                                          control = list(reltol = 1e-16, maxit = 2000))))
    again <- do.call(call, c(args, list(start = from(further))))
    if (gradient(again) < gradient(fit)) fit <- again
  }
  fit
}

wanted <- commandArgs(TRUE)
case <- function(id, data, model, call = "cfa", ..., mi = FALSE, note = "") {
  if (length(wanted) && !(id %in% wanted)) return(invisible())
  options <- list(...)
  input <- if (is.null(data)) options else c(list(data = read.csv(file.path("../data", data))), options)
  capture.output(fit <- suppressWarnings(finish(call, c(list(model = model), input))))
  rows <- as.data.frame(unclass(parameterEstimates(fit, standardized = TRUE, remove.nonfree = FALSE)))
  keep <- intersect(c("lhs", "op", "rhs", "block", "group", "label", "est", "se", "z", "pvalue",
                      "ci.lower", "ci.upper", "std.lv", "std.all"), names(rows))
  matrices <- intersect(c("sample.cov", "sample.mean"), names(options))
  for (name in matrices) options[[name]] <- if (is.list(options[[name]])) lapply(options[[name]], unclass) else unclass(options[[name]])
  out <- list(
    id = id, data = data, data_md5 = if (!is.null(data)) unname(tools::md5sum(file.path("../data", data))),
    model = model, call = call, options = options,
    variables = if (is.null(data)) colnames(if (is.list(input$sample.cov)) input$sample.cov[[1]] else input$sample.cov)
                else lavNames(fit, "ov"),
    note = note, largest_gradient = max(abs(lavInspect(fit, "optim.gradient"))),
    lavaan = as.character(packageVersion("lavaan")), R = paste(R.version$major, R.version$minor, sep = "."),
    group_labels = lavInspect(fit, "group.label"), nobs = as.list(lavInspect(fit, "nobs")),
    measures = numbers(suppressWarnings(fitMeasures(fit))), parameters = rows[keep])
  if (mi) {
    m <- as.data.frame(unclass(modificationIndices(fit, sort. = TRUE)))
    out$modification_indices <- head(m[c("lhs", "op", "rhs", intersect("group", names(m)), "mi", "epc", "sepc.all")], 20)
  }
  write(toJSON(out, auto_unbox = TRUE, digits = NA, na = "null", null = "null", dataframe = "rows", pretty = TRUE),
        file.path("models", paste0(id, ".json")))
  cat(sprintf("%-38s conv %s  chisq %10.4f  df %4d  npar %3d  grad %.1e\n", id, lavInspect(fit, "converged"),
              fitMeasures(fit, "chisq"), as.integer(fitMeasures(fit, "df")), as.integer(fitMeasures(fit, "npar")), out$largest_gradient))
}

source("cases.R")

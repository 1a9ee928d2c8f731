# Writes structures.json: four structures of the same items in lavaan, with their difference tests.
# Run in this folder: Rscript structures.R
suppressPackageStartupMessages({library(lavaan); library(semTools); library(jsonlite)})

facets <- list(
  holzinger_missing = list(visual = paste0("x", 1:3), textual = paste0("x", 4:6), speed = paste0("x", 7:9)),
  bfi = lapply(setNames(nm = c("A", "C", "E", "N", "O")), function(f) paste0(f, 1:5)),
  bfi900 = lapply(setNames(nm = c("A", "C", "E")), function(f) paste0(f, 1:5)))
reversed <- c("A1", "C4", "C5", "E1", "E2", "O2", "O5")

texts <- function(f) {
  all <- unlist(f); g <- paste("g =~", paste(all, collapse = " + "))
  each <- mapply(function(n, x) paste(n, "=~", paste(x, collapse = " + ")), names(f), f)
  list(one_factor = g, facets = each, higher_order = c(each, paste("g =~ NA*", paste(names(f), collapse = " + "), sep = ""), "g ~~ 1*g"),
       bifactor = c(g, each))
}
fit <- function(name, x, f, ...) cfa(paste(texts(f)[[name]], collapse = "\n"), x, std.lv = name != "higher_order",
                                     orthogonal = name == "bifactor", ...)
measures <- c("chisq.scaled", "df", "pvalue.scaled", "cfi.robust", "tli.robust", "rmsea.robust", "rmsea.ci.lower.robust",
              "rmsea.ci.upper.robust", "srmr", "aic", "bic")
O <- list()
for (case in names(facets)) {
  x <- read.csv(file.path("../data", paste0(case, ".csv")))
  if (case == "bfi") x <- x[1:1000, ]
  if (case != "holzinger_missing") for (v in intersect(reversed, names(x))) x[[v]] <- 7 - x[[v]]
  f <- facets[[case]]; ordered <- case == "bfi900"
  x <- x[unlist(f)]
  fits <- lapply(setNames(nm = names(texts(f))), function(m)
    if (ordered) fit(m, x, f, ordered = TRUE, estimator = "WLSMV", missing = "pairwise")
    # lavaan's own saturated moments stop at 1e-5, which costs scaled differences their fourth digit
    else fit(m, x, f, estimator = "MLR", missing = "fiml", em.h1.tol = 1e-10, em.h1.iter.max = 10000))
  row <- function(m) {
    v <- suppressWarnings(fitMeasures(fits[[m]])); out <- as.list(v[intersect(measures, names(v))])
    names(out) <- gsub(".", "_", names(out), fixed = TRUE)
    phi <- lavInspect(fits[[m]], "cor.lv")[names(f)[names(f) %in% rownames(lavInspect(fits[[m]], "cor.lv"))], ,drop = FALSE]
    if (m %in% c("facets", "higher_order")) { phi <- phi[names(f), names(f)]; out$r <- range(phi[lower.tri(phi)]) }
    if (m != "facets" && !ordered) {
      w <- unclass(compRelSEM(fits[[m]], obs.var = FALSE, higher = if (m == "higher_order") "g" else character(0)))
      out$omega_h <- if (is.null(dim(w))) w[["g"]] else w["g", 1]
    }
    out
  }
  lrt <- function(free, restricted) {
    t <- lavTestLRT(fits[[free]], fits[[restricted]], method = if (ordered) "satorra.2000" else "satorra.bentler.2001")
    list(free = free, restricted = restricted, chisq_diff = t[2, "Chisq diff"], df_diff = t[2, "Df diff"], pvalue = t[2, "Pr(>Chisq)"])
  }
  pairs <- list(c("higher_order", "one_factor"), c("facets", "one_factor"), c("facets", "higher_order"), c("bifactor", "higher_order"))
  df <- sapply(fits, function(q) fitMeasures(q, "df"))
  names(df) <- names(fits)
  pairs <- Filter(function(p) df[p[1]] != df[p[2]], pairs)
  std <- subset(standardizedSolution(fits$facets), op == "~~" & lhs %in% names(f) & lhs != rhs)
  O[[case]] <- list(facets = f, measures = lapply(setNames(nm = names(fits)), row),
    tests = lapply(pairs, function(p) tryCatch(lrt(p[1], p[2]), error = function(e) list(free = p[1], restricted = p[2], error = conditionMessage(e)))),
    correlations = std[c("lhs", "rhs", "est.std", "se", "ci.lower", "ci.upper")],
    improper = sapply(fits, function(q) !suppressWarnings(lavInspect(q, "post.check"))), converged = sapply(fits, lavInspect, "converged"))
}
O$lavaan <- as.character(packageVersion("lavaan")); O$semTools <- as.character(packageVersion("semTools"))
write(toJSON(O, auto_unbox = TRUE, digits = 10, na = "null", null = "null", dataframe = "rows", pretty = TRUE), "structures.json")

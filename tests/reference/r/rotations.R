# Writes rotations.json: unrotated loadings (psych) and what GPArotation makes of them, the lowest of many starts.
# Run in this folder: Rscript rotations.R
suppressPackageStartupMessages({library(psych); library(GPArotation); library(jsonlite)})
h <- read.csv("../data/holzinger.csv")[paste0("x", 1:9)]
b <- read.csv("../data/bfi900.csv")[1:15]
cases <- list(holzinger = list(x = h, size = 3), bfi = list(x = b, size = 5))
best <- function(f, k, ...) {
  set.seed(1)
  # step-halving ends without success now and then; those starts are left out
  found <- lapply(1:6, function(i) tryCatch(suppressWarnings(f(Tmat = if (i == 1) diag(k) else Random.Start(k), eps = 1e-6, maxit = 3000, ...)),
                                             error = function(e) NULL))
  found <- Filter(function(q) !is.null(q), found)
  value <- sapply(found, function(q) tail(q$Table[, 2], 1))
  found[[which.min(value)]]
}
O <- list()
for (name in names(cases)) {
  case <- cases[[name]]; k <- 3; p <- ncol(case$x)
  A <- unclass(fa(case$x, k, rotate = "none", fm = "ml")$loadings); A <- matrix(A, p, k)
  target <- matrix(0, p, k)                      # zero where an item does not belong, open where it does
  for (j in 1:k) target[((j - 1) * case$size + 1):(j * case$size), j] <- NA
  full <- ifelse(is.na(target), .7, 0)
  pack <- function(q) list(loadings = unclass(q$loadings), phi = if (is.null(q$Phi)) diag(k) else q$Phi, criterion = tail(q$Table[, 2], 1))
  O[[name]] <- list(unrotated = A, target = target,
    oblimin = pack(best(function(...) oblimin(A, ...), k)), geomin = pack(best(function(...) geominQ(A, ...), k)),
    quartimax = pack(best(function(...) quartimax(A, ...), k)),
    target_open = pack(best(function(...) pstQ(A, W = ifelse(is.na(target), 0, 1), Target = ifelse(is.na(target), 0, target), ...), k)),
    target_full = pack(best(function(...) targetQ(A, Target = full, ...), k)))
}
O$version <- as.character(packageVersion("GPArotation"))
write(toJSON(O, auto_unbox = TRUE, digits = 10, na = "null", matrix = "rowmajor"), "rotations.json")

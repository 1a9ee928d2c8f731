# Writes fits.json: parameters of fitted models (lavaan 0.6-14) and what semTools 0.5-6 makes of them.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
options(warn = -1)
h <- read.csv("../data/holzinger.csv"); b <- read.csv("../data/bfi900.csv")
for (v in c("A1", "C4", "C5", "E1", "E2")) b[[v]] <- 7 - b[[v]]
HS <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
B5 <- "A =~ A1 + A2 + A3 + A4 + A5\nC =~ C1 + C2 + C3 + C4 + C5\nE =~ E1 + E2 + E3 + E4 + E5"
fits <- list(
  simple = cfa(HS, h), residual = cfa(paste0(HS, "\nx1 ~~ x2"), h),
  cross = cfa(paste0(HS, "\nx4 ~~ x7\nspeed =~ x1"), h),
  higher = cfa(paste0(HS, "\ng =~ visual + textual + speed"), h),
  bifactor = cfa(paste0("g =~ ", paste0("x", 1:9, collapse = " + "), "\n", HS), h, orthogonal = TRUE, std.lv = TRUE),
  groups = cfa(HS, h, group = "school"), ordinal = cfa(B5, b, ordered = TRUE))
out <- lapply(names(fits), function(id) {
  f <- fits[[id]]; p <- parameterEstimates(f); labels <- lavInspect(f, "group.label")
  p$group <- if (length(labels)) labels[p$group] else ""
  p <- p[p$op %in% c("=~", "~", "~~", "~1", "|"), c("lhs", "op", "rhs", "group", "est")]
  higher <- if (id == "higher") "g" else character(0)
  ord <- id == "ordinal"
  list(id = id, parameters = as.data.frame(unclass(p)),
    observed = as.data.frame(unclass(compRelSEM(f, higher = higher, ord.scale = ord))),
    implied = as.data.frame(unclass(compRelSEM(f, higher = higher, ord.scale = ord, obs.var = FALSE))),
    ave = if (id != "higher") as.data.frame(unclass(AVE(f, obs.var = FALSE))))
})
for (i in seq_along(out)) for (k in c("observed", "implied", "ave")) {
  x <- out[[i]][[k]]; if (!is.null(x) && ncol(x) == 1) out[[i]][[k]] <- as.list(setNames(x[[1]], rownames(x)))
}
write(toJSON(setNames(out, names(fits)), auto_unbox = TRUE, digits = 10, na = "null", null = "null", pretty = FALSE), "fits.json")

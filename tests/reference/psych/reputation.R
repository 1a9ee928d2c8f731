# Writes reputation.json: alpha, omega and factor analysis of the corporate reputation survey in psych, lavaan and semTools.
# Run in this folder: Rscript reputation.R
suppressPackageStartupMessages({library(psych); library(lavaan); library(semTools); library(jsonlite)})
d <- read.csv("../../../data/reputation/corp_rep_data.csv")
d[d == -99] <- NA
scales <- list(competence = c("comp_1", "comp_2", "comp_3"), likeability = c("like_1", "like_2", "like_3"),
               loyalty = c("cusl_1", "cusl_2", "cusl_3"))
x <- d[unlist(scales)]
model <- paste(mapply(function(n, i) paste(n, "=~", paste(i, collapse = " + ")), names(scales), scales), collapse = "\n")
O <- list()
for (s in names(scales)) {
  a <- psych::alpha(x[scales[[s]]])
  O$alpha[[s]] <- list(raw = a$total$raw_alpha, standardised = a$total$std.alpha, average_r = a$total$average_r,
    ci_lower = a$feldt$lower.ci[[1]], ci_upper = a$feldt$upper.ci[[1]], dropped = as.list(setNames(a$alpha.drop$raw_alpha, scales[[s]])))
}
fit <- cfa(model, x, estimator = "MLR", missing = "fiml")
O$omega_cfa <- as.list(compRelSEM(fit, obs.var = FALSE)); O$ave <- as.list(AVE(fit, obs.var = FALSE))
O$omega_single <- lapply(scales, function(i) as.numeric(compRelSEM(cfa(paste("f =~", paste(i, collapse = " + ")), x, missing = "fiml"), obs.var = FALSE)))
O$measures <- as.list(fitMeasures(fit, c("chisq.scaled", "df", "cfi.robust", "tli.robust", "rmsea.robust", "srmr")))
names(O$measures) <- gsub(".", "_", names(O$measures), fixed = TRUE)
e <- fa(x, 3, fm = "minres", rotate = "oblimin")
M <- function(m) {m <- as.matrix(unclass(m)); lapply(setNames(seq_len(nrow(m)), rownames(m)), function(i) as.list(m[i, ]))}
O$efa <- list(loadings = M(e$loadings), phi = M(e$Phi), communality = as.list(e$communality), chisq = e$STATISTIC, dof = e$dof,
  rmsea = e$RMSEA[["RMSEA"]], tli = e$TLI, rms = e$rms)
k <- KMO(x); O$kmo <- k$MSA
O$versions <- lapply(setNames(nm = c("psych", "lavaan", "semTools")), function(p) as.character(packageVersion(p)))
write(toJSON(O, auto_unbox = TRUE, digits = 10, pretty = TRUE), "reputation.json")

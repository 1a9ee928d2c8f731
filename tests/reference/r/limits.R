# Bootstrap limits of R's boot and lavaan from given draws. Run in this folder: Rscript limits.R
library(boot); library(lavaan); library(jsonlite)
out <- list(made_by = paste("boot", packageVersion("boot"), "and lavaan", packageVersion("lavaan")))

# Fifteen law schools of Efron & Tibshirani (1993), table 3.1: the correlation of two averages.
law <- data.frame(
  LSAT = c(576, 635, 558, 578, 666, 580, 555, 661, 651, 605, 653, 575, 545, 572, 594),
  GPA = c(3.39, 3.30, 2.81, 3.03, 3.44, 3.07, 3.00, 3.43, 3.36, 3.13, 3.12, 2.74, 2.76, 2.88, 2.96))
set.seed(15)
b <- boot(law, function(d, i) cor(d[i, 1], d[i, 2]), R = 999)
L <- empinf(b, type = "jack")
limits <- lapply(c(.8, .9, .95, .99), function(level) {
  ci <- boot.ci(b, conf = level, type = c("perc", "bca"), L = L)
  list(confidence = level, percentile = ci$percent[4:5], bca = ci$bca[4:5])
})
out$law <- list(data = law, est = b$t0, draws = as.vector(b$t), acceleration = sum(L^3) / (6 * sum(L^2)^1.5),
                limits = limits)

# Bollen's democracy data as lavaan has it: a path and an indirect effect.
model <- "ind60 =~ x1 + x2 + x3
          dem60 =~ y1 + y2 + y3 + y4
          dem65 =~ y5 + y6 + y7 + y8
          dem60 ~ p*ind60
          dem65 ~ ind60 + q*dem60
          indirect := p*q"
fit <- sem(model, PoliticalDemocracy, se = "bootstrap", bootstrap = 499, iseed = 7)
draws <- fit@boot$coef  # a column for each free parameter
at <- function(label) { t <- parTable(fit); t$free[t$label == label & t$free > 0] }
shown <- function(type) {
  t <- parameterEstimates(fit, boot.ci.type = type)
  t <- t[match(c("p", "q", "indirect"), t$label), ]
  data.frame(label = t$label, est = t$est, se = t$se, lower = t$ci.lower, upper = t$ci.upper)
}
out$lavaan <- list(model = model, p = draws[, at("p")], q = draws[, at("q")],
                   percentile = shown("perc"), bc = shown("bca.simple"))
write(toJSON(out, digits = 12, auto_unbox = TRUE), "limits.json")

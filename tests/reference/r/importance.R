# Shares of R-squared averaged over all orders of entry, from R's own regressions. Run in this folder: Rscript importance.R
library(jsonlite)
enter <- function(order, data, outcome) {  # what each predictor adds when it comes in
  formulas <- lapply(seq_along(order), function(i) reformulate(order[seq_len(i)], outcome))
  diff(c(0, sapply(formulas, function(f) summary(lm(f, data))$r.squared)))[match(sort(order), order)]
}
orders <- function(x) if (length(x) < 2) list(x) else
  do.call(c, lapply(seq_along(x), function(i) lapply(orders(x[-i]), function(rest) c(x[i], rest))))
averaged <- function(data, outcome) {
  predictors <- sort(setdiff(names(data), outcome))
  shares <- rowMeans(sapply(orders(predictors), enter, data = data, outcome = outcome))
  list(outcome = outcome, predictors = predictors, shares = setNames(shares, NULL),
       r2 = summary(lm(reformulate(predictors, outcome), data))$r.squared,
       cor = unname(cor(data[c(predictors, outcome)])))
}
# What calc.relimp(swiss) of relaimpo, its own example, gives (lmg); Groemping (2006), Journal of Statistical Software 17(1).
relaimpo <- c(Agriculture = 0.05709122, Catholic = 0.10557015, Education = 0.26013468, Examination = 0.17117303,
             Infant.Mortality = 0.11276592)
out <- list(made_by = R.version.string, swiss = averaged(swiss, "Fertility"), attitude = averaged(attitude, "rating"))
out$swiss$relaimpo <- unname(relaimpo[out$swiss$predictors])
write(toJSON(out, digits = 12, auto_unbox = TRUE), "importance.json")

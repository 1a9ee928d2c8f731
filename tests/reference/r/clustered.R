# CR2 errors, Satterthwaite degrees of freedom and Wald tests (HTZ) of clubSandwich, on holzinger.csv.
library(clubSandwich)
library(jsonlite)
d <- read.csv("../data/holzinger.csv")
d$cluster <- paste(d$school, d$agemo)
d$level <- factor(1 + (seq_len(nrow(d)) - 1) %% 3)

of <- function(fit) {
  found <- coef_test(fit, vcov = "CR2", cluster = d$cluster)
  list(estimate = unname(coef(fit)), se = unname(found$SE), df = unname(found$df_Satt),
       pvalue = unname(found$p_Satt))
}
wald <- function(fit, which) {
  found <- Wald_test(fit, constrain_equal(which), vcov = "CR2", cluster = d$cluster)
  list(f = found$Fstat, df1 = found$df_num, df2 = found$df_denom, pvalue = found$p_val)
}

levels <- lm(x1 ~ 0 + level, d)
sexes <- lm(x1 ~ sex, d)
found <- list(
  versions = list(R = as.character(getRversion()), clubSandwich = as.character(packageVersion("clubSandwich"))),
  mean = of(lm(x1 ~ 1, d)),
  slopes = of(lm(x1 ~ x4 + sex, d)),
  levels = of(levels),
  wald = wald(levels, 1:3),
  difference = of(sexes)
)
write(toJSON(found, auto_unbox = TRUE, digits = NA, pretty = TRUE), "clustered.json")

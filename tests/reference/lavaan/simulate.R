# Simulates the data sets of the reference models; run from this folder with `Rscript simulate.R`.
# Plain R only, so that the same seed gives the same rows wherever R >= 3.6 runs.

normal <- function(n, cov) matrix(rnorm(n * ncol(cov)), n) %*% chol(cov)
cut_at <- function(x, at) findInterval(x, at) + 1
save <- function(d, name) write.csv(d, file.path("../data", name), row.names = FALSE, na = "")

# A survey of 200 respondents in two groups: nine ordered items of three factors (q1-q3 five
# points, q4-q6 four points, q7-q9 yes/no), three continuous items and two background variables.
set.seed(20240501)
n <- 200
variant <- rep(c("output", "task"), c(110, 90))
size <- rnorm(n); rural <- rbinom(n, 1, 0.4)
factors <- normal(n, matrix(c(1, .5, .3, .4, .5, 1, .4, .3, .3, .4, 1, .35, .4, .3, .35, 1), 4))
factors[, 1] <- factors[, 1] + 0.3 * size + 0.2 * (variant == "task")
factors[, 2] <- factors[, 2] - 0.3 * rural
latent <- factors[, rep(1:4, each = 3)] %*% diag(rep(c(.8, .7, .6), 4)) +
  matrix(rnorm(n * 12), n) %*% diag(rep(c(.6, .7, .8), 4))
at <- rbind(c(-1.3, -.5, .3, 1.2), c(-1, -.2, .5, 1.4), c(-1.5, -.7, .1, 1))
q <- sapply(1:3, function(j) cut_at(latent[, j], at[j, ]))
q <- cbind(q, sapply(4:6, function(j) cut_at(latent[, j], at[j - 3, 1:3])))
q <- cbind(q, sapply(7:9, function(j) cut_at(latent[, j], at[j - 6, 3])))
y <- round(latent[, 10:12] %*% diag(c(1, 2, 15)) + rep(c(3, 10, 60), each = n), 3)
colnames(q) <- paste0("q", 1:9); colnames(y) <- paste0("y", 1:3)
survey <- data.frame(variant, size = round(size, 3), rural, q, y)
save(survey, "survey.csv")

# The same with holes in the ordered items, one row in eight per item.
holes <- survey
for (v in paste0("q", 1:6)) holes[[v]][runif(n) < 0.12] <- NA
save(holes, "survey_missing.csv")

# Three regions of unequal size, eight continuous items of two factors, missing at random: the
# later items of a block go missing more often where the first one is low.
set.seed(20240502)
region <- rep(c("north", "middle", "south"), c(150, 110, 90)); n <- length(region)
f <- normal(n, matrix(c(1, .45, .45, 1), 2))
f[, 1] <- f[, 1] + c(north = 0, middle = .3, south = -.2)[region]
f[, 2] <- 0.4 * f[, 1] + f[, 2]
z <- f[, rep(1:2, each = 4)] %*% diag(rep(c(1, .8, .9, .7), 2)) + matrix(rnorm(n * 8), n) %*% diag(rep(c(.7, .9, .8, 1), 2))
z <- sign(z) * abs(z)^1.15 + rep(c(2, 3, 4, 5, 1, 2, 3, 4), each = n)
for (j in 2:4) z[runif(n) < plogis(-1.6 - .6 * (z[, 1] - 2)), j] <- NA
for (j in 6:8) z[runif(n) < plogis(-2 - .5 * (z[, 5] - 1)), j] <- NA
colnames(z) <- paste0("t", 1:8)
save(data.frame(region, age = round(rnorm(n, 45, 12)), round(z, 4)), "regions.csv")

# Three waves of the same three items, n = 250, with residuals that correlate over time.
set.seed(20240503)
n <- 250
w1 <- rnorm(n); w2 <- .6 * w1 + .8 * rnorm(n) + .3; w3 <- .5 * w2 + .2 * w1 + .8 * rnorm(n) + .4
unique_part <- matrix(rnorm(n * 3), n) * .4
wave <- function(w) sweep(outer(w, c(1, .8, 1.2)) + unique_part + matrix(rnorm(n * 3), n) * .5, 2, c(3, 2.5, 4), "+")
long <- round(cbind(wave(w1), wave(w2), wave(w3)), 4)
colnames(long) <- paste0(rep(c("a", "b", "c"), 3), rep(1:3, each = 3))
long[runif(n) < .1, 4:6] <- NA; long[runif(n) < .2, 7:9] <- NA
save(data.frame(long), "waves.csv")

# Forty municipalities of 5 to 20 respondents; items share a municipality effect.
set.seed(20240504)
members <- sample(5:20, 40, TRUE); town <- rep(seq_len(40), members); n <- length(town)
effect <- rnorm(40, 0, .6)[town]
f <- normal(n, matrix(c(1, .4, .4, 1), 2)) + effect
h <- f[, rep(1:2, each = 3)] %*% diag(rep(c(1, .8, .7), 2)) + matrix(rnorm(n * 6), n) * .7
h <- round(h + rep(4:9, each = n), 4); colnames(h) <- paste0("h", 1:6)
budget <- round(rnorm(40)[town] + .5 * rnorm(n), 4)
h[, "h4"] <- round(h[, "h4"] + .4 * budget, 4)
town_data <- data.frame(town, kind = ifelse(town %% 2 == 0, "city", "village"), budget, h)
save(town_data, "towns.csv")
town_data$h2[runif(n) < .15] <- NA; town_data$h5[runif(n) < .15] <- NA
save(town_data, "towns_missing.csv")

# A survey of 240 respondents in two regions and 48 towns whose weights go with what they answer: six continuous items,
# six on four points, a covariate, and weights from 0 upwards.
set.seed(20240505)
n <- 240
town <- rep(1:48, each = 5); region <- ifelse(town <= 28, "coast", "inland")
f <- normal(n, matrix(c(1, .4, .4, 1), 2)) + .4 * rnorm(48)[town]
age <- rnorm(n)
f[, 2] <- f[, 2] + .3 * age
t <- f[, rep(1:2, each = 3)] %*% diag(c(1, .8, .9, 1, .7, .9)) + matrix(rnorm(n * 6), n) %*% diag(c(.7, .8, .9, .6, .9, .8))
t <- round(sign(t) * abs(t)^1.1 + rep(c(2, 3, 4, 3, 2, 1), each = n), 4)
u <- f[, rep(1:2, each = 3)] * .8 + matrix(rnorm(n * 6), n) * .7
u <- sapply(1:6, function(j) cut_at(u[, j], c(-.9, .1, 1)))
w <- exp(.4 * f[, 1] + .5 * rnorm(n))
w[c(17, 211)] <- 0
# Weights of a region add up to a whole number: lavaan 0.6-14 cuts others off in its robust measures of incomplete data.
for (r in unique(region)) {
  here <- region == r
  w[here] <- round(64 * w[here] * c(coast = 160, inland = 80)[[r]] / sum(w[here])) / 64
  most <- which(here)[which.max(w[here])]
  w[most] <- w[most] + c(coast = 160, inland = 80)[[r]] - sum(w[here])
}
colnames(t) <- paste0("t", 1:6); colnames(u) <- paste0("u", 1:6)
weighted <- data.frame(region, town, age = round(age, 3), w, t, u)
save(weighted, "weighted.csv")
for (j in 2:6) { t[runif(n) < plogis(-1.8 - .4 * (t[, 1] - 2)), j] <- NA; u[runif(n) < .1, j] <- NA }
save(data.frame(weighted[1:4], t, u), "weighted_missing.csv")

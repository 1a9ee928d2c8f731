# Writes psych_semtools.json.
suppressMessages({library(lavaan); library(semTools); library(psych); library(jsonlite)})
options(warn = -1)
h <- read.csv("holzinger.csv"); b <- read.csv("bfi900.csv"); bf <- read.csv("bfi.csv")
HS <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
B5 <- "A =~ A1 + A2 + A3 + A4 + A5\nC =~ C1 + C2 + C3 + C4 + C5\nE =~ E1 + E2 + E3 + E4 + E5"
bk <- b; for (v in c("A1", "C4", "C5", "E1", "E2")) bk[[v]] <- 7 - bk[[v]]
M <- function(m) {m <- as.matrix(m); lapply(setNames(seq_len(nrow(m)), rownames(m)), function(i) as.list(m[i, ]))}
O <- list(); x <- h[paste0("x", 1:9)]
a <- psych::alpha(x[1:3])
O$alpha_visual <- list(data = "holzinger.csv", items = paste0("x", 1:3), raw_alpha = a$total$raw_alpha,
  std_alpha = a$total$std.alpha, average_r = a$total$average_r,
  item_total_r_drop = as.list(setNames(a$item.stats$r.drop, rownames(a$item.stats))),
  alpha_drop = as.list(setNames(a$alpha.drop$raw_alpha, rownames(a$alpha.drop))),
  feldt_ci = list(lower = a$feldt$lower.ci[[1]], upper = a$feldt$upper.ci[[1]]))
f <- cfa(HS, h)
O$reliability_hs <- list(data = "holzinger.csv", model = HS, values = M(semTools::reliability(f)))
O$compRelSEM_hs <- as.list(compRelSEM(f)); O$AVE_hs <- as.list(AVE(f))
O$htmt2_hs <- M(htmt(HS, h)); O$htmt_hs <- M(htmt(HS, h, htmt2 = FALSE))
fo <- cfa(B5, bk, ordered = TRUE)
O$compRelSEM_bfi_ordinal <- list(data = "bfi900.csv", values = as.list(compRelSEM(fo, ord.scale = TRUE)))
k <- KMO(x); O$kmo_hs <- list(msa = k$MSA, items = as.list(k$MSAi))
O$bartlett_hs <- cortest.bartlett(cor(x), n = 301)[c("chisq", "p.value", "df")]
for (fm in c("minres", "ml")) for (ro in c("none", "varimax", "oblimin", "promax")) {
  q <- fa(x, 3, rotate = ro, fm = fm)
  O[[paste("efa_hs", fm, ro, sep = "_")]] <- list(loadings = M(unclass(q$loadings)),
    phi = if (is.null(q$Phi)) NULL else M(q$Phi), communality = as.list(q$communality), chisq = q$STATISTIC,
    dof = q$dof, rmsea = as.list(q$RMSEA), tli = q$TLI, rms = q$rms, ss_loadings = as.list(q$Vaccounted[1, ]))
}
vs <- vss(bf[1:25], plot = FALSE); O$map_bfi25 <- list(map = vs$map, n_factors = which.min(vs$map))
set.seed(1); pa <- fa.parallel(bf[1:25], plot = FALSE, fm = "minres")
O$parallel_bfi25 <- list(n_factors = pa$nfact, n_components = pa$ncomp, note = "random; only counts")
pc <- polychoric(b[1:15]); O$polychoric_bfi900 <- list(rho = M(pc$rho), thresholds = M(pc$tau))
O$polychoric_lavaan_bfi900 <- M(lavCor(b[1:15], ordered = names(b)[1:15]))
om <- omega(x, 3, plot = FALSE)
O$omega_psych_hs <- list(omega_h = om$omega_h, omega_t = om$omega.tot, alpha = om$alpha)
write(toJSON(O, auto_unbox = TRUE, digits = 10, na = "null", null = "null", dataframe = "rows", pretty = TRUE),
  "psych_semtools.json")

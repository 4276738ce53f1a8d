#!/usr/bin/env bash
# R: vectors, lists, strings, models and a heap that is collected.
# packages: r-base-core
. "$(dirname "$0")/../preload.bash"

workload() {
  cat >work.R <<'EOT'
set.seed(1)
d <- data.frame(g = sample(letters, 50000, TRUE), x = rnorm(50000), y = runif(50000))
m <- lm(y ~ x + g, d); cat(sprintf("%.6f", coef(m)[1:4]), "\n")
print(head(aggregate(cbind(x, y) ~ g, d, function(v) round(mean(v), 6)), 5))
l <- lapply(1:50000, function(i) list(id = i, s = strrep("x", i %% 30)))
l <- l[order(sapply(l, function(e) nchar(e$s)), decreasing = TRUE)]
cat(length(l), l[[1]]$id, sum(sapply(l, function(e) nchar(e$s))), "\n")
s <- paste0("key", sample(10000, 100000, TRUE)); t <- table(s); cat(length(t), max(t), "\n")
e <- new.env(); for (k in s) assign(k, c(get0(k, e, ifnotfound = integer()), 1L), e); cat(length(ls(e)), "\n")
invisible(gc(full = TRUE))
a <- matrix(rnorm(90000), 300); cat(sprintf("%.6f", sum(svd(a)$d)), "\n")
cat(nchar(paste(toupper(gsub("key", "k", s)), collapse = ",")), "\n")
for (i in 1:60) { v <- vector("list", 20000); v[] <- list(i); v <- NULL }
con <- gzcon(rawConnection(memCompress(charToRaw(paste(s, collapse = "\n")), "gzip"))); cat(length(readLines(con)), "\n")
EOT
  under Rscript --vanilla work.R
}
compare

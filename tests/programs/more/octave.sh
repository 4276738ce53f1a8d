#!/usr/bin/env bash
# octave: matrices, cells, strings and structures.
# packages: octave
. "$(dirname "$0")/../preload.bash"

workload() {
  cat >work.m <<'EOT'
rand("state", 1); a = rand(200); s = svd(a); printf("%.8f %.8f\n", s(1), sum(s));
for round = 1:5
e = eig(a + a'); printf("%.6f %.6f\n", max(e), norm(a \ ones(200, 1)) > 0);
c = {}; for i = 1:3000, c{end + 1} = sprintf("n%d", mod(i * 7919, 1009)); end
[u, ~, j] = unique(c); printf("%d %d\n", numel(u), sum(j));
t = struct(); for i = 1:2000, t.(sprintf("f%d", i)) = rand(1, mod(i, 50)); end
n = 0; for [v, k] = t, n += numel(v); end
printf("%d\n", n);
x = ""; for i = 1:2000, x = [x sprintf("%d,", i)]; end
printf("%d %s\n", numel(strsplit(x, ",")), hash("md5", x));
b = sparse(1:5000, 1:5000, 2) + sparse(1:4999, 2:5000, -1, 5000, 5000); printf("%.6f\n", sum(b \ ones(5000, 1)));
for i = 1:300, m = zeros(mod(i * 37, 400) + 1); m(:) = i; n += m(end); end
printf("%d %d\n", n, sum(cellfun(@numel, c)));
end
EOT
  HOME=$PWD OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 under octave-cli --no-init-file --no-history --quiet work.m
}
compare

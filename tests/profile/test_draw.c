/* test_draw.c -- chance and weights: the functions against the C library's, the draws against what they should come to. */
#include <math.h>
#include <stdint.h>

#include "profile/draw.h"
#include "profile/profile.h"
#include "tests/support/require.h"

static double error_of(double has, double wants) { return wants == 0 ? fabs(has) : fabs(has / wants - 1); }

Test(profile_draw, logarithm) {
  for (double x = 0x1p-53; x <= 1; x *= 1.001) {
    const double wants = log(x);
    REQUIRE(fabs(wants) < 1e-3 || error_of(mica_ln(x), wants) < 1e-12, "ln(%.17g) is %.17g", x, mica_ln(x));
    REQUIRE(fabs(mica_ln(x) - wants) < 1e-12 * (1 + fabs(wants)), "ln(%.17g) is %.17g", x, mica_ln(x));
  }
  REQUIRE(mica_ln(1) == 0, "ln(1) is %g", mica_ln(1));
}

Test(profile_draw, one_minus_exp) {
  for (double x = 1e-15; x < 100; x *= 1.003)
    REQUIRE(error_of(mica_one_minus_exp(x), -expm1(-x)) < 1e-12, "1 - exp(-%.17g) is %.17g", x, mica_one_minus_exp(x));
  REQUIRE(mica_one_minus_exp(0) == 0, "of 0");
  REQUIRE(mica_one_minus_exp(1e300) == 1, "of much");
}

Test(profile_draw, weights) {
  REQUIRE(mica_profile_weight(1, 1) == 1, "every allocation weighs 1");
  REQUIRE(error_of(mica_profile_weight(524288, 524288), 1 / (1 - exp(-1))) < 1e-12, "a weight");
  REQUIRE(error_of(mica_profile_weight(16, 524288), 32768.5) < 1e-6, "a large weight");
  REQUIRE(mica_profile_weight((size_t)1 << 40, 524288) == 1, "a large block");
}

/* The mean of n draws lies within five standard errors. */
static void mean_is(double sum, double squares, double n, double wants, const char* what) {
  const double mean = sum / n, variance = squares / n - mean * mean, error = sqrt(variance / n);
  REQUIRE(fabs(mean - wants) < 5 * error, "%s: the mean is %g, not %g +- %g", what, mean, wants, error);
}

Test(profile_draw, due_is_geometric) {
  static const uint64_t sizes[] = {16, 48, 1024, 65536, 524288, 4194304};
  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    uint64_t random = 88172645463325252 + i;
    double sum = 0, squares = 0, ones = 0;
    const int n = 200000;
    const double p = -expm1(-(double)sizes[i] / 524288);
    for (int k = 0; k < n; k++) {
      const double due = (double)mica_profile_due(&random, sizes[i], 524288);
      REQUIRE(due >= 1, "due %g", due);
      sum += due;
      squares += due * due;
      ones += due == 1;
    }
    if (p < 0.999) mean_is(sum, squares, n, 1 / p, "due");
    if (p * n > 50 && p < 0.99) mean_is(ones, ones, n, p, "due at once");
  }
}

Test(profile_draw, draws) {
  uint64_t random = 1;
  double hits = 0;
  const int n = 1000000;
  for (int k = 0; k < n; k++) hits += mica_profile_draw(&random, 100000, 524288);
  mean_is(hits, hits, n, -expm1(-100000.0 / 524288), "draw");
}

Test(profile_draw, edges) {
  uint64_t random = 7;
  for (int k = 0; k < 1000; k++) {
    REQUIRE(mica_profile_due(&random, 16, 1) == 1 && mica_profile_draw(&random, 0, 1), "every one");
    REQUIRE(mica_profile_due(&random, 16, 0) == UINT64_MAX && !mica_profile_draw(&random, SIZE_MAX, 0), "none");
    REQUIRE(mica_profile_due(&random, 0, UINT64_MAX) <= (uint64_t)1 << 62, "a number");
    REQUIRE(mica_profile_due(&random, SIZE_MAX, 2) == 1, "far below");
  }
}

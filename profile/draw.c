/* draw.c -- see draw.h. The next sample comes behind so many bytes as an exponential variate of mean `every` says: so the
 * samples of all threads and classes together are a Poisson process by bytes, and an allocation of size bytes is one with the
 * probability 1 - exp(-size / every), whatever came before. */
#include "profile/draw.h"

#include "profile/profile.h"
#include <string.h>

static const double ln2 = 0.693147180559945309417232121458;
static const double sqrt_half = 0.707106781186547524400844362105;

/* x = m * 2^e with m from sqrt(1/2) to sqrt(2); ln(m) = 2 * artanh(s), s = (m - 1) / (m + 1), |s| < 0.172. */
double mica_ln(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int exponent = (int)(bits >> 52) - 1022;
  bits = (bits & (((uint64_t)1 << 52) - 1)) | ((uint64_t)1022 << 52);
  double m;
  memcpy(&m, &bits, sizeof m);
  if (m < sqrt_half) {
    m *= 2;
    exponent--;
  }
  const double s = (m - 1) / (m + 1), square = s * s;
  double sum = 0;
  for (int k = 17; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
  return exponent * ln2 + 2 * s * sum;
}

/* x = k * ln(2) + r, so exp(-x) = 2^-k * (1 + t) with t = exp(-r) - 1, which its series gives without a loss of digits. */
double mica_one_minus_exp(double x) {
  if (!(x < 60)) return 1;
  const int k = (int)(x / ln2 + 0.5);
  const double r = x - k * ln2;
  double t = 0;
  for (int n = 16; n >= 1; n--) t = (1 + t) * -r / n;
  const double scale = 1.0 / (double)((uint64_t)1 << (k > 62 ? 62 : k));
  return (1 - scale) - scale * t;
}

double mica_profile_weight(uint64_t size, uint64_t every) {
  return every <= 1 ? 1 : 1 / mica_one_minus_exp((double)size / (double)every);
}

/* From 2^-53 to 1, evenly (Marsaglia's xorshift, Vigna's multiplier). */
static double uniform(uint64_t* random) {
  uint64_t x = *random;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  *random = x;
  return (double)((x * 0x2545F4914F6CDD1D >> 11) + 1) * 0x1p-53;
}

/* Bytes until the sample. */
static double variate(uint64_t* random, uint64_t every) { return -mica_ln(uniform(random)) * (double)every; }

uint64_t mica_profile_due(uint64_t* random, uint64_t size, uint64_t every) {
  if (every == 0) return UINT64_MAX;
  if (every == 1) return 1;
  const double n = variate(random, every) / (double)(size != 0 ? size : 1);
  return n < 0x1p62 ? (uint64_t)n + 1 : (uint64_t)1 << 62;
}

bool mica_profile_draw(uint64_t* random, uint64_t size, uint64_t every) {
  if (every <= 1) return every == 1;
  return variate(random, every) < (double)size;
}

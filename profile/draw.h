/* draw.h -- chance for the profiler: exponential variates, and the weights that make up for it. No state; no libm, since the
 * library links the C library alone. */
#ifndef MICA_DRAW_H
#define MICA_DRAW_H
#include <stdint.h>

/* ln(x) of a normal number above 0, and 1 - exp(-x) of x >= 0; the relative error of both is below 1e-12. */
double mica_ln(double x);
double mica_one_minus_exp(double x);

/* How many allocations one sample stands for; 1 where every is no more than 1. size and every above 0. */
double mica_profile_weight(uint64_t size, uint64_t every);

#endif

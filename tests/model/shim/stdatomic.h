/* stdatomic.h -- stands for the compiler's own where a header of the product is compiled under Relacy: -Itests/model/shim. */
#ifndef SHIM_STDATOMIC_H
#define SHIM_STDATOMIC_H
#include "relacy_shim.h"
#endif

/* hooks.h -- functions of the program that mica calls: for output, errors, limits, deferred frees. The rules common to all
 * functions of mica stand in mica.h. */
#ifndef MICA_PUBLIC_HOOKS_H
#define MICA_PUBLIC_HOOKS_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif

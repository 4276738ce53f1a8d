/* arenas.h -- memory reserved beforehand or brought along, limits, subprocesses. The rules common to all
 * functions of mica stand in mica.h. */
#ifndef MICA_PUBLIC_ARENAS_H
#define MICA_PUBLIC_ARENAS_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif

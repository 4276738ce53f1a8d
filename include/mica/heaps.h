/* heaps.h -- first-class heaps: made, allocated in by any thread, deleted or destroyed, looked through. The rules common to all
 * functions of mica stand in mica.h. */
#ifndef MICA_PUBLIC_HEAPS_H
#define MICA_PUBLIC_HEAPS_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif

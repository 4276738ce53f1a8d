/* options.h -- settings, by name and by call. The rules common to all
 * functions of mica stand in mica.h. */
#ifndef MICA_PUBLIC_OPTIONS_H
#define MICA_PUBLIC_OPTIONS_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif

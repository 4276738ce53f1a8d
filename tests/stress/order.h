/* order.h -- tells helgrind and DRD of an order between threads that an atomic variable makes: they do not know of those.
 *
 *   ORDER_SENT(p)       before a release operation that hands p over: all that this thread did until now ...
 *   ORDER_RECEIVED(p)   ... comes before all that the thread does which has got p by an acquire operation and says this then
 *
 * Nothing, unless the valgrind variant is built. For hand-overs of the test programs alone: the library makes up no such
 * orders, so that a race of a program on its blocks is seen (track_valgrind.h). The tools keep what belongs to each name of an
 * order for ever; so there are few names, and several p share one. */
#ifndef MICA_TESTS_ORDER_H
#define MICA_TESTS_ORDER_H
#include "base/track.h"
#include <stdint.h>

#if defined(MICA_TRACK_VALGRIND)
enum { ORDER_NAMES = 61 };
static char order_names[ORDER_NAMES];
/* One code of a request for both tools. */
#define ORDER_SAY(request, p) \
  VALGRIND_DO_CLIENT_REQUEST_STMT((request), &order_names[(uintptr_t)(p) / 16 % ORDER_NAMES], 0, 0, 0, 0)
#define ORDER_SENT(p) ORDER_SAY(VG_USERREQ__DRD_ANNOTATE_HAPPENS_BEFORE, p)
#define ORDER_RECEIVED(p) ORDER_SAY(VG_USERREQ__DRD_ANNOTATE_HAPPENS_AFTER, p)
#else
#define ORDER_SENT(p) ((void)(p))
#define ORDER_RECEIVED(p) ((void)(p))
#endif

#endif

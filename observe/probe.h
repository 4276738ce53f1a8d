/* probe.h -- places at which a tracer (bpftrace, perf, SystemTap, gdb) may look in: USDT probes of the provider "mica".
 *
 *   MICA_PROBE(name), MICA_PROBE1(name, a), ... MICA_PROBE4(name, a, b, c, d)
 *   MICA_PROBE_CALL1(name, a), ... MICA_PROBE_CALL3(name, a, b, c)   the statement behind it is a call of a function elsewhere
 *
 * A probe is one nop, or, before a call, the first instruction that makes it, which no other way leads to; and a note in the
 * file that says where it is and in which registers its arguments are: so an argument is a value that is at hand, a pointer or
 * an integer, and costs nothing to make. Only on slow paths. Where <sys/sdt.h> (Debian: systemtap-sdt-dev) is not there when
 * mica is built, there are no probes. Anybody, any thread, any time. */
#ifndef MICA_PROBE_H
#define MICA_PROBE_H
#include "base/config.h"
#include MICA_PROBE_FORM

#endif

/* probe_sdt.h -- the form of probe.h where <sys/sdt.h> is there. Included by probe.h only. */
#ifndef MICA_PROBE_SDT_H
#define MICA_PROBE_SDT_H
#include <sys/sdt.h>

#define MICA_PROBE(name) DTRACE_PROBE(mica, name)
#define MICA_PROBE1(name, a) DTRACE_PROBE1(mica, name, a)
#define MICA_PROBE2(name, a, b) DTRACE_PROBE2(mica, name, a, b)
#define MICA_PROBE3(name, a, b, c) DTRACE_PROBE3(mica, name, a, b, c)
#define MICA_PROBE4(name, a, b, c, d) DTRACE_PROBE4(mica, name, a, b, c, d)

#endif

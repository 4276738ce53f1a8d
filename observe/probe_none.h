/* probe_none.h -- the form of probe.h where there are no probes: the arguments are compiled, and that is all. Included by
 * probe.h only. */
#ifndef MICA_PROBE_NONE_H
#define MICA_PROBE_NONE_H

#define MICA_PROBE(name) ((void)0)
#define MICA_PROBE1(name, a) ((void)(a))
#define MICA_PROBE2(name, a, b) ((void)(a), (void)(b))
#define MICA_PROBE3(name, a, b, c) ((void)(a), (void)(b), (void)(c))
#define MICA_PROBE4(name, a, b, c, d) ((void)(a), (void)(b), (void)(c), (void)(d))
#define MICA_PROBE_CALL1(name, a) MICA_PROBE1(name, a)
#define MICA_PROBE_CALL2(name, a, b) MICA_PROBE2(name, a, b)
#define MICA_PROBE_CALL3(name, a, b, c) MICA_PROBE3(name, a, b, c)

#endif

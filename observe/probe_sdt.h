/* probe_sdt.h -- the form of probe.h where <sys/sdt.h> is there. Included by probe.h only.
 *
 * The header's own nop is taken away, so that a probe before a call costs no instruction; the others have ours. And its
 * statement, of many lines, counts as small when the compiler decides what is put in line, so that nothing changes by a
 * probe. */
#ifndef MICA_PROBE_SDT_H
#define MICA_PROBE_SDT_H
#include <sys/sdt.h>

#undef _SDT_NOP
#define _SDT_NOP
#undef _SDT_PROBE
#define _SDT_PROBE(provider, name, n, arguments) \
  do { \
    MICA_ASM_SMALL(_SDT_ASM_BODY(provider, name, _SDT_ASM_ARGS, (n))::_SDT_ASM_OPERANDS_##n arguments); \
    MICA_ASM_SMALL(_SDT_ASM_BASE); \
  } while (0)

#define MICA_PROBE(name) MICA_PROBE_NOP(DTRACE_PROBE(mica, name))
#define MICA_PROBE1(name, a) MICA_PROBE_NOP(DTRACE_PROBE1(mica, name, a))
#define MICA_PROBE2(name, a, b) MICA_PROBE_NOP(DTRACE_PROBE2(mica, name, a, b))
#define MICA_PROBE3(name, a, b, c) MICA_PROBE_NOP(DTRACE_PROBE3(mica, name, a, b, c))
#define MICA_PROBE4(name, a, b, c, d) MICA_PROBE_NOP(DTRACE_PROBE4(mica, name, a, b, c, d))
#define MICA_PROBE_NOP(note) \
  do { \
    note; \
    MICA_NOP; \
  } while (0)

#define MICA_PROBE_CALL1(name, a) DTRACE_PROBE1(mica, name, a)
#define MICA_PROBE_CALL2(name, a, b) DTRACE_PROBE2(mica, name, a, b)
#define MICA_PROBE_CALL3(name, a, b, c) DTRACE_PROBE3(mica, name, a, b, c)

#endif

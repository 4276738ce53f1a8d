/* config.h -- the compiler and the build variant, named once. The only header with conditional compilation.
 *
 * Holds: attribute macros for the GNU extensions that mica uses, and the constants that tell the variants apart.
 * Code asks `if (MICA_CHECKS)`, never `#if`. Anybody may include it. */
#ifndef MICA_CONFIG_H
#define MICA_CONFIG_H

#if !defined(__GNUC__)
#error "mica needs gcc or clang"
#endif
#if !defined(__linux__)
#error "mica runs on Linux"
#endif

/* Everything is hidden unless exported; the interface is. */
#define MICA_EXPORT __attribute__((visibility("default")))
#define MICA_HIDDEN __attribute__((visibility("hidden")))
/* A large table that starts as zeros: apart from the small variables, so that those share an OS page. */
#define MICA_TABLE __attribute__((section(".bss.tables")))
/* On the fast paths: always in line, or never. */
#define MICA_INLINE static inline __attribute__((always_inline))
#define MICA_NOINLINE __attribute__((noinline))
/* Never in line, and its callers expect not to call it. */
#define MICA_COLD __attribute__((cold, noinline))
#define MICA_LIKELY(x) __builtin_expect(!!(x), 1)
#define MICA_UNLIKELY(x) __builtin_expect(!!(x), 0)
/* A thread-local variable that is reached without a call: its offset is fixed when the library is loaded. musl's dlopen opens
 * no library that has one. */
#if defined(MICA_DLOPEN)
#define MICA_TLS _Thread_local
#else
#define MICA_TLS _Thread_local __attribute__((tls_model("initial-exec")))
#endif
#define MICA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define MICA_CONSTRUCTOR __attribute__((constructor))
#define MICA_DESTRUCTOR __attribute__((destructor))
#define MICA_PREFETCH_WRITE(p) __builtin_prefetch((p), 1)
/* The compiler takes x, a variable that fits a register, for any value from here on; so it finds no function that does what a
 * loop over x does. No instruction comes of it. */
#define MICA_OPAQUE(x) __asm__("" : "+r"(x))
/* An assembler's text that counts as one instruction, however many lines it has. */
#define MICA_ASM_SMALL(...) __asm__ __inline__ __volatile__(__VA_ARGS__)
/* One instruction that does nothing, behind what stands before it. */
#if defined(__s390__)
#define MICA_NOP __asm__ volatile("nop 0")
#else
#define MICA_NOP __asm__ volatile("nop")
#endif
/* p, which is not NULL, is about to be returned. To gcc it is opaque, or it is moved between registers for nothing. */
#if defined(__clang__)
#define MICA_RESULT(p) ((void)0)
#else
#define MICA_RESULT(p) (({ MICA_OPAQUE(p); }), (p) != 0 ? (void)0 : __builtin_unreachable())
#endif
/* Before a return of a function's result: that call is a jump. gcc makes it one where -foptimize-sibling-calls is on. */
#if defined(__clang__)
#define MICA_JUMP __attribute__((musttail))
#else
#define MICA_JUMP
#endif
/* n bytes at p, n a small constant, become zero in line, also where functions of the C library are not known by name. */
#define MICA_ZERO(p, n) ((void)__builtin_memset((p), 0, (n)))
/* A reference that may stay NULL, or a definition that another one replaces. */
#define MICA_WEAK __attribute__((weak))
/* The same of a name that the compiler itself refers to. */
#define MICA_WEAK_REFERENCE(name) __asm__(".weak " name)
/* A second name, mica's alone, of the exported function `of` that the same file defines, whoever takes the first. */
#define MICA_OWN_NAME(own, of) __asm__(".globl " #own "\n.hidden " #own "\n.set " #own ", " MICA_TEXT(of))
#define MICA_TEXT(name) #name
/* An allocated ELF note, from inside a function: the distance from its content to a hidden variable, a constant's lower and
 * upper 32 bits, and two texts in 16 bytes each. */
#define MICA_NOTE(name, type, variable, number, text, other) \
  __asm__ volatile(".pushsection .note.mica,\"a\",%%note\n\t.balign 4\n\t.4byte 2f-1f, 4f-3f, %c0\n" \
                   "1:\t.asciz \"" name "\"\n2:\t.balign 4\n" \
                   "3:\t.8byte " MICA_TEXT(variable) "-.\n\t.4byte %c1, %c2\n" \
                                                     "5:\t.ascii \"" text \
                                                     "\"\n6:\t.skip 16-(6b-5b)\n7:\t.ascii \"" other \
                                                     "\"\n8:\t.skip 16-(8b-7b)\n" \
                                                     "4:\t.popsection" ::"i"(type), \
                   "i"((int32_t)((number)&0xffffffff)), "i"((int32_t)((number) >> 32)))
/* A function that is emitted though nobody calls it. */
#define MICA_USED __attribute__((used, noinline))
/* *product = a * b, true if it does not fit. */
#define MICA_MUL_OVERFLOWS(a, b, product) __builtin_mul_overflow((a), (b), (product))

/* MICA_CHECKS: 1 in the debug variant: every invariant is asserted. MICA_EXAMINES: 1 in the debug and secure variants: each
 * pointer that the program gives back is examined. MICA_VARIANT_NAME: what the note of roots.c says. */
#if defined(MICA_DEBUG)
#define MICA_VARIANT_NAME "debug"
#define MICA_CHECKS 1
#define MICA_EXAMINES 1
#elif defined(MICA_SECURE)
#define MICA_VARIANT_NAME "secure"
#define MICA_CHECKS 0
#define MICA_EXAMINES 1
#else
#define MICA_VARIANT_NAME "release"
#define MICA_CHECKS 0
#define MICA_EXAMINES 0
#endif

/* MICA_SANITIZED: 1 where this very code is compiled for a sanitizer that has a malloc of its own. */
#if defined(__has_feature)
#define MICA_HAS_FEATURE(feature) __has_feature(feature)
#else
#define MICA_HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || MICA_HAS_FEATURE(address_sanitizer) || \
    MICA_HAS_FEATURE(thread_sanitizer) || MICA_HAS_FEATURE(memory_sanitizer) || MICA_HAS_FEATURE(hwaddress_sanitizer)
#define MICA_SANITIZED 1
#else
#define MICA_SANITIZED 0
#endif

/* The checker that is told of the life of blocks (track.h). NOLINTBEGIN(bugprone-macro-parentheses): names of headers */
#if defined(MICA_TRACK_ASAN)
#define MICA_TRACK_FORM "base/track_asan.h"
#elif defined(MICA_TRACK_VALGRIND)
#define MICA_TRACK_FORM "base/track_valgrind.h"
#else
#define MICA_TRACK_FORM "base/track_none.h"
#endif
/* Whether the compiler's runtime has an unwinder (cmake/unwinder.cmake). */
#if defined(MICA_NO_UNWINDER)
#define MICA_UNWINDS 0
#else
#define MICA_UNWINDS 1
#endif
/* Whether a call pushes the address to return to, so that it lies below the caller's frame. */
#if defined(__x86_64__)
#define MICA_CALL_PUSHES 1
#else
#define MICA_CALL_PUSHES 0
#endif
/* Probes that a tracer finds (observe/probe.h): where the header for them is, and serves (cmake/probes.cmake). */
#if defined(__has_include) && !defined(MICA_NO_PROBES)
#if __has_include(<sys/sdt.h>)
#define MICA_PROBE_FORM "observe/probe_sdt.h"
#endif
#endif
#if !defined(MICA_PROBE_FORM)
#define MICA_PROBE_FORM "observe/probe_none.h"
#endif
/* NOLINTEND(bugprone-macro-parentheses) */

#endif

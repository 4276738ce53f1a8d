/* profile.h -- the heap profiler: which places of the program allocate how much, live and so far, by samples that are cheap
 * enough for production. The rules common to all functions of mica stand in mica.h.
 *
 * A sample is taken once in so many bytes that are allocated, in the mean and by chance, whatever their sizes are; so an
 * allocation of `size` bytes (those of its block) is one with the probability 1 - exp(-size / every). It is noted with the
 * stack of calls that it came from, and stands for its weight, the reciprocal of that probability: sums of weights are unbiased
 * estimates of what was really allocated. With every = 1 all allocations are samples, of weight 1, and the sums are exact.
 *
 * Where mica is built for valgrind or AddressSanitizer nothing is sampled. While profiling is on, a call that takes a sample
 * may need 8 KiB of stack more. What is noted takes memory of its own, straight from the system, which is used again but
 * never given back: 48 bytes for each sample that lives, and some 200 for each different stack, up to 64 MiB of them. */
#ifndef MICA_PUBLIC_PROFILE_H
#define MICA_PUBLIC_PROFILE_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Samples are taken from now on, one in `every` bytes; 0: in 512 KiB. May be called while it is on, to change the rate: each
 * sample keeps its own weight. The calling thread begins at once, others at their next slow call. false: this build does not
 * profile. (mica's own) */
bool mi_profile_start(size_t every) mi_attr_noexcept;

/* No more samples are taken. Those that live are known still, and counted off when they are freed; what was noted can be
 * dumped. Nothing happens if it is off. Safe in signal handlers. (mica's own) */
void mi_profile_stop(void) mi_attr_noexcept;

/* Bytes from sample to sample in the mean; 0: profiling is off. (mica's own) */
size_t mi_profile_rate(void) mi_attr_noexcept;

/* The cumulated figures of all stacks begin again at 0; what lives is counted as before. (mica's own) */
void mi_profile_reset(void) mi_attr_noexcept;

/* What is known of all samples, in sums of weights. */
typedef struct mi_profile_sums_s {
  size_t live_count; /* allocations that were not freed yet */
  size_t live_bytes; /* and the bytes that were asked for */
  size_t count;      /* all allocations since the start, or the last mi_profile_reset */
  size_t bytes;      /* and their bytes */
  size_t stacks;     /* different stacks that there were samples from */
  size_t samples;    /* samples taken, not weighted, since the first start */
  size_t dropped;    /* samples that found no room and are missing in all of these, since the first start */
} mi_profile_sums_t;

/* Fills *sums, of which the caller gives the size, sizeof(mi_profile_sums_t). false: sums is NULL or the size is another;
 * nothing is changed then. (mica's own) */
bool mi_profile_sums(mi_profile_sums_t* sums, size_t size) mi_attr_noexcept;

/* ---- the profile as text, as google-pprof, pprof, jeprof and mica report read it: a line "heap profile: live: bytes
 * [cumulated: bytes] @ heapprofile", one for each stack, and the process's mappings. Weights are applied already ---- */

/* Writes it to the file `path`, which is made, or replaced when the new one is whole; what is no ordinary file is written to.
 * NULL: to stderr. false, and errno: it cannot be written. Allocates nothing; safe in signal handlers. (mica's own) */
bool mi_profile_dump(const char* path) mi_attr_noexcept;

/* Gives it to out(text, arg) in pieces of some lines; where out is NULL as a message (mi_register_output). Allocates nothing.
 * (mica's own) */
void mi_profile_dump_out(mi_output_fun* out, void* arg) mi_attr_noexcept;

/* Returns it as a string, for whoever serves it: in buf of buf_size bytes, or if buf is NULL in a block that the caller is to
 * free. NULL: it does not fit, or no memory (ENOMEM). (mica's own) */
char* mi_profile_get_text(size_t buf_size, char* buf) mi_attr_noexcept;

/* ---- samples as they come and go ---- */

/* What happened to a sample. */
typedef enum mi_profile_event_e {
  mi_profile_taken, /* the block was allocated, and is a sample */
  mi_profile_freed, /* the block, a sample, is being freed */
} mi_profile_event_t;

/* Told of a sample: p, the block as the program has it; the size that it asked for, at the end the latest; how many allocations
 * it stands for. The block is not the program's yet, or no more: its contents are not to be touched, and it is neither freed
 * nor resized. Of one that was taken mica may be asked (mi_usable_size, mi_heap_of). */
typedef void(mi_profile_fun)(mi_profile_event_t event, const void* p, size_t size, double weight, void* arg);

/* fun(event, p, size, weight, arg) is called at each sample taken and each sample freed, in the thread that allocates or frees,
 * within that call; NULL: none is any more. It may allocate and free; it is not called for what it does so itself. (mica's
 * own) */
void mi_profile_register(mi_profile_fun* fun, void* arg) mi_attr_noexcept;

#ifdef __cplusplus
}
#endif
#endif

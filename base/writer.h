/* writer.h -- one writer at a time, for whom nobody waits: who asks while another thread writes, or in a signal handler in the
 * middle of it, has that one write once more.
 *
 * Invariant: `asked` is how often somebody has asked since nobody wrote; who raises it from 0 is the writer until it makes it
 * 0. */
#ifndef MICA_WRITER_H
#define MICA_WRITER_H
#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic(uint32_t) mica_writer_t;

/* At most twice: those who ask during the second writing have figures that are hardly older than their question. */
static inline void mica_writer_asks(mica_writer_t* asked, void (*write)(void)) {
  /* Acquire: pairs with the end of the writing before, whose scratch this is. [O14] */
  if (atomic_fetch_add_explicit(asked, 1, memory_order_acquire) != 0) return;
  uint32_t n = 1;
  write();
  /* Release: pairs with the beginning of the next writing. [O15] */
  if (!atomic_compare_exchange_strong_explicit(asked, &n, 0, memory_order_release, memory_order_relaxed)) {
    write();
    atomic_store_explicit(asked, 0, memory_order_release); /* likewise [O15] */
  }
}

/* In the child of a fork: the writer may be a thread that is not there. relaxed: there is one thread [O16] */
static inline void mica_writer_forget(mica_writer_t* asked) { atomic_store_explicit(asked, 0, memory_order_relaxed); }

#endif

/* chunk.h -- memory of the profiler's own, straight from the system: mapped when it is first needed, zero, never given back. */
#ifndef MICA_CHUNK_H
#define MICA_CHUNK_H
#include "segment/os.h"
#include <stdatomic.h>
#include <stddef.h>

/* The chunk of which somebody has got something. Acquire: pairs with the CAS below; who has a number from elsewhere has it
 * by an acquire of its own, or follows no memory of the chunk but the words that are atomic. [PF4] */
static inline char* mica_chunk_there(_Atomic(char*)* place) {
  return atomic_load_explicit(place, memory_order_acquire);
}

/* The chunk, which is mapped if it is not there yet; NULL: not to be had. Of two threads that map one, one unmaps it again. */
static inline char* mica_chunk_get(_Atomic(char*)* place, size_t size) {
  char* there = mica_chunk_there(place);
  if (there != NULL) return there;
  char* const fresh = mica_os_map(0, size, mica_os_page(), 0);
  if (fresh == NULL) return NULL;
  /* Release: shows the mapping; acquire: pairs with the CAS of who was faster. [PF5] */
  if (atomic_compare_exchange_strong_explicit(place, &there, fresh, memory_order_acq_rel, memory_order_acquire))
    return fresh;
  mica_os_unmap(fresh, size);
  return there;
}

#endif

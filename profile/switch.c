/* switch.c -- see switch.h.
 *
 * Invariant: `every` is set before `epoch` changes, so who sees the new epoch sees no older rate. No epoch that any thread may
 * have noted comes back: not before 2^32 others. */
#include "profile/switch.h"

#include "profile/profile.h"
#include "profile/sites.h"
#include "profile/stack.h"
#include "profile/table.h"

uint64_t mica_profile_every(void) {
  /* Acquire: pairs with the CAS below, so that the rate is the one of the epoch that the caller saw, or a later. [PF10] */
  (void)atomic_load_explicit(&mica_profile_table.epoch, memory_order_acquire);
  return atomic_load_explicit(&mica_profile_table.every, memory_order_relaxed); /* [PF11] */
}

/* The epoch behind this one: neither that of who was never started, nor what is none. */
static uint32_t behind(uint32_t epoch) { return epoch >= MICA_EPOCH_NONE - 1 ? 1 : epoch + 1; }

/* The unwinder's first call is made here, where that can be: so that none is on its way when the process forks. */
void mica_profile_set(uint64_t every) {
  uintptr_t frame;
  if (every != 0) mica_stack(&frame, 1, NULL);
  /* Relaxed: published by the epoch. [PF11] */
  atomic_store_explicit(&mica_profile_table.every, every, memory_order_relaxed);
  uint32_t epoch = atomic_load_explicit(&mica_profile_table.epoch, memory_order_relaxed); /* the CAS decides [PF12] */
  /* Release: pairs with the loads of it. A failure: somebody else has switched, and the next epoch says so. [PF12] */
  while (!atomic_compare_exchange_weak_explicit(&mica_profile_table.epoch, &epoch, behind(epoch), memory_order_release,
                                                memory_order_relaxed)) {
  }
}

/* Relaxed: figures. [PF6] */
static bool restart(mica_site_t* site, void* arg) {
  (void)arg;
  const uint64_t count = atomic_load_explicit(&site->allocated.count, memory_order_relaxed);
  const uint64_t bytes = atomic_load_explicit(&site->allocated.bytes, memory_order_relaxed);
  atomic_store_explicit(&site->reset.count, count, memory_order_relaxed);
  atomic_store_explicit(&site->reset.bytes, bytes, memory_order_relaxed);
  return true;
}

void mica_profile_restart(void) { mica_sites_visit(restart, NULL); }

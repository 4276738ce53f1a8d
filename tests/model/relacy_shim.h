/* relacy_shim.h -- lets the product's headers (C11: _Atomic(T), *_explicit calls, PW_VAR) compile unmodified as C++17 under
 * Relacy (Debian package relacy-dev). Included through shim/stdatomic.h, or as -DPW_SHIM='"relacy_shim.h"'.
 *
 * Relacy switches threads at atomic accesses only, and does not take the end of an object for a write. So a plain field is
 * written when it goes, and each atomic has a plain variable beside it, written when it is made and when it goes, and read
 * at each access: an access that does not happen before the end of its object is then a data race. Constructors must run:
 * no memset, no malloc. */
#ifndef RELACY_SHIM_H
#define RELACY_SHIM_H
#define RL_DO_ASSERT 1
#include <relacy/relacy.hpp>
#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst
#define memory_order_relaxed rl::mo_relaxed
#define memory_order_acquire rl::mo_acquire
#define memory_order_release rl::mo_release
#define memory_order_acq_rel rl::mo_acq_rel
#define memory_order_seq_cst rl::mo_seq_cst
typedef rl::memory_order memory_order;

template <class T> struct shim_atomic {
  rl::var<int> life;
  rl::atomic<T> value;
  shim_atomic() { life($).store(1); }
  ~shim_atomic() { life($).store(0); }
  rl::atomic<T>* at(rl::debug_info const& where) {
    (void)life(where).load();
    return &value;
  }
};
#define _Atomic(T) shim_atomic<T>
#define atomic_load_explicit(p, mo) ((p)->at($)->load((mo), $))
#define atomic_store_explicit(p, v, mo) ((p)->at($)->store((v), (mo), $))
#define atomic_exchange_explicit(p, v, mo) ((p)->at($)->exchange((v), (mo), $))
#define atomic_fetch_or_explicit(p, v, mo) ((p)->at($)->fetch_or((v), (mo), $))
#define atomic_fetch_and_explicit(p, v, mo) ((p)->at($)->fetch_and((v), (mo), $))
#define atomic_fetch_add_explicit(p, v, mo) ((p)->at($)->fetch_add((v), (mo), $))
#define atomic_fetch_sub_explicit(p, v, mo) ((p)->at($)->fetch_sub((v), (mo), $))
#define atomic_compare_exchange_weak_explicit(p, e, d, s, f) \
  ((p)->at($)->compare_exchange_weak(*(e), (d), (s), $, (f), $))
#define atomic_compare_exchange_strong_explicit(p, e, d, s, f) \
  ((p)->at($)->compare_exchange_strong(*(e), (d), (s), $, (f), $))

/* a plain field that threads share: races on it are seen; where it is used nothing changes */
template <class T> struct shim_plain {
  rl::var<T> value;
  shim_plain() {}
  ~shim_plain() { value($).store(T()); }
  operator T() const { return value($).load(); }
  T operator->() const { return value($).load(); }
  T operator=(T x) {
    value($).store(x);
    return x;
  }
  T operator=(shim_plain const& other) {
    T x = other;
    value($).store(x);
    return x;
  }
};
#define PW_VAR(T) shim_plain<T>

/* Those of the usual types are compiled once, optimized, with relacy_search.cpp; the models call them. */
#ifdef SHIM_DEFINES
#define SHIM_EXTERN
#else
#define SHIM_EXTERN extern
#endif
#define SHIM_OF(T) \
  SHIM_EXTERN template class rl::var<T>; \
  SHIM_EXTERN template class rl::generic_atomic<T, false>; \
  SHIM_EXTERN template class rl::atomic<T>; \
  SHIM_EXTERN template struct shim_atomic<T>; \
  SHIM_EXTERN template struct shim_plain<T>;
SHIM_OF(bool) SHIM_OF(int) SHIM_OF(unsigned) SHIM_OF(long) SHIM_OF(unsigned long)
#endif

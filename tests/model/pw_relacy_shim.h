/* pw_relacy_shim.h -- lets page_word.h (C11: _Atomic(T), *_explicit calls, PW_VAR) compile unmodified as C++17 under
 * Relacy (BSD-3, Debian package relacy-dev). Included through -DPW_SHIM='"pw_relacy_shim.h"'. */
#pragma once
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
  rl::atomic<T> a;
  rl::atomic<T>* at() { return &a; }
};
#define _Atomic(T) shim_atomic<T>
#define atomic_load_explicit(p, mo) ((p)->at()->load((mo), $))
#define atomic_store_explicit(p, v, mo) ((p)->at()->store((v), (mo), $))
#define atomic_exchange_explicit(p, v, mo) ((p)->at()->exchange((v), (mo), $))
#define atomic_fetch_or_explicit(p, v, mo) ((p)->at()->fetch_or((v), (mo), $))
#define atomic_fetch_and_explicit(p, v, mo) ((p)->at()->fetch_and((v), (mo), $))
#define atomic_fetch_add_explicit(p, v, mo) ((p)->at()->fetch_add((v), (mo), $))
#define atomic_compare_exchange_weak_explicit(p, e, d, s, f) \
  ((p)->at()->compare_exchange_weak(*(e), (d), (s), $, (f), $))
#define atomic_compare_exchange_strong_explicit(p, e, d, s, f) \
  ((p)->at()->compare_exchange_strong(*(e), (d), (s), $, (f), $))
/* a plain shared field with race detection; no change where it is used */
template <class T> struct shim_plain {
  rl::var<T> v;
  operator T() const { return v($).load(); }
  T operator->() const { return v($).load(); }
  T operator=(T x) {
    v($).store(x);
    return x;
  }
  T operator=(shim_plain const& o) {
    T x = o;
    v($).store(x);
    return x;
  }
};
#define PW_VAR(T) shim_plain<T>

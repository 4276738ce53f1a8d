// api_new.cc -- the functions of mica/new.h with a C++ runtime: the handler loop, std::bad_alloc, and whose heap is whose.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mica.h>
#include <new>

#include "tests/support/check.h"

namespace {

// Volatile, so that the compiler neither judges nor drops a call.
volatile std::size_t impossible = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
volatile std::size_t half = static_cast<std::size_t>(1) << 63;
volatile std::size_t odd = 48;
void* volatile sink;

struct stop {
  int calls;
};

int calls;
mi_heap_t* heap;
void* from_handler;

void throws_at_last() {
  calls++;
  mi_free(from_handler);
  from_handler = mi_malloc(100);
  if (calls == 3) throw stop{calls};
}

void gives_up() {
  if (++calls == 3) std::set_new_handler(nullptr);
}

// How the call ends, with either handler and with none: by the handler's own exception, or by std::bad_alloc.
template <typename F> void ends(F call, int expected_calls) {
  bool thrown = false;
  try {
    call();
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  CHECK(thrown);

  calls = 0;
  thrown = false;
  std::set_new_handler(throws_at_last);
  try {
    call();
  } catch (const stop& s) {
    thrown = s.calls == 3 && expected_calls == 3;
  } catch (const std::bad_alloc&) {
    thrown = expected_calls < 3;
  }
  CHECK(thrown);
  CHECK(calls == expected_calls);
  std::set_new_handler(nullptr);
  if (expected_calls > 0) CHECK(mi_heap_of(from_handler) == mi_heap_main()); // not the heap that was allocated in

  calls = 0;
  thrown = false;
  std::set_new_handler(gives_up);
  try {
    call();
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  CHECK(thrown);
  CHECK(calls == expected_calls);
  std::set_new_handler(nullptr);
}

void failures() {
  ends([] { sink = mi_new(impossible); }, 3);
  ends([] { sink = mi_new_n(impossible, 1); }, 3);
  ends([] { sink = mi_new_n(half, 2); }, 1);
  ends([] { sink = mi_new_aligned(impossible, 64); }, 3);
  ends([] { sink = mi_new_aligned(100, half); }, 3);
  ends([] { sink = mi_new_aligned(100, odd); }, 0);
  ends([] { sink = mi_heap_alloc_new(heap, impossible); }, 3);
  ends([] { sink = mi_heap_alloc_new_n(heap, impossible, 1); }, 3);
  ends([] { sink = mi_heap_try_new(heap, impossible, false); }, 3);
  ends([] { sink = mi_heap_alloc_new_n(heap, half, 2); }, 1);
  unsigned char* const p = static_cast<unsigned char*>(mi_new(1000));
  memset(p, 0x5a, 1000);
  sink = p;
  ends([p] { sink = mi_new_realloc(p, impossible); }, 3);
  ends([p] { sink = mi_new_reallocn(p, impossible, 1); }, 3);
  ends([p] { sink = mi_new_reallocn(p, half, 2); }, 1);
  for (int i = 0; i < 1000; i++) CHECK(p[i] == 0x5a);
  mi_free(p);
}

void nothrow() {
  errno = 0;
  CHECK(mi_new_nothrow(impossible) == nullptr);
  CHECK(errno == ENOMEM);
  CHECK(mi_new_aligned_nothrow(impossible, 64) == nullptr);
  errno = 0;
  CHECK(mi_new_aligned_nothrow(100, odd) == nullptr);
  CHECK(errno == EINVAL);
  calls = 0;
  std::set_new_handler(gives_up);
  CHECK(mi_new_nothrow(impossible) == nullptr);
  CHECK(calls == 3);
  calls = 0;
  std::set_new_handler(gives_up);
  CHECK(mi_new_aligned_nothrow(impossible, 64) == nullptr);
  CHECK(calls == 3);
  calls = 0;
  errno = 0;
  std::set_new_handler(throws_at_last);
  CHECK(mi_new_nothrow(impossible) == nullptr);
  CHECK(calls == 3 && errno == ENOMEM);
  calls = 0;
  std::set_new_handler(gives_up);
  errno = 0;
  CHECK(mi_heap_try_new(heap, impossible, true) == nullptr);
  CHECK(calls == 3 && errno == ENOMEM);
  CHECK(std::get_new_handler() == nullptr);
}

// A handler that makes room: under a limit that mi_new has run into, by giving back what it has put aside.
void* reserve;
void makes_room() {
  calls++;
  mi_free(reserve);
  reserve = nullptr;
}

void mended() {
  const std::size_t most = static_cast<std::size_t>(64) << 20;
  CHECK(mi_heap_set_limit(heap, most));
  reserve = mi_heap_malloc(heap, most / 2);
  CHECK(reserve != nullptr);
  calls = 0;
  std::set_new_handler(makes_room);
  void* const p = mi_heap_alloc_new(heap, most / 4 * 3);
  CHECK(p != nullptr && calls == 1);
  CHECK(mi_heap_contains(heap, p));
  std::set_new_handler(nullptr);
  mi_free(p);
  CHECK(mi_heap_set_limit(heap, 0));
}

} // namespace

int main() {
  heap = mi_heap_new();
  CHECK(heap != nullptr);
  failures();
  nothrow();
  mended();
  mi_free(from_handler);
  mi_heap_destroy(heap);
  SHOWN("api_new: mi_new and its kin call the handler until it is done, and throw");
  return 0;
}

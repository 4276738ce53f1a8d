// new_forms.cc -- the 20 forms of operator new and delete, the new-handler loop, and std::bad_alloc.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <mica.h>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/check.h"

// Declared here because clang does so only with -fsized-deallocation.
void operator delete(void* p, std::size_t size) noexcept;
void operator delete[](void* p, std::size_t size) noexcept;
void operator delete(void* p, std::size_t size, std::align_val_t alignment) noexcept;
void operator delete[](void* p, std::size_t size, std::align_val_t alignment) noexcept;

namespace {

// Volatile, so that the compiler neither judges nor drops a call.
volatile std::size_t impossible = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
volatile std::size_t no_power_of_two = 48;

void use(void* p, std::size_t size, std::size_t alignment) {
  CHECK(p != nullptr);
  CHECK(mi_is_in_heap_region(p));
  CHECK(reinterpret_cast<std::uintptr_t>(p) % alignment == 0);
  CHECK(mi_usable_size(p) >= size);
  memset(p, 0xa5, size);
}

void all_forms(std::size_t size) {
  void* p;
  use(p = ::operator new(size), size, 16);
  ::operator delete(p);
  use(p = ::operator new[](size), size, 16);
  ::operator delete[](p);
  use(p = ::operator new(size), size, 16);
  ::operator delete(p, size);
  use(p = ::operator new[](size), size, 16);
  ::operator delete[](p, size);
  use(p = ::operator new(size, std::nothrow), size, 16);
  ::operator delete(p, std::nothrow);
  use(p = ::operator new[](size, std::nothrow), size, 16);
  ::operator delete[](p, std::nothrow);
}

void all_aligned_forms(std::size_t size, std::size_t alignment) {
  const auto align = static_cast<std::align_val_t>(alignment);
  void* p;
  use(p = ::operator new(size, align), size, alignment);
  ::operator delete(p, align);
  use(p = ::operator new[](size, align), size, alignment);
  ::operator delete[](p, align);
  use(p = ::operator new(size, align), size, alignment);
  ::operator delete(p, size, align);
  use(p = ::operator new[](size, align), size, alignment);
  ::operator delete[](p, size, align);
  use(p = ::operator new(size, align, std::nothrow), size, alignment);
  ::operator delete(p, align, std::nothrow);
  use(p = ::operator new[](size, align, std::nothrow), size, alignment);
  ::operator delete[](p, align, std::nothrow);
}

template <typename F> bool throws_bad_alloc(F f) {
  try {
    f();
  } catch (const std::bad_alloc& e) {
    return std::string(e.what()).find("bad_alloc") != std::string::npos;
  }
  return false;
}

void bad_alloc_is_thrown() {
  const auto page = static_cast<std::align_val_t>(4096);
  const auto odd = static_cast<std::align_val_t>(no_power_of_two);
  void* volatile sink = nullptr;
  CHECK(throws_bad_alloc([&] { sink = ::operator new(impossible); }));
  CHECK(throws_bad_alloc([&] { sink = ::operator new[](impossible); }));
  CHECK(throws_bad_alloc([&] { sink = ::operator new(impossible, page); }));
  CHECK(throws_bad_alloc([&] { sink = ::operator new[](impossible, page); }));
  CHECK(throws_bad_alloc([&] { sink = ::operator new(100, odd); }));
  CHECK(throws_bad_alloc([&] { sink = ::operator new[](100, odd); }));
  CHECK(throws_bad_alloc([&] { sink = new char[impossible]; }));
  CHECK(throws_bad_alloc([&] {
    std::vector<char> v;
    v.resize(impossible - 4096);
    sink = v.data();
  }));
  CHECK(sink == nullptr);
}

void nothrow_gives_null() {
  const auto page = static_cast<std::align_val_t>(4096);
  const auto odd = static_cast<std::align_val_t>(no_power_of_two);
  CHECK(::operator new(impossible, std::nothrow) == nullptr);
  CHECK(::operator new[](impossible, std::nothrow) == nullptr);
  CHECK(::operator new(impossible, page, std::nothrow) == nullptr);
  CHECK(::operator new[](impossible, page, std::nothrow) == nullptr);
  CHECK(::operator new(100, odd, std::nothrow) == nullptr);
  CHECK(::operator new[](100, odd, std::nothrow) == nullptr);
  char* volatile kept = new (std::nothrow) char[impossible];
  CHECK(kept == nullptr);
}

int calls;

// Gives up at the third call, as the standard lets a handler do: by uninstalling itself.
void uninstalls_itself() {
  if (++calls == 3) std::set_new_handler(nullptr);
}

struct Other : std::bad_alloc {};

void throws_another() {
  calls++;
  throw Other();
}

void handler_loop() {
  void* volatile sink = nullptr;
  calls = 0;
  std::set_new_handler(uninstalls_itself);
  CHECK(throws_bad_alloc([&] { sink = ::operator new(impossible); }));
  CHECK(calls == 3);

  calls = 0;
  std::set_new_handler(uninstalls_itself);
  CHECK(::operator new(impossible, std::nothrow) == nullptr);
  CHECK(calls == 3);

  calls = 0;
  std::set_new_handler(throws_another);
  CHECK(::operator new(impossible, std::nothrow) == nullptr);
  CHECK(::operator new[](impossible, static_cast<std::align_val_t>(64), std::nothrow) == nullptr);
  CHECK(calls == 2);

  calls = 0;
  std::set_new_handler(uninstalls_itself);
  CHECK(throws_bad_alloc([&] { sink = ::operator new[](impossible, static_cast<std::align_val_t>(64)); }));
  CHECK(calls == 3);

  calls = 0;
  bool caught = false;
  std::set_new_handler(throws_another);
  try {
    sink = ::operator new(impossible);
  } catch (const Other&) {
    caught = true;
  }
  CHECK(caught && calls == 1);
  std::set_new_handler(nullptr);
  CHECK(sink == nullptr);
}

// An alignment that is no power of two cannot be met by any handler: none is called.
void no_handler_for_a_bad_alignment() {
  calls = 0;
  std::set_new_handler(uninstalls_itself);
  CHECK(::operator new(100, static_cast<std::align_val_t>(no_power_of_two), std::nothrow) == nullptr);
  CHECK(calls == 0);
  std::set_new_handler(nullptr);
}

} // namespace

int main() {
  for (const std::size_t size : {0, 1, 8, 16, 24, 100, 1000, 4096, 100000, 5000000}) {
    all_forms(size);
    for (std::size_t alignment = 1; alignment <= 1 << 20; alignment *= 2) all_aligned_forms(size, alignment);
  }
  bad_alloc_is_thrown();
  nothrow_gives_null();
  handler_loop();
  no_handler_for_a_bad_alignment();
  SHOWN("new_forms: all 20 operators, the new-handler loop and std::bad_alloc are as the standard says");
  return 0;
}

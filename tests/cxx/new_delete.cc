// new_delete.cc -- a program that has its own operators new and delete, those of mimalloc-new-delete.h.
#include "../support/check.h"

#include <cstdint>
#include <mimalloc-new-delete.h>
#include <string>
#include <vector>

namespace {

template <class T> void objects() {
  T* const one = new T();
  T* const many = new T[100]();
  T* const maybe = new (std::nothrow) T();
  T* const maybe_many = new (std::nothrow) T[10]();
  for (void* p :
       {static_cast<void*>(one), static_cast<void*>(many), static_cast<void*>(maybe), static_cast<void*>(maybe_many)}) {
    CHECK(mi_is_in_heap_region(p));
  }
  CHECK(reinterpret_cast<std::uintptr_t>(one) % alignof(T) == 0);
  delete one;
  delete[] many;
  delete maybe;
  delete[] maybe_many;
  T* volatile by_sizes = static_cast<T*>(::operator new(sizeof(T)));
  ::operator delete(by_sizes, sizeof(T));
  by_sizes = static_cast<T*>(::operator new[](2 * sizeof(T)));
  ::operator delete[](by_sizes, 2 * sizeof(T));
}

#if defined(__cpp_aligned_new)
struct alignas(512) Wide {
  char bytes[512];
};
#else
typedef double Wide;
#endif

} // namespace

int main() {
  objects<char>();
  objects<std::string>();
  objects<Wide>();
  std::vector<std::string> words(1000, "a word that is too long to be kept in place");
  CHECK(words.size() == 1000 && words[999] == words[0] && mi_is_in_heap_region(words[999].data()));
  volatile std::size_t impossible = std::size_t(1) << 60;
  bool thrown = false;
  try {
    ::operator delete(::operator new(impossible));
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  CHECK(thrown && ::operator new(impossible, std::nothrow) == nullptr);
  SHOWN("new_delete: ok");
  return 0;
}

// own_operators.cc -- a program that replaces one operator new and the delete that goes with it: NEW, NEW_ARRAY, NEW_ALIGNED
// or NEW_ARRAY_ALIGNED says which. Every other has its blocks from there, and gives them back there, if C++ says that it is
// made of that one; else they come from mica and go back to mica.
//
// usage: own_operators mica|any: whose malloc it is to be; prints "ok", or what is wrong.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <unistd.h>

[[noreturn]] static void fail(const char* what, const char* form) {
  dprintf(STDOUT_FILENO, "FAIL %s: %s\n", form, what);
  _exit(1);
}

// ---- the program's own: a mark stands before each block ----

static const uint64_t mark = 0x0123456789abcdef;
enum { BEFORE = 64 };
static size_t made, freed;
static bool failing;

static uint64_t* mark_of(void* p) { return reinterpret_cast<uint64_t*>(static_cast<char*>(p) - BEFORE); }

static void* make(size_t size) {
  if (failing) throw 42;
  char* const p = static_cast<char*>(aligned_alloc(BEFORE, (size + 2 * BEFORE - 1) / BEFORE * BEFORE));
  if (p == nullptr) throw std::bad_alloc();
  memcpy(p, &mark, sizeof mark);
  made++;
  return p + BEFORE;
}

static void give(void* p) {
  if (p == nullptr) return;
  if (*mark_of(p) != mark) fail("the program's delete is given a block that its new did not make", "delete");
  *mark_of(p) = 0;
  freed++;
  free(mark_of(p));
}

using wide_t = std::align_val_t;
#if defined(NEW)
void* operator new(size_t size) { return make(size); }
void operator delete(void* p) noexcept { give(p); }
#elif defined(NEW_ARRAY)
void* operator new[](size_t size) { return make(size); }
void operator delete[](void* p) noexcept { give(p); }
#elif defined(NEW_ALIGNED)
void* operator new(size_t size, wide_t) { return make(size); }
void operator delete(void* p, wide_t) noexcept { give(p); }
#elif defined(NEW_ARRAY_ALIGNED)
void* operator new[](size_t size, wide_t) { return make(size); }
void operator delete[](void* p, wide_t) noexcept { give(p); }
#endif
#if defined(NEW)
enum { PLAIN = 1, ARRAY = 1, ALIGNED = 0, ARRAY_ALIGNED = 0 };
#elif defined(NEW_ARRAY)
enum { PLAIN = 0, ARRAY = 1, ALIGNED = 0, ARRAY_ALIGNED = 0 };
#elif defined(NEW_ALIGNED)
enum { PLAIN = 0, ARRAY = 0, ALIGNED = 1, ARRAY_ALIGNED = 1 };
#elif defined(NEW_ARRAY_ALIGNED)
enum { PLAIN = 0, ARRAY = 0, ALIGNED = 0, ARRAY_ALIGNED = 1 };
#endif

// ---- cases ----

static bool (*is_micas)(const void*);
static volatile size_t small = 100; // no compiler sees that nobody uses the block

// A block made and given back: by the program's own, or by nobody's of the program.
template <typename M, typename G> static void pair(const char* form, bool own, M makes, G gives) {
  for (int round = 0; round < 3; round++) { // the first time mica has a look
    const size_t made_before = made, freed_before = freed;
    void* const p = makes();
    if (p == nullptr) fail("no block", form);
    memset(p, round, small);
    if (is_micas != nullptr && !is_micas(p)) fail("it is not in mica's memory", form);
    gives(p);
    if (made - made_before != own) fail("the block is made by another one", form);
    if (freed - freed_before != own) fail("the block is given back to another one", form);
  }
}

static void pairs() {
  const wide_t wide = wide_t(64);
  const std::nothrow_t& none = std::nothrow;
  const auto plain = [] { return ::operator new(small); };
  const auto quiet = [&] { return ::operator new(small, none); };
  const auto array = [] { return ::operator new[](small); };
  const auto array_quiet = [&] { return ::operator new[](small, none); };
  pair("new, delete", PLAIN, plain, [](void* p) { ::operator delete(p); });
  pair("new, sized delete", PLAIN, plain, [](void* p) { ::operator delete(p, small); });
  pair("nothrow new, nothrow delete", PLAIN, quiet, [&](void* p) { ::operator delete(p, none); });
  pair("new[], delete[]", ARRAY, array, [](void* p) { ::operator delete[](p); });
  pair("new[], sized delete[]", ARRAY, array, [](void* p) { ::operator delete[](p, small); });
  pair("nothrow new[], nothrow delete[]", ARRAY, array_quiet, [&](void* p) { ::operator delete[](p, none); });

  const auto aligned = [&] { return ::operator new(small, wide); };
  const auto aligned_quiet = [&] { return ::operator new(small, wide, none); };
  const auto aligned_array = [&] { return ::operator new[](small, wide); };
  const auto aligned_array_quiet = [&] { return ::operator new[](small, wide, none); };
  pair("aligned new", ALIGNED, aligned, [&](void* p) { ::operator delete(p, wide); });
  pair("aligned new, sized", ALIGNED, aligned, [&](void* p) { ::operator delete(p, small, wide); });
  pair("aligned nothrow new", ALIGNED, aligned_quiet, [&](void* p) { ::operator delete(p, wide, none); });
  pair("aligned new[]", ARRAY_ALIGNED, aligned_array, [&](void* p) { ::operator delete[](p, wide); });
  pair("aligned new[], sized", ARRAY_ALIGNED, aligned_array, [&](void* p) { ::operator delete[](p, small, wide); });
  pair("aligned nothrow new[]", ARRAY_ALIGNED, aligned_array_quiet,
       [&](void* p) { ::operator delete[](p, wide, none); });
}

// What the program's own throws, whatever it is, does not come out of a nothrow form.
static void failures() {
  const wide_t wide = wide_t(64);
  failing = true;
  try {
    void* const p[] = {::operator new(small, std::nothrow), ::operator new[](small, std::nothrow),
                       ::operator new(small, wide, std::nothrow), ::operator new[](small, wide, std::nothrow)};
    if ((p[0] == nullptr) != PLAIN || (p[1] == nullptr) != ARRAY || (p[2] == nullptr) != ALIGNED ||
        (p[3] == nullptr) != ARRAY_ALIGNED)
      fail("a block where there is none, or none where there is one", "nothrow forms");
  } catch (...) {
    fail("it throws", "nothrow forms");
  }
  failing = false;
}

extern "C" __attribute__((weak)) bool mi_is_in_heap_region(const void* p);

int main(int count, char** arguments) {
  if (count == 2 && strcmp(arguments[1], "mica") == 0) {
    is_micas = mi_is_in_heap_region;
    if (is_micas == nullptr) fail("there is no mica", "own_operators");
  }
  pairs();
  // The C++ runtime beside the program may not catch everything: only mica's nothrow forms are asked.
  if (is_micas != nullptr) failures();
  puts("ok");
}

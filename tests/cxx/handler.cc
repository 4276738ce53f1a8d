// handler.cc -- the new-handler's loop under every way to allocate, as the SGI first-level allocator had it: the handler is
// called and the allocation tried again, as often as it takes; without a handler std::bad_alloc comes.
//
// Memory runs out at a limit of address space. The handler owns a reserve of many pieces and frees one at each call.
#include "../support/check.h"

#include <cstdio>
#include <cstdlib>
#include <mica.h>
#include <new>
#include <sys/resource.h>
#include <unistd.h>

namespace {

constexpr std::size_t kMiB = std::size_t(1) << 20;
constexpr std::size_t kPiece = 40 * kMiB; // larger than any page that is shared
constexpr int kPieces = 8;
void* reserve[kPieces];
void* blocks[100];
int left, calls;

void fill_reserve() {
  for (left = 0; left < kPieces; left++) CHECK((reserve[left] = mi_malloc(kPiece)) != nullptr);
  calls = 0;
}

void free_a_piece() {
  calls++;
  if (left == 0) {
    std::set_new_handler(nullptr);
    return;
  }
  mi_free(reserve[--left]);
}

void limit_address_space(rlim_t size) {
  rlimit limit;
  CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
  limit.rlim_cur = size;
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

rlim_t address_space() {
  char text[64] = {};
  FILE* const file = fopen("/proc/self/statm", "r");
  CHECK(file != nullptr && fread(text, 1, sizeof text - 1, file) > 0);
  fclose(file);
  return rlim_t(strtoul(text, nullptr, 10)) * rlim_t(sysconf(_SC_PAGESIZE));
}

struct alignas(4096) Page {
  char bytes[4096];
};

// Allocates so many bytes in one way; mi_free gives them back.
typedef void* allocate_t(std::size_t size);

mi_heap_t* heap;

template <class T, class A> void* by(A allocator, std::size_t size) { return allocator.allocate(size / sizeof(T)); }

const struct {
  const char* name;
  allocate_t* allocate;
} ways[] = {
    {"operator new", [](std::size_t size) { return ::operator new(size); }},
    {"mi_new", [](std::size_t size) { return mi_new(size); }},
    {"mi_new_n", [](std::size_t size) { return mi_new_n(size / 16, 16); }},
    {"mi_new_aligned", [](std::size_t size) { return mi_new_aligned(size, 4096); }},
    {"mi_heap_alloc_new", [](std::size_t size) { return mi_heap_alloc_new(heap, size); }},
    {"mi_stl_allocator", [](std::size_t size) { return by<int>(mi_stl_allocator<int>(), size); }},
    {"mi_stl_allocator, aligned", [](std::size_t size) { return by<Page>(mi_stl_allocator<Page>(), size); }},
    {"mi_heap_stl_allocator", [](std::size_t size) { return by<int>(mi_heap_stl_allocator<int>(heap), size); }},
    {"mi_heap_stl_allocator, aligned",
     [](std::size_t size) { return by<Page>(mi_heap_stl_allocator<Page>(heap), size); }},
    {"mi_heap_destroy_stl_allocator",
     [](std::size_t size) { return by<int>(mi_heap_destroy_stl_allocator<int>(heap), size); }},
};

// Blocks until no more can be had: from some time on each needs the handler, then the reserve is used up and the handler takes
// itself out. The pieces that it freed became blocks, but for one or two: an allocator takes a little for itself.
void loop(allocate_t* allocate) {
  std::size_t made = 0, helped = 0;
  bool thrown = false;
  fill_reserve();
  limit_address_space(address_space() + 8 * kMiB);
  std::set_new_handler(free_a_piece);
  while (!thrown) {
    const int before = calls;
    try {
      char* const p = static_cast<char*>(allocate(kPiece));
      CHECK(p != nullptr && mi_is_in_heap_region(p) && made < sizeof blocks / sizeof blocks[0]);
      p[0] = p[kPiece - 1] = 1;
      blocks[made++] = p;
      helped += calls != before;
    } catch (const std::bad_alloc&) {
      thrown = true;
    }
  }
  CHECK(left == 0 && calls == kPieces + 1 && helped >= kPieces - 2 && std::get_new_handler() == nullptr);
  while (made > 0) mi_free(blocks[--made]);
  limit_address_space(RLIM_INFINITY);
}

// Many failures in a row, each after a handler that gives up: nothing is lost by them, and the next allocation works.
void many(allocate_t* allocate) {
  volatile std::size_t impossible = std::size_t(1) << 60;
  for (int i = 0; i < 1000; i++) {
    bool thrown = false;
    left = calls = 0;
    std::set_new_handler(i % 2 == 0 ? free_a_piece : nullptr);
    try {
      allocate(impossible);
    } catch (const std::bad_alloc&) {
      thrown = true;
    }
    CHECK(thrown && calls == (i % 2 == 0));
  }
  void* const p = allocate(65536);
  CHECK(p != nullptr && mi_usable_size(p) >= 65536);
  mi_free(p);
}

// The forms that throw nothing call the handler, too, and return a null pointer in the end.
void nothrow() {
  volatile std::size_t impossible = std::size_t(1) << 60;
  left = calls = 0;
  std::set_new_handler(free_a_piece);
  CHECK(mi_new_nothrow(impossible) == nullptr && calls == 1);
  std::set_new_handler(free_a_piece);
  CHECK(mi_new_aligned_nothrow(impossible, 64) == nullptr && calls == 2);
  CHECK(std::get_new_handler() == nullptr);
}

} // namespace

int main() {
  heap = mi_heap_new();
  CHECK(heap != nullptr);
  for (const auto& way : ways) {
    loop(way.allocate);
    many(way.allocate);
  }
  nothrow();
  mi_heap_delete(heap);
  SHOWN("handler: ok");
  return 0;
}

// two_level.cc -- mi_two_level_allocator: when it takes blocks from the heap and when it gives them back, counted by the
// linker's --wrap of mi_malloc, mi_heap_malloc, mi_malloc_aligned and mi_free; its handler; and that nothing is left over,
// after the last object of static storage. For each standard from C++11 on.
#include "../support/check.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <mica.h>
#include <thread>
#include <vector>

extern "C" {
void* __real_mi_malloc(std::size_t size) noexcept;
void* __real_mi_heap_malloc(mi_heap_t* heap, std::size_t size) noexcept;
void* __real_mi_malloc_aligned(std::size_t size, std::size_t alignment) noexcept;
void __real_mi_free(void* p) noexcept;
void* __wrap_mi_malloc(std::size_t size) noexcept;
void* __wrap_mi_heap_malloc(mi_heap_t* heap, std::size_t size) noexcept;
void* __wrap_mi_malloc_aligned(std::size_t size, std::size_t alignment) noexcept;
void __wrap_mi_free(void* p) noexcept;
}

namespace {

std::atomic<long> taken(0), given_back(0);
std::atomic<std::size_t> last_size(0), last_alignment(0);
std::atomic<long> before_failures(-1); // so many blocks can yet be had; negative: any number

bool fails() {
  if (before_failures < 0) return false;
  if (before_failures == 0) return true;
  before_failures--;
  return false;
}

} // namespace

void* __wrap_mi_malloc(std::size_t size) noexcept {
  if (fails()) return nullptr;
  taken++, last_size = size;
  return __real_mi_malloc(size);
}

void* __wrap_mi_heap_malloc(mi_heap_t* heap, std::size_t size) noexcept {
  if (fails()) return nullptr;
  taken++, last_size = size;
  return __real_mi_heap_malloc(heap, size);
}

void* __wrap_mi_malloc_aligned(std::size_t size, std::size_t alignment) noexcept {
  if (fails()) return nullptr;
  taken++, last_size = size, last_alignment = alignment;
  return __real_mi_malloc_aligned(size, alignment);
}

void __wrap_mi_free(void* p) noexcept {
  given_back++;
  __real_mi_free(p);
}

namespace {

// The last object of all to be destroyed: everything has been given back.
struct Last {
  ~Last() {
    CHECK(taken > 0 && taken == given_back);
    SHOWN("two_level: ok");
  }
} last;

typedef mi_two_level_allocator<char> Chars;
typedef std::map<int, int, std::less<int>, mi_two_level_allocator<std::pair<const int, int>>> Map;

Map of_static_storage;
thread_local Map of_the_thread;

void fill(Map* map) {
  for (int i = 0; i < 100; i++) (*map)[i] = i;
}

// How many blocks f took, or gave back.
template <class F> long counted(const std::atomic<long>& which, F f) {
  const long before = which;
  f();
  return which - before;
}

// Each class of sizes is filled by twenty, with blocks as large as its largest size; above 128 bytes each block is the heap's.
void levels() {
  char* blocks[21];
  for (std::size_t size = 0; size <= 128; size++) {
    const std::size_t whole = size == 0 ? 8 : (size + 7) / 8 * 8;
    mi_two_level_collect();
    for (int i = 0; i < 21; i++) {
      const long expected = i % 20 == 0 ? 20 : 0;
      CHECK(counted(taken, [&] { blocks[i] = Chars().allocate(size); }) == expected);
      CHECK(last_size == whole && mi_usable_size(blocks[i]) >= whole &&
            reinterpret_cast<std::uintptr_t>(blocks[i]) % 16 == 0);
      memset(blocks[i], i, size);
    }
    for (int i = 0; i < 21; i++) {
      for (std::size_t k = 0; k < size; k++) CHECK(blocks[i][k] == i);
      CHECK(counted(given_back, [&] { Chars().deallocate(blocks[i], size); }) == 0);
    }
    CHECK(counted(given_back, [] { mi_two_level_collect(); }) == 40);
    CHECK(counted(given_back, [] { mi_two_level_collect(); }) == 0);
  }
  for (std::size_t size = 129; size < 200000; size *= 3) {
    CHECK(counted(taken, [&] { blocks[0] = Chars().allocate(size); }) == 1 && last_size == size);
    CHECK(counted(given_back, [&] { Chars().deallocate(blocks[0], size); }) == 1);
  }
}

// What is in the lists outlives the heap that the thread allocated in when they were filled; so does what the C library keeps
// for the thread's end.
void another_default() {
  std::thread([] {
    mi_heap_t* const heap = mi_heap_new();
    mi_heap_t* const before = mi_heap_set_default(heap);
    char* const p = Chars().allocate(24);
    CHECK(mi_heap_of(p) == mi_heap_main());
    Chars().deallocate(p, 24);
    CHECK(mi_heap_get_default() == heap && mi_heap_get_used(heap) == 0);
    mi_heap_set_default(before);
    mi_heap_destroy(heap);
    char* blocks[20];
    for (char*& block : blocks) CHECK(mi_heap_of(block = Chars().allocate(24)) == mi_heap_main());
    for (char* block : blocks) Chars().deallocate(block, 24);
  }).join();
}

// The list of a class is that of all types; a list of more than forty gives twenty back.
void bound() {
  mi_two_level_allocator<double> doubles;
  mi_two_level_allocator<std::pair<char, std::uint64_t>> pairs;
  double* blocks[60];
  CHECK(counted(taken, [&] {
          for (double*& p : blocks) p = doubles.allocate(2);
        }) == 60);
  for (int i = 0; i < 60; i++) {
    const long expected = i == 40 ? 20 : 0; // 41 become 21
    CHECK(counted(given_back, [&] { doubles.deallocate(blocks[i], 2); }) == expected);
  }
  CHECK(counted(taken, [&] {
          for (double*& p : blocks) p = reinterpret_cast<double*>(pairs.allocate(1));
        }) == 20);
  for (double* p : blocks) pairs.deallocate(reinterpret_cast<std::pair<char, std::uint64_t>*>(p), 1);
  mi_two_level_collect();
  CHECK(taken == given_back);
}

template <std::size_t N> struct alignas(N) Aligned { char bytes[N]; };

template <std::size_t N> void aligned(std::size_t count, bool listed) {
  mi_two_level_allocator<Aligned<N>> allocator;
  Aligned<N>* p = nullptr;
  last_alignment = 0;
  CHECK(counted(taken, [&] { p = allocator.allocate(count); }) == (listed ? 20 : 1));
  CHECK(reinterpret_cast<std::uintptr_t>(p) % N == 0 && last_alignment == (N > 16 ? N : 0));
  memset(p, 1, sizeof(Aligned<N>) * count);
  CHECK(counted(given_back, [&] { allocator.deallocate(p, count); }) == (listed ? 0 : 1));
  mi_two_level_collect();
  CHECK(taken == given_back);
}

// ---- no memory ----

int calls;
void* of_the_handler;
struct Stop {};

// Helps at its third call; allocates by the same lists itself.
void helps_at_last() {
  if (++calls < 3) return;
  before_failures = 25;
  of_the_handler = Chars().allocate(24);
}

void throws() {
  calls++;
  throw Stop();
}

template <class E> bool throws_in(std::size_t size) {
  try {
    Chars().deallocate(Chars().allocate(size), size);
  } catch (const E&) {
    return true;
  }
  return false;
}

void handler() {
  char* p = nullptr;
  CHECK(mi_two_level_set_oom_handler(helps_at_last) == nullptr);
  for (const std::size_t size : {24, 1000}) {
    calls = 0, before_failures = 0;
    p = Chars().allocate(size);
    CHECK(p != nullptr && of_the_handler != nullptr && p != of_the_handler && calls == 3);
    before_failures = -1;
    memset(of_the_handler, 1, 24);
    memset(p, 2, size);
    Chars().deallocate(static_cast<char*>(of_the_handler), 24);
    Chars().deallocate(p, size);
    mi_two_level_collect();
    CHECK(taken == given_back);
  }
  CHECK(mi_two_level_set_oom_handler(throws) == helps_at_last);
  for (const std::size_t size : {24, 1000}) {
    calls = 0, before_failures = 0;
    CHECK(throws_in<Stop>(size) && calls == 1);
    CHECK(mi_two_level_set_oom_handler(nullptr) == throws && throws_in<std::bad_alloc>(size) && calls == 1);
    CHECK(mi_two_level_set_oom_handler(throws) == nullptr);
  }
  // A fill that gets less than twenty needs no help, and keeps what it got.
  before_failures = 5;
  CHECK(counted(taken, [&] { p = Chars().allocate(40); }) == 5 && calls == 1);
  before_failures = -1;
  char* others[4];
  CHECK(counted(taken, [&] {
          for (char*& other : others) other = Chars().allocate(40);
        }) == 0);
  Chars().deallocate(p, 40);
  for (char* other : others) Chars().deallocate(other, 40);
  mi_two_level_collect();
  CHECK(taken == given_back && mi_two_level_set_oom_handler(nullptr) == throws);
}

// ---- threads ----

// What one thread allocated goes to the list of the one that deallocates it; a thread's end gives its lists back, and what its
// own objects deallocate still later, too.
void threads() {
  std::vector<char*> blocks(30);
  std::thread([&] {
    CHECK(counted(taken, [&] {
            for (char*& p : blocks) p = Chars().allocate(64);
          }) == 40);
    fill(&of_the_thread); // constructed after the lists were first used
  }).join();
  CHECK(taken - given_back == 30);
  CHECK(counted(given_back, [&] {
          for (char* p : blocks) Chars().deallocate(p, 64);
        }) == 0);
  CHECK(counted(taken, [&] {
          for (char*& p : blocks) p = Chars().allocate(64);
        }) == 0);
  std::thread([&] {
    of_the_thread.clear(); // constructed before the lists are used, so destroyed after them
    fill(&of_the_thread);
    for (char* p : blocks) Chars().deallocate(p, 64);
  }).join();
  mi_two_level_collect();
  CHECK(taken == given_back);
}

static_assert(std::is_empty<Chars>::value && Chars::is_always_equal::value, "no state");
static_assert(std::is_nothrow_default_constructible<Chars>::value, "making one throws nothing");
static_assert(noexcept(std::declval<Chars&>().deallocate(nullptr, 1)), "nor does giving back");
static_assert(noexcept(mi_two_level_set_oom_handler(nullptr)) && noexcept(mi_two_level_collect()), "nor do these");

} // namespace

int main() {
  another_default();
  levels();
  bound();
  aligned<8>(16, true);
  aligned<16>(8, true);
  aligned<16>(9, false);
  aligned<32>(1, false);
  aligned<4096>(3, false);
  handler();
  threads();
  CHECK(counted(taken, [] { fill(&of_static_storage); }) == 100);
  fill(&of_the_thread);
  return 0;
}

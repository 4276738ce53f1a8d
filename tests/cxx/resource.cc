// resource.cc -- mi_heap_memory_resource under the polymorphic containers. For C++17 and later.
#include "../support/check.h"

#include <cstdint>
#include <list>
#include <map>
#include <memory_resource>
#include <mica.h>
#include <new>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

void containers(mi_heap_memory_resource* resource) {
  mi_heap_t* const heap = resource->heap();
  std::pmr::vector<std::pmr::string> words(resource);
  for (int i = 0; i < 1000; i++) words.emplace_back(100 + i, 'a');
  std::size_t letters = 0;
  for (const auto& word : words) {
    letters += word.size();
    CHECK(mi_heap_contains(heap, word.data()));
  }
  CHECK(letters == 599500 && mi_heap_contains(heap, words.data()));
  std::pmr::map<int, std::pmr::list<int>> lists(resource);
  std::pmr::unordered_map<int, int> sums(resource);
  for (int i = 0; i < 1000; i++) lists[i % 10].push_back(i), sums[i % 10] += i;
  for (const auto& [key, list] : lists) {
    int sum = 0;
    for (const int& i : list) {
      sum += i;
      CHECK(mi_heap_contains(heap, &i));
    }
    CHECK(list.size() == 100 && sum == sums.at(key) && sum == 49500 + 100 * key);
  }
}

void alignments(std::pmr::memory_resource* resource) {
  for (std::size_t alignment = 1; alignment <= 1 << 20; alignment *= 2) {
    for (const std::size_t size : {0, 1, 100, 5000, 300000}) {
      void* const p = resource->allocate(size, alignment);
      CHECK(p != nullptr && reinterpret_cast<std::uintptr_t>(p) % alignment == 0 && mi_usable_size(p) >= size);
      memset(p, 0xa5, size);
      resource->deallocate(p, size, alignment);
    }
  }
}

template <class F> bool throws_bad_alloc(F f) {
  try {
    f();
  } catch (const std::bad_alloc&) {
    return true;
  }
  return false;
}

int calls;

void give_up() {
  calls++;
  std::set_new_handler(nullptr);
}

void failures(std::pmr::memory_resource* resource) {
  volatile std::size_t impossible = std::size_t(1) << 60;
  for (const std::size_t alignment : {8, 64, 4096}) {
    calls = 0;
    std::set_new_handler(give_up);
    CHECK(throws_bad_alloc([&] { (void)resource->allocate(impossible, alignment); }) && calls == 1);
    CHECK(throws_bad_alloc([&] { (void)resource->allocate(impossible, alignment); }) && calls == 1);
  }
}

void equality() {
  mi_heap_t* const heap = mi_heap_new();
  mi_heap_memory_resource a(heap), same(heap), own;
  CHECK(a.heap() == heap && own.heap() != heap && own.heap() != nullptr);
  CHECK(a == a && a == same && a != own && a != *std::pmr::new_delete_resource());
  std::pmr::vector<int> from(100, 7, &a);
  const int* const block = from.data();
  std::pmr::vector<int> to(std::move(from), &same), copied(to, &own);
  CHECK(to.data() == block && copied.data() != block && mi_heap_contains(own.heap(), copied.data()) && copied[99] == 7);
  to.clear(), to.shrink_to_fit();
  mi_heap_destroy(heap);
}

} // namespace

int main() {
  {
    mi_heap_memory_resource resource;
    containers(&resource);
    alignments(&resource);
    failures(&resource);
    // Any thread, at the same time.
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++) threads.emplace_back(containers, &resource);
    for (auto& thread : threads) thread.join();
    // What is left over goes with the resource.
    memset(resource.allocate(100000), 1, 100000);
  }
  equality();
  SHOWN("resource: ok");
  return 0;
}

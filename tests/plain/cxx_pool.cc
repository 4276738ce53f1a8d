// cxx_pool.cc -- C++ on pools: the polymorphic containers on mi_pool_memory_resource, the others with mi_two_level_allocator,
// in several threads that hand their containers on. Contents, and what is in use before and after.

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <mica.h>
#include <mutex>
#include <new>
#include <queue>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../support/check.h"

namespace {

constexpr int kThreads = 4;

template <class F> void by_threads(F f) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; i++) threads.emplace_back(f, i);
  for (auto& thread : threads) thread.join();
}

template <class F> bool throws_bad_alloc(F f) {
  try {
    f();
  } catch (const std::bad_alloc&) {
    return true;
  }
  return false;
}

// ---- over a pool ----

mi_pool_stat_t figures(const mi_pool_memory_resource& resource) {
  mi_pool_stat_t stat;
  mi_pool_stat(resource.pool(), &stat);
  return stat;
}

// What a request builds; all of it goes with the containers.
void polymorphic(std::pmr::memory_resource* resource, int seed) {
  std::pmr::map<std::pmr::string, std::pmr::vector<int>> lists(resource);
  std::pmr::unordered_map<int, std::pmr::list<long>> hashed(resource);
  std::pmr::deque<std::pmr::string> words(resource);
  for (int i = 0; i < 1000; i++) {
    const int key = (i * 7 + seed) % 50;
    lists[std::pmr::string(static_cast<std::size_t>(20 + key), 'k')].push_back(i);
    hashed[key].push_front(i + seed);
    words.emplace_back(static_cast<std::size_t>(i % 300), static_cast<char>('a' + (i + seed) % 26));
  }
  CHECK(lists.size() == 50 && hashed.size() == 50 && words.size() == 1000);
  for (const auto& [name, list] : lists) {
    const int key = static_cast<int>(name.size()) - 20;
    CHECK(list.size() == 20 && list.get_allocator().resource() == resource);
    for (const int i : list) CHECK((i * 7 + seed) % 50 == key);
    const std::pmr::list<long>& same = hashed.at(key);
    auto at = list.rbegin();
    for (const long i : same) CHECK(i == *at++ + seed);
  }
  for (int i = 0; i < 1000; i++) {
    const std::pmr::string& word = words[static_cast<std::size_t>(i)];
    CHECK(word.size() == static_cast<std::size_t>(i % 300));
    CHECK(word.find_first_not_of(static_cast<char>('a' + (i + seed) % 26)) == word.npos);
  }
}

void resources() {
  mi_pool_memory_resource own, large_blocks(32768);
  for (mi_pool_memory_resource* resource : {&own, &large_blocks}) {
    polymorphic(resource, 1);
    CHECK(figures(*resource).live == 0 && figures(*resource).large == 0);
    by_threads([resource](int i) { polymorphic(resource, i); });
    CHECK(figures(*resource).live == 0 && figures(*resource).large == 0);
  }
  CHECK(own != large_blocks && own == own && own != *std::pmr::new_delete_resource());

  mi_pool_t* const pool = mi_pool_create(0);
  CHECK(pool != nullptr);
  {
    mi_pool_memory_resource given(pool), same(pool);
    CHECK(given == same && given != own && given.pool() == pool);
    std::pmr::vector<int> from(100, 7, &given);
    const int* const block = from.data();
    std::pmr::vector<int> to(std::move(from), &same), copied(to, &own);
    CHECK(to.data() == block && to.size() == 100 && to[99] == 7 && copied == to && copied.data() != block);
    CHECK(figures(given).live == 1 && figures(own).live == 1);
  }
  CHECK(mi_pool_alloc(pool, 100) != nullptr); // is still there, and the caller's
  mi_pool_destroy(pool);
}

void alignments() {
  mi_pool_memory_resource resource;
  for (std::size_t alignment = 1; alignment <= 1 << 16; alignment *= 2) {
    for (const std::size_t size : {0, 1, 100, 5000, 100000}) {
      void* const p = resource.allocate(size, alignment);
      CHECK(p != nullptr && reinterpret_cast<std::uintptr_t>(p) % alignment == 0);
      memset(p, 0xa5, size);
      if (size != 100) resource.deallocate(p, size, alignment);
    }
  }
  CHECK(figures(resource).live + figures(resource).large == 17);
}

int cleanups_run;

// What is released is used again, so a pool does not grow by requests that are alike.
void released() {
  mi_pool_memory_resource resource;
  std::size_t held = 0;
  for (int round = 0; round < 200; round++) {
    void* const room = resource.allocate(sizeof(std::pmr::vector<std::pmr::string>));
    auto* const words = new (room) std::pmr::vector<std::pmr::string>(&resource);
    for (int i = 0; i < 300; i++) words->emplace_back(100, 'x');
    mi_pool_cleanup_t* const c = mi_pool_cleanup_add(resource.pool(), 0);
    CHECK(c != nullptr);
    c->handler = [](void*) { cleanups_run++; };
    resource.release(); // nobody calls the destructors, as in a server
    CHECK(cleanups_run == round + 1 && figures(resource).live == 0 && figures(resource).large == 0);
    if (round == 3) held = figures(resource).block_bytes;
  }
  CHECK(held > 0 && figures(resource).block_bytes == held);
}

mi_pool_t* limited;
int calls;

void raises_the_limit() {
  calls++;
  mi_pool_set_limit(limited, 0);
}

void gives_up() {
  calls++;
  std::set_new_handler(nullptr);
}

// A pool's limit is met by std::bad_alloc, after the new-handler.
void limits() {
  for (const std::size_t alignment : {8, 4096}) {
    mi_pool_memory_resource resource;
    limited = resource.pool();
    mi_pool_set_limit(limited, 1 << 20);
    std::pmr::list<std::pmr::string> words(&resource);
    CHECK(throws_bad_alloc([&] {
      for (;;) words.emplace_back(1000, 'y');
    }));
    CHECK(words.size() > 500 && words.size() < 1050 && words.back().size() == 1000);
    CHECK(mi_pool_get_used(limited) <= 1 << 20);
    calls = 0;
    std::set_new_handler(gives_up);
    CHECK(throws_bad_alloc([&] { (void)resource.allocate(2 << 20, alignment); }) && calls == 1);
    std::set_new_handler(raises_the_limit);
    void* const p = resource.allocate(2 << 20, alignment);
    CHECK(p != nullptr && reinterpret_cast<std::uintptr_t>(p) % alignment == 0 && calls == 2);
    resource.deallocate(p, 2 << 20, alignment);
    std::set_new_handler(gives_up);
    volatile std::size_t impossible = std::size_t(1) << 60;
    CHECK(throws_bad_alloc([&] { (void)resource.allocate(impossible, alignment); }) && calls == 3);
    CHECK(std::get_new_handler() == nullptr);
  }
  CHECK(throws_bad_alloc([] { mi_pool_memory_resource too_large(std::size_t(1) << 40); }));
}

// A group's pool, shared by tasks that run in threads of their own.
void in_a_group() {
  mi_pool_group_t* const group = mi_pool_group_create(2);
  CHECK(group != nullptr);
  by_threads([group](int i) {
    for (int round = 0; round < 10; round++) {
      mi_pool_t* const pool = mi_pool_group_enter(group);
      CHECK(pool != nullptr);
      {
        mi_pool_memory_resource resource(pool);
        polymorphic(&resource, i + round);
      }
      mi_pool_group_leave(group, pool);
    }
  });
  mi_pool_group_destroy(group);
}

// ---- two levels ----

template <class T> using Two = mi_two_level_allocator<T>;
typedef std::basic_string<char, std::char_traits<char>, Two<char>> String;
typedef std::vector<String, Two<String>> Strings;
typedef std::map<int, Strings, std::less<int>, Two<std::pair<const int, Strings>>> Map;
typedef std::unordered_map<int, int, std::hash<int>, std::equal_to<int>, Two<std::pair<const int, int>>> Hashed;

// A type of an alignment that the heap does not give by itself.
struct alignas(64) Wide {
  int value;
};

Map build(int seed) {
  Map map;
  for (int i = 0; i < 200; i++) map[i].push_back(String(static_cast<std::size_t>((i * 13 + seed) % 200), 'z'));
  for (int i = 0; i < 200; i += 3) map.erase(i);
  return map;
}

void check(const Map& map, int seed) {
  CHECK(map.size() == 133);
  for (const auto& [i, strings] : map) {
    CHECK(i % 3 != 0 && strings.size() == 1 && strings[0].size() == static_cast<std::size_t>((i * 13 + seed) % 200));
    CHECK(strings[0].find_first_not_of('z') == String::npos);
  }
}

void two_levels() {
  check(build(3), 3);
  Hashed hashed;
  std::list<int, Two<int>> list;
  std::forward_list<short, Two<short>> forward;
  std::list<Wide, Two<Wide>> wide;
  std::multiset<long, std::less<long>, Two<long>> set;
  for (int i = 0; i < 500; i++) {
    hashed[i * 31] = i, list.push_back(i), forward.push_front(static_cast<short>(i)), set.insert(i % 100);
    wide.push_back(Wide{i});
    CHECK(reinterpret_cast<std::uintptr_t>(&wide.back()) % alignof(Wide) == 0);
  }
  for (int i = 0; i < 500; i++) {
    CHECK(hashed.at(i * 31) == i && list.front() == i && forward.front() == 499 - i);
    CHECK(wide.front().value == i);
    list.pop_front(), forward.pop_front(), wide.pop_front();
  }
  CHECK(list.empty() && forward.empty() && set.size() == 500 && set.count(42) == 5);
  const std::shared_ptr<Wide> shared = std::allocate_shared<Wide>(Two<Wide>(), Wide{5});
  CHECK(shared->value == 5 && reinterpret_cast<std::uintptr_t>(shared.get()) % alignof(Wide) == 0);
}

// Every thread makes maps and takes those of others apart.
std::mutex guard;
std::queue<std::pair<int, std::unique_ptr<Map>>> handed;

void hand_over(int thread) {
  for (int round = 0; round < 40; round++) {
    const int seed = thread * 1000 + round;
    auto made = std::make_unique<Map>(build(seed));
    std::pair<int, std::unique_ptr<Map>> other;
    {
      const std::lock_guard<std::mutex> lock(guard);
      handed.emplace(seed, std::move(made));
      if (handed.size() > kThreads) other = std::move(handed.front()), handed.pop();
    }
    if (other.second) check(*other.second, other.first), other.second->clear();
  }
}

long long bytes_in_use() {
  mi_stats_t stats;
  mi_stats_init(&stats);
  CHECK(mi_stats_get(&stats));
  return static_cast<long long>(stats.malloc_normal.current + stats.malloc_huge.current);
}

// All that the threads took is back when they have ended and the queue is empty. The first round is for what they leave for
// themselves for good, the C library's data for threads say.
void nothing_is_left() {
  for (int round = 0; round < 2; round++) {
    const long long before = bytes_in_use();
    by_threads(hand_over);
    CHECK(handed.size() == kThreads);
    for (; !handed.empty(); handed.pop()) check(*handed.front().second, handed.front().first);
    std::queue<std::pair<int, std::unique_ptr<Map>>>().swap(handed);
    mi_two_level_collect();
    mi_collect(true);
    CHECK(round == 0 || bytes_in_use() == before);
  }
}

// Memory that the heap cannot give is asked of the handler; without one std::bad_alloc comes, and containers are as before.
void lifts_the_limit() {
  calls++;
  mi_process_set_limit(0);
}

void out_of_memory() {
  Strings strings;
  calls = 0;
  CHECK(mi_two_level_set_oom_handler(lifts_the_limit) == nullptr);
  mi_process_set_limit(1024);
  for (int i = 0; i < 2000; i++) strings.emplace_back(i % 2000, 'o');
  CHECK(calls == 1 && strings.size() == 2000 && strings[1999].size() == 1999);
  CHECK(mi_two_level_set_oom_handler(nullptr) == lifts_the_limit);
  mi_process_set_limit(1024);
  CHECK(throws_bad_alloc([&] {
    for (std::size_t i = 0;; i++) strings.emplace_back(i % 2000, 'p');
  }));
  mi_process_set_limit(0);
  CHECK(strings.size() >= 2000 && strings[1999].size() == 1999 && calls == 1);
}

// Destroyed after the thread's lists are gone.
Map of_static_storage;

} // namespace

int main() {
  resources();
  alignments();
  released();
  limits();
  in_a_group();
  two_levels();
  nothing_is_left();
  out_of_memory();
  of_static_storage = build(9);
  check(of_static_storage, 9);
  SHOWN("cxx_pool: ok");
  return 0;
}

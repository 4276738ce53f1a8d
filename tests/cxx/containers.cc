// containers.cc -- the standard's containers with each allocator of mica's: contents and counts, where the blocks lie, what
// becomes of heaps. For each standard from C++11 on; mi_heap_new, _delete and _destroy are counted (the linker's --wrap).
#include "../support/check.h"

#include <cstdint>
#include <list>
#include <map>
#include <mica.h>
#include <string>
#include <unordered_map>
#include <vector>

extern "C" {
mi_heap_t* __real_mi_heap_new(void);
void __real_mi_heap_delete(mi_heap_t* heap);
void __real_mi_heap_destroy(mi_heap_t* heap);
mi_heap_t* __wrap_mi_heap_new(void);
void __wrap_mi_heap_delete(mi_heap_t* heap);
void __wrap_mi_heap_destroy(mi_heap_t* heap);
}

namespace {
int made, deleted, destroyed;
}

mi_heap_t* __wrap_mi_heap_new(void) { return made++, __real_mi_heap_new(); }
void __wrap_mi_heap_delete(mi_heap_t* heap) { deleted++, __real_mi_heap_delete(heap); }
void __wrap_mi_heap_destroy(mi_heap_t* heap) { destroyed++, __real_mi_heap_destroy(heap); }

namespace {

// A type of an alignment that operator new does not give by itself.
struct alignas(256) Wide {
  int value;
  explicit Wide(int v = 0) : value(v) {}
};

bool aligned(const Wide& w) { return reinterpret_cast<std::uintptr_t>(&w) % alignof(Wide) == 0; }

template <template <class> class A> void vectors(const A<int>& allocator) {
  std::vector<int, A<int>> v(allocator);
  for (int i = 0; i < 10000; i++) v.push_back(i);
  long sum = 0;
  for (int i : v) sum += i;
  CHECK(v.size() == 10000 && sum == 49995000 && mi_is_in_heap_region(v.data()));
  CHECK(mi_usable_size(v.data()) >= v.capacity() * sizeof(int));

  std::vector<Wide, A<Wide>> wide{A<Wide>(allocator)};
  for (int i = 0; i < 100; i++) wide.emplace_back(i);
  for (int i = 0; i < 100; i++) CHECK(wide[static_cast<std::size_t>(i)].value == i && aligned(wide.back()));
}

template <template <class> class A> void maps(const A<int>& allocator) {
  typedef std::pair<const int, int> Pair;
  std::map<int, int, std::less<int>, A<Pair>> ordered{std::less<int>(), A<Pair>(allocator)};
  std::unordered_map<int, int, std::hash<int>, std::equal_to<int>, A<Pair>> hashed(
      8, std::hash<int>(), std::equal_to<int>(), A<Pair>(allocator));
  for (int i = 0; i < 2000; i++) ordered[i * 7 % 2000] = hashed[i * 7 % 2000] = i;
  for (int i = 0; i < 2000; i += 2) CHECK(ordered.erase(i) == 1 && hashed.erase(i) == 1);
  CHECK(ordered.size() == 1000 && hashed.size() == 1000);
  int key = 1;
  for (const Pair& pair : ordered) {
    CHECK(pair.first == key && pair.second * 7 % 2000 == key && hashed.at(key) == pair.second);
    CHECK(mi_is_in_heap_region(&pair));
    key += 2;
  }
}

template <template <class> class A> void strings_and_lists(const A<int>& allocator) {
  typedef std::basic_string<char, std::char_traits<char>, A<char>> String;
  String text{A<char>(allocator)};
  for (int i = 0; i < 1000; i++) text += "abc";
  CHECK(text.size() == 3000 && text.find("cab", 2997) == String::npos && text.rfind("abc") == 2997);
  CHECK(mi_is_in_heap_region(text.data()));

  std::list<String, A<String>> list{A<String>(allocator)};
  for (int i = 0; i < 100; i++) list.push_front(String(static_cast<std::size_t>(i + 20), 'x', A<char>(allocator)));
  std::size_t length = 119;
  for (const String& s : list) CHECK(s.size() == length-- && mi_is_in_heap_region(s.data()));
  list.remove_if([](const String& s) { return s.size() % 2 == 0; });
  CHECK(list.size() == 50 && list.front().size() == 119);
}

// A container takes its allocator along when it is copied, moved and swapped; what was moved from can be used again.
template <template <class> class A> void taken_along() {
  typedef std::vector<int, A<int>> Vector;
  Vector a(1000, 1), b(1000, 2);
  const int* const of_a = a.data();
  Vector moved(std::move(a));
  CHECK(moved.data() == of_a && moved[999] == 1);
  a.assign(500, 3); // NOLINT(bugprone-use-after-move): that is the question
  CHECK(a.size() == 500 && a[499] == 3 && a.get_allocator() == moved.get_allocator());
  b = std::move(moved);
  CHECK(b.data() == of_a && b[0] == 1 && b.get_allocator() == a.get_allocator());
  moved = Vector(10, 4);
  moved.swap(b);
  CHECK(moved.data() == of_a && b.size() == 10 && b[9] == 4);
  Vector copy(b);
  CHECK(copy == b && copy.get_allocator() == b.get_allocator() && copy.data() != b.data());
  copy = moved;
  CHECK(copy.size() == 1000 && copy[999] == 1 && copy.get_allocator() == moved.get_allocator());
}

template <class A> bool too_many(A allocator, std::size_t count) {
  try {
    allocator.deallocate(allocator.allocate(count), count);
  } catch (const std::bad_array_new_length&) {
    return true;
  }
  return false;
}

template <template <class> class A> void traits() {
  typedef std::allocator_traits<A<long>> Traits;
  static_assert(std::is_same<typename Traits::template rebind_alloc<char>, A<char>>::value, "rebind");
  static_assert(std::is_same<typename A<long>::template rebind<char>::other, A<char>>::value, "rebind");
  static_assert(Traits::propagate_on_container_copy_assignment::value, "copies take the allocator along");
  static_assert(Traits::propagate_on_container_move_assignment::value, "moves take the allocator along");
  static_assert(Traits::propagate_on_container_swap::value, "swaps take the allocator along");
  static_assert(std::is_nothrow_copy_constructible<A<long>>::value, "copying throws nothing");
  static_assert(std::is_nothrow_move_constructible<A<long>>::value, "moving throws nothing");
  A<long> a;
  A<char> same(a);
  CHECK(a.max_size() == PTRDIFF_MAX / sizeof(long) && Traits::max_size(a) == a.max_size());
  CHECK(same == a && !(same != a) && A<long>(std::move(a)) == same);
  CHECK(too_many(a, a.max_size() + 1) && too_many(a, SIZE_MAX));
  long* const none = a.allocate(0);
  CHECK(none != nullptr && mi_is_in_heap_region(none));
  a.deallocate(none, 0);
}

// An alignment beyond the pieces that memory is cut into: ten blocks do not have it by chance.
struct alignas(1 << 17) Huge {
  char bytes[1 << 17];
};

template <template <class> class A> void over_aligned() {
  A<Huge> allocator;
  Huge* huge[10];
  for (Huge*& h : huge) {
    h = allocator.allocate(1);
    CHECK(reinterpret_cast<std::uintptr_t>(h) % alignof(Huge) == 0 && mi_usable_size(h) >= sizeof(Huge));
  }
  for (Huge* h : huge) allocator.deallocate(h, 1);
}

template <template <class> class A> void with_everything(const A<int>& allocator) {
  vectors<A>(allocator);
  maps<A>(allocator);
  strings_and_lists<A>(allocator);
  taken_along<A>();
  over_aligned<A>();
  traits<A>();
}

// In the caller's heap: the blocks are there, and the heap is the caller's to end.
template <template <class> class A> void in_a_given_heap() {
  mi_heap_t* const heap = mi_heap_new();
  mi_heap_t* const other = mi_heap_new();
  CHECK(heap != nullptr && other != nullptr);
  const int ended = deleted + destroyed;
  {
    A<int> allocator(heap);
    std::vector<int, A<int>> v(100, 5, allocator);
    std::vector<Wide, A<Wide>> wide(3, Wide(6), A<Wide>(allocator));
    CHECK(mi_heap_contains(heap, v.data()) && !mi_heap_contains(other, v.data()) && v[99] == 5);
    CHECK(mi_heap_contains(heap, wide.data()) && aligned(wide[2]) && wide[2].value == 6);
    CHECK(allocator == A<char>(heap) && allocator != A<int>(other) && allocator != A<int>());
    CHECK(allocator.is_equal(A<char>(heap)) && !allocator.is_equal(A<char>(other)));
    allocator.collect(true);
  }
  CHECK(deleted + destroyed == ended + 1); // the one that A<int>() had
  mi_heap_destroy(other);
  mi_heap_destroy(heap);
}

// A heap of its own is ended once, with the last copy, by whichever function is right for it.
template <template <class> class A> void the_last_copy(int* right, const int* wrong) {
  const int made_before = made, right_before = *right, wrong_before = *wrong;
  {
    A<char> outer(A<int>{}); // NOLINT(bugprone-throw-keyword-missing)
    CHECK(made == made_before + 1 && *right == right_before);
    {
      std::map<int, int, std::less<int>, A<std::pair<const int, int>>> map{std::less<int>(), outer};
      for (int i = 0; i < 100; i++) map[i] = i;
      A<long> copy(outer), assigned;
      CHECK(made == made_before + 2);
      assigned = copy;
      CHECK(*right == right_before + 1 && assigned == outer); // the one that `assigned` had
    }
    CHECK(*right == right_before + 1);
  }
  CHECK(made == made_before + 2 && *right == right_before + 2 && *wrong == wrong_before);
}

// mi_heap_stl_allocator deletes its heap: what was not deallocated is still there.
void blocks_live_on() {
  int* kept;
  {
    mi_heap_stl_allocator<int> allocator;
    kept = allocator.allocate(1000);
    for (int i = 0; i < 1000; i++) kept[i] = i;
  }
  long sum = 0;
  for (int i = 0; i < 1000; i++) sum += kept[i];
  CHECK(sum == 499500 && mi_is_in_heap_region(kept));
  mi_free(kept);
}

} // namespace

int main() {
  static_assert(std::is_empty<mi_stl_allocator<int>>::value, "no state");
  static_assert(mi_stl_allocator<int>::is_always_equal::value, "always equal");
  static_assert(!mi_heap_stl_allocator<int>::is_always_equal::value, "not always equal");
  with_everything<mi_stl_allocator>(mi_stl_allocator<int>());
  with_everything<mi_two_level_allocator>(mi_two_level_allocator<int>());
  CHECK(made == 0);
  with_everything<mi_heap_stl_allocator>(mi_heap_stl_allocator<int>());
  CHECK(made > 0 && deleted == made && destroyed == 0);
  const int before = made;
  with_everything<mi_heap_destroy_stl_allocator>(mi_heap_destroy_stl_allocator<int>());
  CHECK(made > before && deleted == before && destroyed == made - before);
  in_a_given_heap<mi_heap_stl_allocator>();
  in_a_given_heap<mi_heap_destroy_stl_allocator>();
  the_last_copy<mi_heap_stl_allocator>(&deleted, &destroyed);
  the_last_copy<mi_heap_destroy_stl_allocator>(&destroyed, &deleted);
  blocks_live_on();
  CHECK(made == deleted + destroyed);
  SHOWN("containers: ok");
  return 0;
}

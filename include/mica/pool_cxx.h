/* pool_cxx.h -- C++ on pools: a std::pmr::memory_resource, and an allocator in two levels for the standard's containers.
 * mica.h includes it in C++; it is empty before C++11, and the memory resource needs C++17 and a library that has
 * <memory_resource>. The rules common to all functions of mica stand in mica.h, those of pools in mica/pool.h; what cxx.h says
 * is common to all allocators holds here, too, but for whom the two-level allocator calls when there is no memory.
 *
 * Names and meaning are mica's own; the two levels follow the allocator of the SGI STL. */
#ifndef MICA_PUBLIC_POOL_CXX_H
#define MICA_PUBLIC_POOL_CXX_H
#include <mica/aligned.h>
#include <mica/base.h>
#include <mica/blocks.h>
#include <mica/cxx.h>
#include <mica/heap_alloc.h>
#include <mica/heaps.h>
#include <mica/pool.h>

#if defined(__cplusplus) && __cplusplus >= 201103L
#include <atomic>

/* A function that makes memory available, ends the program, or throws. It may allocate and free, by the two-level allocator,
 * too. */
typedef void (*mi_two_level_oom_fun)();

/* What the two-level allocator is made of. Not for programs. */
namespace mica_cxx {

/* Its first level: blocks up to this many bytes, in lists by multiples of a step. So many are taken from the heap at a time; a
 * list that has more than the bound gives so many back. */
constexpr std::size_t two_level_largest = 128, two_level_step = 8;
constexpr std::size_t two_level_lists = two_level_largest / two_level_step;
constexpr std::size_t two_level_batch = 20, two_level_bound = 40;

inline std::atomic<mi_two_level_oom_fun>& two_level_oom() {
  static std::atomic<mi_two_level_oom_fun> fun(nullptr);
  return fun;
}

/* A block for the lists. It is the main heap's, as it may outlive whatever heap is the thread's default now. */
inline void* two_level_block(std::size_t size) noexcept { return mi_heap_malloc(mi_heap_main(), size); }

/* A block, for the lists or not. The handler is called until there is one; without a handler std::bad_alloc comes. */
inline void* two_level_new(std::size_t size, std::size_t alignment, bool listed) {
  for (;;) {
    void* const p = listed                         ? two_level_block(size)
                    : alignment <= plain_alignment ? mi_malloc(size)
                                                   : mi_malloc_aligned(size, alignment);
    if (p != nullptr) return p;
    const mi_two_level_oom_fun fun = two_level_oom().load(std::memory_order_acquire); /* what its setter did before */
    if (fun == nullptr) throw_bad_alloc();
    fun();
  }
}

/* A block in a list. */
struct two_level_link {
  two_level_link* next;
};

struct two_level_list {
  two_level_link* first;
  std::size_t length;

  void push(void* p) noexcept {
    two_level_link* const link = static_cast<two_level_link*>(p);
    link->next = first;
    first = link;
    length++;
  }

  void* pop() noexcept {
    two_level_link* const link = first;
    first = link->next;
    length--;
    return link;
  }

  /* Down to so many. The length is looked at each time: mi_free may call a function of the program's, which may allocate. */
  void give_back(std::size_t left) noexcept {
    while (length > left) mi_free(pop());
  }
};

/* A thread's lists. They have no destructor, so that objects which are destroyed after everything else of the thread find them:
 * empty for good, and every block goes to the heap at once. */
struct two_level_thread {
  enum stage_t { fresh, in_use, ended };
  stage_t stage;
  two_level_list lists[two_level_lists];

  void give_back() noexcept {
    for (two_level_list& list : lists) list.give_back(0);
  }
};

inline two_level_thread& two_level_mine() noexcept {
  static thread_local two_level_thread mine; /* all 0 */
  return mine;
}

/* Gives the lists back when the thread ends. */
struct two_level_end {
  two_level_end() noexcept { two_level_mine().stage = two_level_thread::in_use; }
  ~two_level_end() {
    two_level_mine().stage = two_level_thread::ended;
    two_level_mine().give_back();
  }
};

/* Whether the thread may have blocks in its lists: from its first call until its end. */
inline bool two_level_listed(two_level_thread& mine) {
  if (mine.stage == two_level_thread::fresh) {
    /* The C library notes what is to be done at the thread's end in a block, which must be there then. */
    mi_heap_t* const chosen = mi_heap_set_default(mi_heap_main());
    static thread_local two_level_end end;
    (void)end;
    mi_heap_set_default(chosen);
  }
  return mine.stage == two_level_thread::in_use;
}

inline std::size_t two_level_index(std::size_t size) noexcept { return size == 0 ? 0 : (size - 1) / two_level_step; }

/* The first block of a fill, the others into the list. What the heap cannot give now is not asked for again; the first alone
 * is worth the handler, which may change the list. */
inline void* two_level_fill(two_level_thread& mine, std::size_t index) {
  const std::size_t size = (index + 1) * two_level_step;
  void* const p = two_level_new(size, plain_alignment, true);
  if (!two_level_listed(mine)) return p;
  for (std::size_t i = 1; i < two_level_batch; i++) {
    void* const more = two_level_block(size);
    if (more == nullptr) break;
    mine.lists[index].push(more);
  }
  return p;
}

inline void* two_level_allocate(std::size_t size) {
  two_level_thread& mine = two_level_mine();
  const std::size_t index = two_level_index(size);
  return mine.lists[index].length != 0 ? mine.lists[index].pop() : two_level_fill(mine, index);
}

inline void two_level_deallocate(void* p, std::size_t size) {
  two_level_thread& mine = two_level_mine();
  if (!two_level_listed(mine)) {
    mi_free(p);
    return;
  }
  two_level_list& list = mine.lists[two_level_index(size)];
  list.push(p);
  if (list.length > two_level_bound) list.give_back(list.length - two_level_batch);
}

} /* namespace mica_cxx */

/* Sets the function that is called while mi_two_level_allocator cannot have memory, after each call of which it tries again;
 * null: none, then std::bad_alloc is thrown (std::abort without exceptions). Returns the one before, null at first. It is one
 * for all threads. std::set_new_handler's is not called. */
inline mi_two_level_oom_fun mi_two_level_set_oom_handler(mi_two_level_oom_fun handler) noexcept {
  return mica_cxx::two_level_oom().exchange(handler, std::memory_order_acq_rel); /* seen by those that call it */
}

/* Gives the blocks in the calling thread's lists back to the heap, as the thread's end does. */
inline void mi_two_level_collect() noexcept { mica_cxx::two_level_mine().give_back(); }

/* Allocates in two levels: up to 128 bytes from 16 lists of free blocks, by multiples of 8 bytes, which are filled from the
 * heap by twenty; above that, and for over-aligned types, from the heap (mi_malloc). The lists are the calling thread's own,
 * without a lock. A block may be deallocated by any thread, and goes to that one's list. A list of more than forty gives twenty
 * back to the heap; when a thread ends it gives all back. What is deallocated later, by objects of static storage say, goes to
 * the heap at once.
 *
 * Each block is one of mica's, so none is lost, wherever it is. To checkers blocks in a list are in use. An allocator has no
 * state: all are equal. */
template <class T> struct mi_two_level_allocator : mica_cxx::allocator_types<T> {
  /* What the standard asks of an allocator without a state. */
  typedef std::true_type is_always_equal;
  template <class U> struct rebind { typedef mi_two_level_allocator<U> other; };
  mi_two_level_allocator() noexcept = default;
  template <class U> mi_two_level_allocator(const mi_two_level_allocator<U>&) noexcept {}

  /* Room for count objects, aligned as T asks. */
  T* allocate(std::size_t count) {
    this->check(count);
    return static_cast<T*>(listed(count) ? mica_cxx::two_level_allocate(count * sizeof(T))
                                         : mica_cxx::two_level_new(count * sizeof(T), alignof(T), false));
  }

  /* count is that of allocate. */
  void deallocate(T* p, std::size_t count) noexcept {
    if (listed(count))
      mica_cxx::two_level_deallocate(p, count * sizeof(T));
    else
      mi_free(p);
  }

private:
  static bool listed(std::size_t count) noexcept {
    return alignof(T) <= mica_cxx::plain_alignment && count <= mica_cxx::two_level_largest / sizeof(T);
  }
};

/* Always equal, whatever they allocate. */
template <class T, class U>
bool operator==(const mi_two_level_allocator<T>&, const mi_two_level_allocator<U>&) noexcept {
  return true;
}
template <class T, class U>
bool operator!=(const mi_two_level_allocator<T>&, const mi_two_level_allocator<U>&) noexcept {
  return false;
}

#if defined(__cpp_lib_memory_resource)
/* A memory resource over a pool. Made without a pool it makes one of its own, and destroys it with all that was allocated when
 * it goes itself, as std::pmr::monotonic_buffer_resource does; but any threads may allocate and deallocate, and what is
 * deallocated counts down its chunk, or goes back at once if it is large. A pool that is given to it stays the caller's. While
 * memory cannot be had, or the pool's limit is reached, the new-handler is called as cxx.h says. Two are equal that have the
 * same pool (without RTTI: each is equal to itself only). */
class mi_pool_memory_resource : public std::pmr::memory_resource {
public:
  /* Over a pool of its own, with the block_size of mi_pool_create (a std::size_t: a plain 0 could be a pool); over the
   * caller's, which is not NULL. */
  mi_pool_memory_resource() : mi_pool_memory_resource(std::size_t(0)) {}
  explicit mi_pool_memory_resource(std::size_t block_size) : mine(mi_pool_create(block_size)), owner(true) {
    if (mine == nullptr) mica_cxx::throw_bad_alloc();
  }
  explicit mi_pool_memory_resource(mi_pool_t* given) noexcept : mine(given), owner(false) {}
  mi_pool_memory_resource(const mi_pool_memory_resource&) = delete;
  mi_pool_memory_resource& operator=(const mi_pool_memory_resource&) = delete;
  ~mi_pool_memory_resource() override {
    if (owner) mi_pool_destroy(mine);
  }

  /* The pool that it allocates in. */
  mi_pool_t* pool() const noexcept { return mine; }

  /* As mi_pool_reset: all that was allocated ends, and the pool's chunks are used again. A container that holds some of it is
   * neither used nor destroyed after that. */
  void release() noexcept { mi_pool_reset(mine); }

protected:
  /* What [mem.res] asks for; deallocate is mi_pool_free. */
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (alignment == 0 || (alignment & (alignment - 1)) != 0) mica_cxx::throw_bad_alloc();
    for (;;) {
      void* const p =
          alignment <= mica_cxx::plain_alignment ? mi_pool_alloc(mine, size) : mi_pool_memalign(mine, size, alignment);
      if (p != nullptr) return p;
      const std::new_handler handler = std::get_new_handler();
      if (handler == nullptr) mica_cxx::throw_bad_alloc();
      handler();
    }
  }
  void do_deallocate(void* p, std::size_t, std::size_t) override { (void)mi_pool_free(mine, p); }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
#if defined(__cpp_rtti)
    const auto* const resource = dynamic_cast<const mi_pool_memory_resource*>(&other);
    return resource != nullptr && resource->pool() == pool();
#else
    return this == &other;
#endif
  }

private:
  mi_pool_t* mine;
  bool owner;
};
#endif

#endif /* C++11 */
#endif

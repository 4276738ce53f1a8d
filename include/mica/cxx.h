/* cxx.h -- C++ on heaps: allocators for containers, and a std::pmr::memory_resource. mica.h includes it in C++; it is empty
 * before C++11, and the memory resource needs C++17 and a library that has <memory_resource>. The rules common to all functions
 * of mica stand in mica.h.
 *
 * Common to all allocators and to the resource:
 *   alignment  any T, over-aligned ones too, up to 1 GiB
 *   errors     as operator new: while memory cannot be had the program's new-handler is called and the allocation tried again;
 *              without a handler std::bad_alloc is thrown. More than max_size() elements: std::bad_array_new_length. A program
 *              built without exceptions ends in std::abort instead
 *   size 0     gives a block, as everywhere
 *   threads    copies of one allocator may be used by different threads at the same time
 *   moving     a container moved, swapped or assigned takes its allocator along, so blocks change hands and no element moves.
 *              An allocator moved from is as good as before
 *
 * Names and meaning are those of mimalloc 3 (mi_heap_memory_resource is mica's own), the requirements those of
 * [allocator.requirements] and [mem.res] of the C++ standard. */
#ifndef MICA_PUBLIC_CXX_H
#define MICA_PUBLIC_CXX_H
#include <mica/base.h>
#include <mica/blocks.h>
#include <mica/heap_alloc.h>
#include <mica/heaps.h>
#include <mica/new.h>

#if defined(__cplusplus) && __cplusplus >= 201103L
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#if __cplusplus >= 201703L && defined(__has_include)
#if __has_include(<memory_resource>)
#include <memory_resource>
#endif
#endif

/* What the allocators share. Not for programs. */
namespace mica_cxx {

/* Every block has this alignment. */
constexpr std::size_t plain_alignment = 16;

[[noreturn]] inline void throw_bad_alloc() {
#if defined(__cpp_exceptions)
  throw std::bad_alloc();
#else
  std::abort();
#endif
}

[[noreturn]] inline void throw_bad_length() {
#if defined(__cpp_exceptions)
  throw std::bad_array_new_length();
#else
  std::abort();
#endif
}

/* A block of heap's with an alignment of its own: the loop around the new-handler, which mi_heap_alloc_new has for the others.
 * An alignment that is no power of two fails at once: no handler can help. */
inline void* heap_new_aligned(mi_heap_t* heap, std::size_t size, std::size_t alignment) {
  if (alignment == 0 || (alignment & (alignment - 1)) != 0) throw_bad_alloc();
  for (;;) {
    void* const p = mi_heap_malloc_aligned(heap, size, alignment);
    if (p != nullptr) return p;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw_bad_alloc();
    handler();
  }
}

/* A heap that the program keeps. */
struct keep_heap {
  void operator()(mi_heap_t*) const noexcept {}
};

struct delete_heap {
  void operator()(mi_heap_t* heap) const noexcept { mi_heap_delete(heap); }
};

struct destroy_heap {
  void operator()(mi_heap_t* heap) const noexcept { mi_heap_destroy(heap); }
};

/* A new heap, which End ends when its last owner goes. */
template <class End> std::shared_ptr<mi_heap_t> new_heap() {
  mi_heap_t* const heap = mi_heap_new();
  if (heap == nullptr) throw_bad_alloc();
  return std::shared_ptr<mi_heap_t>(heap, End());
}

/* The types, and the bound of a count. What is not here std::allocator_traits supplies. */
template <class T> struct allocator_types {
  typedef T value_type;
  typedef std::size_t size_type;
  typedef std::ptrdiff_t difference_type;
  typedef T* pointer;
  typedef const T* const_pointer;
  typedef typename std::add_lvalue_reference<T>::type reference;
  typedef typename std::add_lvalue_reference<const T>::type const_reference;
  typedef std::true_type propagate_on_container_copy_assignment;
  typedef std::true_type propagate_on_container_move_assignment;
  typedef std::true_type propagate_on_container_swap;

  size_type max_size() const noexcept { return static_cast<size_type>(PTRDIFF_MAX) / sizeof(T); }

protected:
  void check(size_type count) const {
    if (count > max_size()) throw_bad_length();
  }
};

/* An allocator that shares a heap with its copies. There is no moving, only copying: what was moved from keeps its heap. */
template <class T> struct heap_allocator : allocator_types<T> {
  typedef std::false_type is_always_equal;

  heap_allocator(const heap_allocator&) = default;
  heap_allocator& operator=(const heap_allocator&) = default;

  /* Room for count objects, as mi_heap_alloc_new_n gives it, aligned as T asks. */
  T* allocate(std::size_t count) {
    this->check(count);
    mi_heap_t* const heap = shared.get();
    void* const p = alignof(T) <= plain_alignment ? mi_heap_alloc_new_n(heap, count, sizeof(T))
                                                  : heap_new_aligned(heap, count * sizeof(T), alignof(T));
    return static_cast<T*>(p);
  }

  /* As mi_heap_collect of its heap. */
  void collect(bool force) { mi_heap_collect(shared.get(), force); }

  /* Whether both allocate in the same heap. */
  template <class U> bool is_equal(const heap_allocator<U>& other) const noexcept { return shared == other.shared; }

protected:
  explicit heap_allocator(std::shared_ptr<mi_heap_t> owned) noexcept : shared(std::move(owned)) {}
  template <class U> explicit heap_allocator(const heap_allocator<U>& other) noexcept : shared(other.shared) {}
  ~heap_allocator() = default;

private:
  template <class U> friend struct heap_allocator;
  std::shared_ptr<mi_heap_t> shared;
};

} /* namespace mica_cxx */

/* Allocates as mi_new_n does, for whichever thread calls. It has no state: all are equal. */
template <class T> struct mi_stl_allocator : mica_cxx::allocator_types<T> {
  /* What the standard asks of an allocator without a state. */
  typedef std::true_type is_always_equal;
  template <class U> struct rebind { typedef mi_stl_allocator<U> other; };
  mi_stl_allocator() noexcept = default;
  template <class U> mi_stl_allocator(const mi_stl_allocator<U>&) noexcept {}

  /* Room for count objects, from mi_new_n or, for an over-aligned T, mi_new_aligned; given back by mi_free. */
  T* allocate(std::size_t count) {
    this->check(count);
    void* const p = alignof(T) <= mica_cxx::plain_alignment ? mi_new_n(count, sizeof(T))
                                                            : mi_new_aligned(count * sizeof(T), alignof(T));
    return static_cast<T*>(p);
  }
  void deallocate(T* p, std::size_t) noexcept { mi_free(p); }
};

/* Always equal, whatever they allocate. */
template <class T, class U> bool operator==(const mi_stl_allocator<T>&, const mi_stl_allocator<U>&) noexcept {
  return true;
}
template <class T, class U> bool operator!=(const mi_stl_allocator<T>&, const mi_stl_allocator<U>&) noexcept {
  return false;
}

/* Allocates in one heap, which it shares with its copies. Made without a heap it makes one of its own, which is deleted with
 * the last copy: mi_heap_delete, so blocks that are still there live on. A heap that is given to it stays the caller's, and
 * must live until the last block has been deallocated. Two are equal that have the same heap. */
template <class T> struct mi_heap_stl_allocator : mica_cxx::heap_allocator<T> {
  template <class U> struct rebind { typedef mi_heap_stl_allocator<U> other; };

  /* In a heap of its own; in the caller's; in the other's. */
  mi_heap_stl_allocator() : mica_cxx::heap_allocator<T>(mica_cxx::new_heap<mica_cxx::delete_heap>()) {}
  mi_heap_stl_allocator(mi_heap_t* heap)
      : mica_cxx::heap_allocator<T>(std::shared_ptr<mi_heap_t>(heap, mica_cxx::keep_heap())) {}
  template <class U>
  mi_heap_stl_allocator(const mi_heap_stl_allocator<U>& other) noexcept : mica_cxx::heap_allocator<T>(other) {}

  /* As mi_free. */
  void deallocate(T* p, std::size_t) noexcept { mi_free(p); }
};

/* Whether both allocate in the same heap. */
template <class T, class U>
bool operator==(const mi_heap_stl_allocator<T>& a, const mi_heap_stl_allocator<U>& b) noexcept {
  return a.is_equal(b);
}
template <class T, class U>
bool operator!=(const mi_heap_stl_allocator<T>& a, const mi_heap_stl_allocator<U>& b) noexcept {
  return !a.is_equal(b);
}

/* As mi_heap_stl_allocator, but deallocate does nothing: what was allocated stays until its heap is destroyed, all at once. A
 * heap of its own is destroyed with the last copy; one that is given to it the caller destroys. For containers that are built
 * and thrown away: one that shrinks and grows gets ever larger. */
template <class T> struct mi_heap_destroy_stl_allocator : mica_cxx::heap_allocator<T> {
  template <class U> struct rebind { typedef mi_heap_destroy_stl_allocator<U> other; };

  /* In a heap of its own; in the caller's; in the other's. */
  mi_heap_destroy_stl_allocator() : mica_cxx::heap_allocator<T>(mica_cxx::new_heap<mica_cxx::destroy_heap>()) {}
  mi_heap_destroy_stl_allocator(mi_heap_t* heap)
      : mica_cxx::heap_allocator<T>(std::shared_ptr<mi_heap_t>(heap, mica_cxx::keep_heap())) {}
  template <class U>
  mi_heap_destroy_stl_allocator(const mi_heap_destroy_stl_allocator<U>& other) noexcept
      : mica_cxx::heap_allocator<T>(other) {}

  /* Nothing. */
  void deallocate(T*, std::size_t) noexcept {}
};

/* Whether both allocate in the same heap. */
template <class T, class U>
bool operator==(const mi_heap_destroy_stl_allocator<T>& a, const mi_heap_destroy_stl_allocator<U>& b) noexcept {
  return a.is_equal(b);
}
template <class T, class U>
bool operator!=(const mi_heap_destroy_stl_allocator<T>& a, const mi_heap_destroy_stl_allocator<U>& b) noexcept {
  return !a.is_equal(b);
}

#if defined(__cpp_lib_memory_resource)
/* A memory resource over a heap. Made without a heap it makes one of its own, and destroys it with all that was allocated when
 * it goes itself: as std::pmr::unsynchronized_pool_resource does, but any threads may allocate and deallocate. A heap that is
 * given to it stays the caller's. Two are equal that have the same heap (without RTTI: each is equal to itself only). */
class mi_heap_memory_resource : public std::pmr::memory_resource {
public:
  /* Over a heap of its own; over the caller's. */
  mi_heap_memory_resource() : mine(mica_cxx::new_heap<mica_cxx::destroy_heap>()) {}
  explicit mi_heap_memory_resource(mi_heap_t* heap) : mine(heap, mica_cxx::keep_heap()) {}
  mi_heap_memory_resource(const mi_heap_memory_resource&) = delete;
  mi_heap_memory_resource& operator=(const mi_heap_memory_resource&) = delete;

  /* The heap that it allocates in. */
  mi_heap_t* heap() const noexcept { return mine.get(); }

protected:
  /* What [mem.res] asks for; deallocate is mi_free. */
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    return alignment <= mica_cxx::plain_alignment ? mi_heap_alloc_new(heap(), size)
                                                  : mica_cxx::heap_new_aligned(heap(), size, alignment);
  }
  void do_deallocate(void* p, std::size_t, std::size_t) override { mi_free(p); }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
#if defined(__cpp_rtti)
    const auto* const resource = dynamic_cast<const mi_heap_memory_resource*>(&other);
    return resource != nullptr && resource->heap() == heap();
#else
    return this == &other;
#endif
  }

private:
  std::shared_ptr<mi_heap_t> mine;
};
#endif

#endif /* C++11 */
#endif

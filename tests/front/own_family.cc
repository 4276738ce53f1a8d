// own_family.cc -- a program with a malloc of its own, and mica loaded beside it: a case for each function that mica exports
// under a name of the C library's or C++'s. Each block that a case gets or gives back is counted at the program's own malloc,
// which ends the program when it is given a block that it did not make. It is as strict as C11 lets it be: no block for
// size 0, and from aligned_alloc none unless the alignment is a power of two, no less than a pointer's size, and divides
// the size.
//
// usage: own_family LIBRARY: prints the name of each function that a case has held to api/front.h. The script in_front.sh
// compares these with what the library exports. Compiled with -DFOUR the program has malloc, calloc, realloc and free alone.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <initializer_list>
#include <malloc.h>
#include <new>
#include <unistd.h>

// ---- the program's own family: blocks are cut from a pool, each behind its size, and not used again ----

alignas(4096) static char pool[64 << 20];
static size_t used;
static size_t made, freed, failing; // `failing` more requests fail

[[noreturn]] static void fail(const char* what, const char* name) {
  dprintf(STDOUT_FILENO, "FAIL %s: %s\n", name, what);
  _exit(1);
}

static bool is_mine(const void* p) { return p >= pool && p < pool + used; }

static size_t& size_of(void* p) { return static_cast<size_t*>(p)[-2]; }

static void* take(size_t alignment, size_t size) {
  if (failing > 0) {
    failing--;
    errno = ENOMEM;
    return nullptr;
  }
  const size_t at = (used + 16 + alignment - 1) / alignment * alignment;
  if (size > sizeof pool || at + size > sizeof pool) {
    errno = ENOMEM;
    return nullptr;
  }
  used = (at + size + 15) / 16 * 16;
  size_of(pool + at) = size;
  made++;
  return pool + at;
}

extern "C" {
void* malloc(size_t size) { return size == 0 ? nullptr : take(16, size); }
void free(void* p) {
  if (p == nullptr) return;
  if (!is_mine(p)) fail("the program's free is given a block that its malloc did not make", "free");
  freed++;
}
void* calloc(size_t count, size_t size) { return take(16, count * size); } // the pool is zero
void* realloc(void* p, size_t size) {
  if (p == nullptr) return malloc(size);
  if (!is_mine(p)) fail("the program's realloc is given a block that its malloc did not make", "realloc");
  void* const q = take(16, size);
  if (q == nullptr) return nullptr;
  memcpy(q, p, size_of(p) < size ? size_of(p) : size);
  freed++;
  return q;
}
#ifndef FOUR
void* memalign(size_t alignment, size_t size) { return take(alignment < 16 ? 16 : alignment, size); }
void* aligned_alloc(size_t alignment, size_t size) {
  if (alignment >= sizeof(void*) && (alignment & (alignment - 1)) == 0 && size % alignment == 0 && size != 0)
    return memalign(alignment, size);
  errno = EINVAL;
  return nullptr;
}
void* valloc(size_t size) { return memalign(4096, size); }
void* pvalloc(size_t size) { return memalign(4096, (size + 4095) / 4096 * 4096); }
int posix_memalign(void** p, size_t alignment, size_t size) {
  *p = memalign(alignment, size);
  return *p == nullptr ? ENOMEM : 0;
}
size_t malloc_usable_size(void* p) { return p == nullptr ? 0 : size_of(p); }
#endif
}

// ---- the library's functions ----

static void* library;
static bool (*is_micas)(const void*);

// Mica's own, whoever else has the name.
static void* in_library(const char* name) {
  void* const address = dlsym(library, name);
  if (address == nullptr) fail("the library has none", name);
  return address;
}

// What the program gets by the name, which has to be mica's.
static void* by_name(const char* name) {
  void* const address = dlsym(RTLD_DEFAULT, name);
  if (address != in_library(name)) fail("the program gets another one than mica's", name);
  return address;
}

template <typename F> static F* function(void* address) { return reinterpret_cast<F*>(address); }

static void held(const char* name) { puts(name); }

// Runs act: the program's malloc has made and taken back so many blocks meanwhile.
template <typename A> static void counted(const char* name, size_t makes, size_t frees, A act) {
  const size_t made_before = made, freed_before = freed;
  act();
  if (made != made_before + makes) fail("it does not get its blocks by the program's malloc", name);
  if (freed != freed_before + frees) fail("it does not give its blocks back by the program's free", name);
  held(name);
}

// How many blocks of the program's an aligned one is: with FOUR they are mica's.
#ifdef FOUR
enum { ALIGNED = 0 };
#else
enum { ALIGNED = 1 };
#endif

static void expect(bool right, const char* what, const char* name) {
  if (!right) fail(what, name);
}

// ---- cases ----

// The family itself: its functions in the library give mica's blocks, and whose are called is the caller's affair.
static void family() {
  auto* const give = function<void(void*)>(in_library("free"));
  const auto is_own = [&](const char* name, void* p) {
    counted(name, 0, 0, [&] {
      expect(is_micas(p), "the library's own does not give mica's blocks", name);
      give(p);
    });
  };
  is_own("malloc", function<void*(size_t)>(in_library("malloc"))(100));
  is_own("calloc", function<void*(size_t, size_t)>(in_library("calloc"))(10, 10));
  is_own("realloc", function<void*(void*, size_t)>(in_library("realloc"))(nullptr, 100));
  for (const char* name : {"aligned_alloc", "memalign"})
    is_own(name, function<void*(size_t, size_t)>(in_library(name))(64, 128));
  for (const char* name : {"valloc", "pvalloc"}) is_own(name, function<void*(size_t)>(in_library(name))(100));
  void* p = nullptr;
  function<int(void**, size_t, size_t)>(in_library("posix_memalign"))(&p, 64, 100);
  is_own("posix_memalign", p);
  p = function<void*(size_t)>(in_library("malloc"))(100);
  expect(function<size_t(void*)>(in_library("malloc_usable_size"))(p) >= 100, "a wrong size", "malloc_usable_size");
  give(p);
  held("malloc_usable_size");
  held("free");
}

// Past whoever is in front: by these names the program finds mica's blocks, and gives them back.
static void past() {
  auto* const give = function<void(void*)>(by_name("__libc_free"));
  const auto leads_past = [&](const char* name, void* p) {
    counted(name, 0, 0, [&] {
      expect(is_micas(p), "it does not lead to mica", name);
      give(p);
    });
  };
  leads_past("__libc_malloc", function<void*(size_t)>(by_name("__libc_malloc"))(100));
  leads_past("__libc_calloc", function<void*(size_t, size_t)>(by_name("__libc_calloc"))(10, 10));
  leads_past("__libc_realloc", function<void*(void*, size_t)>(by_name("__libc_realloc"))(nullptr, 100));
  leads_past("__libc_memalign", function<void*(size_t, size_t)>(by_name("__libc_memalign"))(64, 100));
  for (const char* name : {"__libc_valloc", "__libc_pvalloc"})
    leads_past(name, function<void*(size_t)>(by_name(name))(100));
  void* p = nullptr;
  function<int(void**, size_t, size_t)>(by_name("__posix_memalign"))(&p, 64, 100);
  leads_past("__posix_memalign", p);
  held("__libc_free");
  counted("__libc_cfree", 0, 0, [] {
    function<void(void*)>(by_name("__libc_cfree"))(function<void*(size_t)>(by_name("__libc_malloc"))(100));
  });
}

// They give and take no block.
static void figures() {
  counted("malloc_trim", 0, 0, [] { function<int(size_t)>(by_name("malloc_trim"))(0); });
  counted("malloc_stats", 0, 0, [] { function<void()>(by_name("malloc_stats"))(); });
  counted("malloc_info", 0, 0, [] { function<int(int, FILE*)>(by_name("malloc_info"))(0, stderr); });
  counted("mallinfo", 0, 0, [] { function<struct mallinfo()>(by_name("mallinfo"))(); });
  counted("mallinfo2", 0, 0, [] { function<struct mallinfo2()>(by_name("mallinfo2"))(); });
  counted("mallopt", 0, 0, [] { function<int(int, int)>(by_name("mallopt"))(M_MMAP_MAX, 1); });
  expect(function<void*(const char*, int)>(by_name("dlopen"))(nullptr, RTLD_LAZY) != nullptr, "a failure", "dlopen");
  held("dlopen");
  expect(function<void*(Lmid_t, const char*, int)>(by_name("dlmopen"))(LM_ID_BASE, "libc.so.6", RTLD_LAZY) != nullptr,
         "a failure", "dlmopen");
  held("dlmopen");
  counted("malloc_good_size", 1, 1, [] {
    void* const p = malloc(100);
    expect(function<size_t(size_t)>(by_name("malloc_good_size"))(100) <= size_of(p), "more than the block has",
           "malloc_good_size");
    free(p);
  });
}

// What the C library makes of malloc is not exported, and comes from the program's.
static void of_the_c_library() {
  const auto is_served = [](const char* name, char* p) {
    expect(dlsym(library, name) == dlsym(RTLD_NEXT, name), "the library has one", name);
    expect(is_mine(p), "it is not in a block of the program's malloc", name);
    free(p);
  };
  is_served("strdup", strdup("a text"));
  is_served("strndup", strndup("a text", 3));
  is_served("realpath", realpath("/usr/..", nullptr));
  char* text = nullptr;
  expect(asprintf(&text, "%d", 7) > 0, "a failure", "asprintf");
  is_served("asprintf", text);
}

// Other systems' names.
static void others() {
  auto* const resize_array = function<void*(void*, size_t, size_t)>(by_name("reallocarray"));
  counted("reallocarray", 2, 2, [&] { free(resize_array(resize_array(nullptr, 10, 10), 10, 20)); });
  auto* const resize = function<void*(void*, size_t)>(by_name("reallocf"));
  counted("reallocf", 2, 2, [&] { free(resize(resize(nullptr, 100), 200)); });
  counted("reallocf", 1, 1, [&] { expect(resize(malloc(10), SIZE_MAX / 2) == nullptr, "no failure", "reallocf"); });
  counted("reallocarr", 2, 2, [] {
    auto* const resize_at = function<int(void*, size_t, size_t)>(by_name("reallocarr"));
    void* p = nullptr;
    expect(resize_at(&p, 10, 10) == 0 && resize_at(&p, 10, 20) == 0 && is_mine(p), "a failure", "reallocarr");
    expect(resize_at(&p, 0, 20) == 0 && p == nullptr, "a total of 0 does not free", "reallocarr");
  });
  for (const char* name : {"cfree", "vfree"})
    counted(name, 1, 1, [&] { function<void(void*)>(by_name(name))(malloc(100)); });
  counted("free_sized", 1, 1, [] { function<void(void*, size_t)>(by_name("free_sized"))(malloc(100), 100); });
  counted("free_aligned_sized", ALIGNED, ALIGNED, [] {
    function<void(void*, size_t, size_t)>(by_name("free_aligned_sized"))(aligned_alloc(64, 128), 64, 128);
  });
  auto* const microsofts = function<void*(size_t, size_t)>(by_name("_aligned_malloc"));
  for (const size_t size : {128, 100, 1, 0})
    for (const size_t alignment : {64, 1})
      counted("_aligned_malloc", ALIGNED, 0, [&] {
        void* const p = microsofts(size, alignment);
        expect(p != nullptr && is_mine(p) == (ALIGNED == 1) && reinterpret_cast<uintptr_t>(p) % alignment == 0,
               "a wrong block", "_aligned_malloc");
      });
  counted("_aligned_malloc", 0, 0, [&] {
    errno = 0;
    expect(microsofts(SIZE_MAX - 10, 64) == nullptr && errno == ENOMEM, "no failure", "_aligned_malloc");
    expect(microsofts(100, 24) == nullptr && errno == EINVAL, "no failure", "_aligned_malloc");
  });
#ifndef FOUR
  counted("malloc_size", 1, 1, [] {
    void* const p = malloc(100);
    expect(function<size_t(const void*)>(by_name("malloc_size"))(p) == 100, "not what malloc_usable_size says",
           "malloc_size");
    free(p);
  });
#endif
}

static void operators() {
  using plain_new = void*(size_t);
  using nothrow_new = void*(size_t, const std::nothrow_t*);
  using aligned_new = void*(size_t, size_t);
  using aligned_nothrow_new = void*(size_t, size_t, const std::nothrow_t*);
  for (const char* name : {"_Znwm", "_Znam"}) {
    counted(name, 3, 3, [&] {
      for (const size_t size : {100, 100000, 0}) free(function<plain_new>(by_name(name))(size));
    });
  }
  for (const char* name : {"_ZnwmRKSt9nothrow_t", "_ZnamRKSt9nothrow_t"})
    counted(name, 2, 2, [&] {
      for (const size_t size : {100, 0}) free(function<nothrow_new>(by_name(name))(size, &std::nothrow));
    });
  const bool from_program = ALIGNED == 1;
  for (const char* name : {"_ZnwmSt11align_val_t", "_ZnamSt11align_val_t"})
    for (const size_t size : {128, 100, 1, 0})
      for (const size_t alignment : {64, 1})
        counted(name, ALIGNED, 0, [&] {
          void* const p = function<aligned_new>(by_name(name))(size, alignment);
          expect(p != nullptr && is_mine(p) == from_program, "somebody else's block", name);
        });
  for (const char* name : {"_ZnwmSt11align_val_tRKSt9nothrow_t", "_ZnamSt11align_val_tRKSt9nothrow_t"})
    counted(name, ALIGNED, 0, [&] {
      auto* const make = function<aligned_nothrow_new>(by_name(name));
      expect(is_mine(make(100, 64, &std::nothrow)) == from_program, "somebody else's block", name);
      expect(make(SIZE_MAX - 10, 64, &std::nothrow) == nullptr, "a size that does not fit is made to fit", name);
    });

  for (const char* name : {"_ZdlPv", "_ZdaPv"})
    counted(name, 1, 1, [&] {
      function<void(void*)>(by_name(name))(malloc(100));
      function<void(void*)>(by_name(name))(nullptr);
    });
  for (const char* name : {"_ZdlPvm", "_ZdaPvm"})
    counted(name, 1, 1, [&] { function<void(void*, size_t)>(by_name(name))(malloc(100), 100); });
  for (const char* name : {"_ZdlPvRKSt9nothrow_t", "_ZdaPvRKSt9nothrow_t"})
    counted(name, 1, 1,
            [&] { function<void(void*, const std::nothrow_t*)>(by_name(name))(malloc(100), &std::nothrow); });
  for (const char* name : {"_ZdlPvSt11align_val_t", "_ZdaPvSt11align_val_t"})
    counted(name, ALIGNED, ALIGNED, [&] { function<void(void*, size_t)>(by_name(name))(aligned_alloc(64, 128), 64); });
  for (const char* name : {"_ZdlPvmSt11align_val_t", "_ZdaPvmSt11align_val_t"})
    counted(name, ALIGNED, ALIGNED,
            [&] { function<void(void*, size_t, size_t)>(by_name(name))(aligned_alloc(64, 128), 128, 64); });
  for (const char* name : {"_ZdlPvSt11align_val_tRKSt9nothrow_t", "_ZdaPvSt11align_val_tRKSt9nothrow_t"})
    counted(name, ALIGNED, ALIGNED, [&] {
      function<void(void*, size_t, const std::nothrow_t*)>(by_name(name))(aligned_alloc(64, 128), 64, &std::nothrow);
    });
}

// ---- failures of the program's malloc ----

static size_t handled;

static void gives_up() {
  if (++handled == 3) std::set_new_handler(nullptr);
}

// new asks the program's malloc again for as long as there is a handler; then it throws, or gives a null pointer.
static void failures() {
  const auto handler_runs = [](size_t fails, auto act) {
    handled = 0;
    std::set_new_handler(gives_up);
    failing = fails;
    act();
    failing = 0;
  };
  handler_runs(2, [] { counted("_Znwm", 1, 1, [] { ::operator delete(::operator new(100)); }); });
  expect(handled == 2, "the handler is not called for each failure", "_Znwm");
  bool thrown = false;
  handler_runs(100, [&] {
    try {
      ::operator delete[](::operator new[](100000));
    } catch (const std::bad_alloc&) {
      failing = 0;
      thrown = true;
    }
  });
  expect(thrown && handled == 3, "nothing is thrown", "_Znam");
  handler_runs(100,
               [] { expect(::operator new(100, std::nothrow) == nullptr, "no null pointer", "_ZnwmRKSt9nothrow_t"); });
  expect(handled == 3, "the handler is not called for each failure", "_ZnwmRKSt9nothrow_t");
#ifndef FOUR
  const auto wide = std::align_val_t(64);
  handler_runs(
      2, [&] { counted("_ZnwmSt11align_val_t", 1, 1, [&] { ::operator delete(::operator new(100, wide), wide); }); });
  handler_runs(100, [&] {
    expect(::operator new(100, wide, std::nothrow) == nullptr, "no null pointer", "aligned nothrow new");
  });
#endif
}

int main(int count, char** arguments) {
  library = count == 2 ? dlopen(arguments[1], RTLD_LAZY | RTLD_NOLOAD) : nullptr;
  if (library == nullptr) fail("the library is not loaded", "own_family");
  is_micas = function<bool(const void*)>(in_library("mi_is_in_heap_region"));
  setvbuf(stdout, nullptr, _IOLBF, 0);
  setvbuf(stderr, nullptr, _IONBF, 0);
  puts("# functions, some of them twice");
  family();
  past();
  figures();
  of_the_c_library();
  others();
  operators();
  failures();
}

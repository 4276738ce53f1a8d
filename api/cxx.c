/* cxx.c -- the loaded C++ runtime, found at run time: libmica needs none, and works with libstdc++ and libc++ alike.
 *
 * A name is looked for in this order: as the linker bound it (weak references: a static program, or a runtime that was
 * there when libmica was loaded); the global scope; a runtime that some library brought in privately (RTLD_NOLOAD: nothing is
 * ever loaded by this). dlsym is weak as well, and dlopen found by it: a static program does not drag in the dynamic loader.
 * Compiled with -fexceptions: the exception passes through these frames. Called by api/new_handler.c, on failure only. */
#include "api/cxx.h"

#include "base/config.h"
#include "observe/output.h"
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

MICA_WEAK void* dlsym(void* handle, const char* name);

/* std::get_new_handler, std::__throw_bad_alloc */
MICA_WEAK mica_new_handler_t* _ZSt15get_new_handlerv(void);
MICA_WEAK void _ZSt17__throw_bad_allocv(void);
/* Throwing by the Itanium C++ ABI: allocate, construct, throw. */
MICA_WEAK void* __cxa_allocate_exception(size_t size);
MICA_WEAK void __cxa_throw(void* exception, void* type, void (*destroy)(void*));
MICA_WEAK void _ZNSt9bad_allocD1Ev(void* self);
extern MICA_WEAK char _ZTISt9bad_alloc[];
extern MICA_WEAK char _ZTVSt9bad_alloc[];
/* Of such an object gcc for powerpc64le forgets the attribute, but where it compares the address. */
MICA_WEAK_REFERENCE("_ZTISt9bad_alloc");
MICA_WEAK_REFERENCE("_ZTVSt9bad_alloc");

typedef void* dlopen_t(const char* file, int mode);

static void* in_private_runtime(const char* name) {
  static const char* const runtimes[] = {"libstdc++.so.6", "libc++.so.1", "libc++abi.so.1"};
  dlopen_t* const open_library = (dlopen_t*)dlsym(RTLD_DEFAULT, "dlopen");
  if (open_library == NULL) return NULL;
  for (unsigned i = 0; i < sizeof runtimes / sizeof runtimes[0]; i++) {
    void* const library = open_library(runtimes[i], RTLD_NOLOAD | RTLD_LAZY);
    void* const found = library == NULL ? NULL : dlsym(library, name);
    if (found != NULL) return found;
  }
  return NULL;
}

/* The address of name; linked: where the linker put it, or NULL. */
static void* find(const char* name, void* linked) {
  if (linked != NULL) return linked;
  if (dlsym == NULL) return NULL;
  void* const found = dlsym(RTLD_DEFAULT, name);
  return found != NULL ? found : in_private_runtime(name);
}

typedef mica_new_handler_t* get_handler_t(void);
typedef void throw_t(void);
typedef void* allocate_exception_t(size_t size);
typedef void throw_exception_t(void* exception, void* type, void (*destroy)(void*));
typedef void destroy_t(void* self);

mica_new_handler_t* mica_cxx_new_handler(void) {
  get_handler_t* const get = (get_handler_t*)find("_ZSt15get_new_handlerv", (void*)_ZSt15get_new_handlerv);
  return get == NULL ? NULL : get();
}

/* A std::bad_alloc is one pointer to its virtual table, whose first two words are not part of what it points to. */
static void throw_by_parts(void) {
  char* const table = find("_ZTVSt9bad_alloc", _ZTVSt9bad_alloc);
  void* const type = find("_ZTISt9bad_alloc", _ZTISt9bad_alloc);
  destroy_t* const destroy = (destroy_t*)find("_ZNSt9bad_allocD1Ev", (void*)_ZNSt9bad_allocD1Ev);
  allocate_exception_t* const allocate =
      (allocate_exception_t*)find("__cxa_allocate_exception", (void*)__cxa_allocate_exception);
  throw_exception_t* const throw_it = (throw_exception_t*)find("__cxa_throw", (void*)__cxa_throw);
  if (table == NULL || type == NULL || destroy == NULL || allocate == NULL || throw_it == NULL) return;
  void* const exception = allocate(sizeof(void*));
  const void* const first = table + 2 * sizeof(void*);
  memcpy(exception, &first, sizeof first);
  throw_it(exception, type, destroy);
}

_Noreturn void mica_cxx_throw_bad_alloc(void) {
  throw_t* const throw_it = (throw_t*)find("_ZSt17__throw_bad_allocv", (void*)_ZSt17__throw_bad_allocv);
  if (throw_it != NULL) throw_it();
  throw_by_parts();
  mica_fatal("operator new: out of memory, and no C++ runtime is loaded that could throw std::bad_alloc\n");
}

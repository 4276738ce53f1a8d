/* test_errno_exhausted.c -- errno when there is no more memory: the system refuses every mapping, and what mica has is used
 * up. Then every function that allocates comes to its end, with NULL and ENOMEM; what was had is freed, and is had again.
 *
 * The refusals are made by the hook of the room that asks the system (segment/os.h). */
#define _GNU_SOURCE 1
#include "api/family.h"
#include "forms.h"
#include "segment/os.h"

#include <criterion/criterion.h>
#include <wchar.h>

#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

static bool refuse(mica_os_call_t call) { return call == MICA_OS_MMAP || call == MICA_OS_MREMAP; }

/* ---- everything is used up ---- */

typedef struct link_s {
  struct link_s* next;
} link_t;

static link_t* taken;

/* Blocks of this size until there are no more. */
static void use_up(size_t size) {
  for (link_t* b; errno = ERRNO_MARK, (b = mi_malloc(size)) != NULL;) {
    *b = (link_t){taken};
    taken = b;
  }
}

static void exhaust(void) {
  mi_option_disable(mi_option_show_errors);
  mica_os_set_fault(refuse);
  for (size_t size = (size_t)64 << 20; size >= sizeof(link_t); size /= 2) use_up(size);
}

static void give_back(void) {
  while (taken != NULL) {
    link_t* const b = taken;
    taken = b->next;
    KEEPS_ERRNO(mi_free(b));
  }
  mica_os_set_fault(NULL);
}

static void make_theap(void) { cr_assert_not_null(forms_heap = mi_heap_new()); }

TestSuite(exhausted, .init = make_theap);

/* p: what a call gave whose errno was marked before. Whether there was something. */
static bool judged(void* p, const char* call) {
  if (p == NULL) {
    cr_assert_eq(errno, ENOMEM, "%s: errno is %d", call, errno);
    return false;
  }
  cr_assert_eq(errno, ERRNO_MARK, "%s: errno is %d", call, errno);
  return true;
}

/* The call comes to its end within so many blocks, which are freed. */
enum { MOST = 20000 };
#define ENDS(call) \
  do { \
    static void* had_[MOST]; \
    size_t had_n_ = 0; \
    while (errno = ERRNO_MARK, had_n_ < MOST && judged(had_[had_n_] = opaque(call), #call)) had_n_++; \
    cr_assert_lt(had_n_, (size_t)MOST, "%s does not end", #call); \
    while (had_n_ != 0) KEEPS_ERRNO(mi_free(had_[--had_n_])); \
  } while (0)

static const size_t sizes[] = {24, 1000, 20000, 1 << 20};

Test(exhausted, every_function_of_a_size_ends_in_enomem) {
  exhaust();
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    const size_t n = sizes[i];
    ENDS(malloc(n));
    ENDS(calloc(1, n));
    ENDS(realloc(NULL, n));
    ENDS(valloc(n));
    ENDS(pvalloc(n));
    ENDS(mi_malloc(n));
    ENDS(mi_zalloc(n));
    ENDS(mi_calloc(1, n));
    ENDS(mi_mallocn(1, n));
    ENDS(mi_malloc_small(n));
    ENDS(mi_zalloc_small(n));
    ENDS(mi_realloc(NULL, n));
    ENDS(mi_reallocf(NULL, n));
    ENDS(mi_reallocn(NULL, 1, n));
    ENDS(mi_reallocarray(NULL, n, 1));
    ENDS(mi_rezalloc(NULL, n));
    ENDS(mi_recalloc(NULL, 1, n));
    ENDS(mi_umalloc(n, NULL));
    ENDS(mi_ucalloc(1, n, NULL));
    ENDS(mi_umalloc_small(n, NULL));
    ENDS(mi_uzalloc_small(n, NULL));
    ENDS(mi_urealloc(NULL, n, NULL, NULL));
    ENDS(mi_valloc(n));
    ENDS(mi_pvalloc(n));
    ENDS(mi_new_nothrow(n));
  }
  give_back();
}

Test(exhausted, every_function_of_a_heap_ends_in_enomem) {
  exhaust();
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    const size_t n = sizes[i];
    ENDS(mi_heap_malloc(forms_heap, n));
    ENDS(mi_heap_zalloc(forms_heap, n));
    ENDS(mi_heap_calloc(forms_heap, 1, n));
    ENDS(mi_heap_mallocn(forms_heap, 1, n));
    ENDS(mi_heap_malloc_small(forms_heap, n));
    ENDS(mi_heap_zalloc_small(forms_heap, n));
    ENDS(mi_heap_realloc(forms_heap, NULL, n));
    ENDS(mi_heap_reallocn(forms_heap, NULL, n, 1));
    ENDS(mi_heap_reallocf(forms_heap, NULL, n));
    ENDS(mi_heap_rezalloc(forms_heap, NULL, n));
    ENDS(mi_heap_recalloc(forms_heap, NULL, 1, n));
    ENDS(mi_theap_malloc(NULL, n));
    ENDS(mi_theap_zalloc(NULL, n));
    ENDS(mi_theap_calloc(NULL, 1, n));
    ENDS(mi_theap_malloc_small(NULL, n));
    ENDS(mi_theap_zalloc_small(NULL, n));
    ENDS(mi_theap_realloc(NULL, NULL, n));
  }
  give_back();
}

Test(exhausted, every_aligned_form_ends_in_enomem) {
  exhaust();
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (size_t f = 0; f < FORMS; f++) {
      const char* name = forms[f].name;
      if (strstr(name, "posix") != NULL || strcmp(name, "new") == 0) continue;
      ENDS(forms[f].make(sizes[i], 256, 24));
      ENDS(forms[f].make(sizes[i], (size_t)1 << 24, 24));
    }
  give_back();
}

Test(exhausted, texts_end_in_enomem) {
  static char text[2000];
  static wchar_t wide[500];
  memset(text, 'a', sizeof text - 1);
  wmemset(wide, L'a', 499);
  setenv("MICA_TEST_LONG", text, 1);
  exhaust();
  ENDS(mi_strdup(text));
  ENDS(mi_strndup(text, 1500));
  ENDS(mi_mbsdup((const unsigned char*)text));
  ENDS(mi_wcsdup(wide));
  ENDS(mi_heap_strdup(forms_heap, text));
  ENDS(mi_heap_strndup(forms_heap, text, 1500));
  ENDS(mi_realpath("/", NULL));
  ENDS(mi_heap_realpath(forms_heap, "/", NULL));
  use_up(2048);
  use_up(2000);
  char* copy = text;
  size_t size = 1;
  KEEPS_ERRNO(cr_assert_eq(mi_dupenv_s(&copy, &size, "MICA_TEST_LONG"), ENOMEM));
  cr_assert(copy == NULL && size == 0);
  give_back();
}

/* Blocks of all sizes, resized until they cannot be: each is as it was. */
Test(exhausted, a_resizing_that_fails_leaves_the_block_alone) {
  enum { BLOCKS = 8 };
  void* p[BLOCKS];
  for (size_t i = 0; i < BLOCKS; i++)
    pattern_fill(p[i] = opaque(mi_zalloc((size_t)100 << i)), (size_t)100 << i, (unsigned)i);
  exhaust();
  for (size_t i = 0; i < BLOCKS; i++) {
    const size_t old = (size_t)100 << i, n = (size_t)300 << 20;
    FAILS_WITH(ENOMEM, opaque(realloc(opaque(p[i]), n)));
    FAILS_WITH(ENOMEM, opaque(reallocarray(opaque(p[i]), n, 1)));
    FAILS_WITH(ENOMEM, opaque(mi_realloc(opaque(p[i]), n)));
    FAILS_WITH(ENOMEM, opaque(mi_reallocn(opaque(p[i]), 1, n)));
    FAILS_WITH(ENOMEM, opaque(mi_rezalloc(opaque(p[i]), n)));
    FAILS_WITH(ENOMEM, opaque(mi_recalloc(opaque(p[i]), 1, n)));
    FAILS_WITH(ENOMEM, opaque(mi_expand(opaque(p[i]), n)));
    FAILS_WITH(ENOMEM, opaque(mi_urealloc(opaque(p[i]), n, NULL, NULL)));
    FAILS_WITH(ENOMEM, opaque(mi_realloc_aligned(opaque(p[i]), n, 64)));
    FAILS_WITH(ENOMEM, opaque(mi_rezalloc_aligned(opaque(p[i]), n, 64)));
    FAILS_WITH(ENOMEM, opaque(mi_heap_realloc(forms_heap, opaque(p[i]), n)));
    FAILS_WITH(ENOMEM, opaque(mi_heap_recalloc(forms_heap, opaque(p[i]), n, 1)));
    KEEPS_ERRNO(cr_assert_eq(mi_reallocarr(&p[i], n, 1), ENOMEM));
    cr_assert(pattern_filled(p[i], old, (unsigned)i), "%zu bytes", old);
  }
  give_back();
  for (size_t i = 0; i < BLOCKS; i++) {
    KEEPS_ERRNO(p[i] = opaque(mi_realloc(p[i], (size_t)300 << 20)));
    cr_assert(p[i] != NULL && pattern_filled(p[i], (size_t)100 << i, (unsigned)i), "there is memory again");
    mi_free(p[i]);
  }
}

/* A heap that cannot be made. What reallocf cannot resize is freed. */
Test(exhausted, heaps_end_in_enomem_and_reallocf_frees) {
  static mi_heap_t* heaps[MOST];
  void* const p = opaque(mi_malloc(8 << 20));
  exhaust();
  size_t n = 0;
  while (errno = ERRNO_MARK, n < MOST && judged(heaps[n] = mi_heap_new(), "mi_heap_new")) n++;
  cr_assert_lt(n, (size_t)MOST);
  FAILS_WITH(ENOMEM, opaque(mi_malloc(4 << 20)));
  FAILS_WITH(ENOMEM, opaque(mi_reallocf(p, (size_t)300 << 20)));
  void* q = NULL;
  KEEPS_ERRNO(q = opaque(mi_malloc(4 << 20)));
  cr_assert_not_null(q, "8 MiB were freed");
  mi_free(q);
  while (n != 0) KEEPS_ERRNO(mi_heap_destroy(heaps[--n]));
  give_back();
}

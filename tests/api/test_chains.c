/* test_chains.c -- chains of rezalloc and recalloc in all their forms: whatever a block goes through, its contents are kept and
 * everything behind them is zero, to the end of its usable size.
 *
 * Beside the block stands what its bytes must be. Between the steps the program writes anywhere into the usable size, which
 * is its right. A step keeps the bytes below both the old usable size and the new size, and all others are zero. */
#define _GNU_SOURCE 1
#include <criterion/criterion.h>
#include <mica.h>

#include "tests/support/pointers.h"

enum { MOST = 300000, LARGE = 6 << 20, STEPS = 24, ROOM = 3 * LARGE };

typedef struct step_s {
  void* p;
  size_t count, size, alignment, offset;
} step_t;

typedef struct form_s {
  const char* name;
  void* (*resize)(const step_t* s);
  bool aligned, at;
} form_t;

static mi_heap_t* heap;

#define FORM(name, expression) \
  static void* form_##name(const step_t* s) { return opaque(expression); }

FORM(rezalloc, mi_rezalloc(s->p, s->count * s->size))
FORM(recalloc, mi_recalloc(s->p, s->count, s->size))
FORM(rezalloc_aligned, mi_rezalloc_aligned(s->p, s->count * s->size, s->alignment))
FORM(rezalloc_at, mi_rezalloc_aligned_at(s->p, s->count * s->size, s->alignment, s->offset))
FORM(recalloc_aligned, mi_recalloc_aligned(s->p, s->count, s->size, s->alignment))
FORM(recalloc_at, mi_recalloc_aligned_at(s->p, s->count, s->size, s->alignment, s->offset))
FORM(aligned_recalloc, mi_aligned_recalloc(s->p, s->count, s->size, s->alignment))
FORM(offset_recalloc, mi_aligned_offset_recalloc(s->p, s->count, s->size, s->alignment, s->offset))
FORM(heap_rezalloc, mi_heap_rezalloc(heap, s->p, s->count * s->size))
FORM(heap_recalloc, mi_heap_recalloc(heap, s->p, s->count, s->size))
FORM(heap_rezalloc_aligned, mi_heap_rezalloc_aligned(heap, s->p, s->count * s->size, s->alignment))
FORM(heap_rezalloc_at, mi_heap_rezalloc_aligned_at(heap, s->p, s->count * s->size, s->alignment, s->offset))
FORM(heap_recalloc_aligned, mi_heap_recalloc_aligned(heap, s->p, s->count, s->size, s->alignment))
FORM(heap_recalloc_at, mi_heap_recalloc_aligned_at(heap, s->p, s->count, s->size, s->alignment, s->offset))

static const form_t forms[] = {
    {"rezalloc", form_rezalloc, false, false},
    {"recalloc", form_recalloc, false, false},
    {"rezalloc_aligned", form_rezalloc_aligned, true, false},
    {"rezalloc_aligned_at", form_rezalloc_at, true, true},
    {"recalloc_aligned", form_recalloc_aligned, true, false},
    {"recalloc_aligned_at", form_recalloc_at, true, true},
    {"aligned_recalloc", form_aligned_recalloc, true, false},
    {"aligned_offset_recalloc", form_offset_recalloc, true, true},
    {"heap_rezalloc", form_heap_rezalloc, false, false},
    {"heap_recalloc", form_heap_recalloc, false, false},
    {"heap_rezalloc_aligned", form_heap_rezalloc_aligned, true, false},
    {"heap_rezalloc_aligned_at", form_heap_rezalloc_at, true, true},
    {"heap_recalloc_aligned", form_heap_recalloc_aligned, true, false},
    {"heap_recalloc_aligned_at", form_heap_recalloc_at, true, true},
};
enum { FORMS = sizeof forms / sizeof forms[0] };

static uint64_t seed;

static size_t below(size_t n) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (size_t)(seed >> 33) % n;
}

/* Small ones as often as large ones, by powers of two; now and then the size before, or one beside it. */
static size_t next_size(size_t before) {
  if (below(60) == 0) return below(LARGE);
  switch (below(8)) {
  case 0: return before;
  case 1: return before + below(20);
  case 2: return before - (before == 0 ? 0 : below(before < 20 ? before : 20));
  case 3: return below(MOST);
  default: return below((size_t)2 << below(17));
  }
}

/* What the block's bytes must be. */
static unsigned char expected[ROOM];

static void scribble(unsigned char* p, size_t usable) {
  for (size_t times = below(4); times != 0 && usable != 0; times--) {
    const size_t at = below(usable), n = 1 + below(usable - at);
    const size_t length = below(2) == 0 ? n : n < 100 ? n : 100;
    for (size_t i = at; i < at + length; i++) p[i] = expected[i] = (unsigned char)(i * 31 + seed % 251 + 1);
  }
  if (usable != 0 && below(3) == 0) p[usable - 1] = expected[usable - 1] = 0xee;
}

/* One step; the new size. */
static size_t step(step_t* s, const form_t* form, size_t before) {
  const size_t old_usable = s->p == NULL ? 0 : mi_usable_size(s->p);
  const size_t total = next_size(before) % LARGE;
  s->size = total % 3 == 0 ? 3 : 1;
  s->count = total / s->size;
  s->alignment = (size_t)1 << below(below(4) == 0 ? 18 : 9);
  s->offset = below(3) == 0 ? 0 : below(2) == 0 ? below(64) : s->alignment - 1;
  unsigned char* const p = form->resize(s);
  cr_assert_not_null(p, "%s: to %zu bytes", form->name, total);
  if (form->aligned) {
    const uintptr_t at = (uintptr_t)p + (form->at ? s->offset : 0);
    cr_assert(at % s->alignment == 0, "%s: %p, alignment %zu, offset %zu", form->name, (void*)p, s->alignment,
              s->offset);
  }
  const size_t usable = mi_usable_size(p), kept = old_usable < total ? old_usable : total;
  cr_assert_geq(usable, total, "%s: %zu usable bytes of %zu", form->name, usable, total);
  cr_assert_leq(usable, (size_t)ROOM, "%s: %zu usable bytes of %zu", form->name, usable, total);
  memset(expected + kept, 0, (old_usable > usable ? old_usable : usable) - kept);
  for (size_t i = 0; memcmp(p, expected, usable) != 0 && i < usable; i++)
    cr_assert_eq(p[i], expected[i], "%s: from %zu usable bytes to %zu, %zu usable: byte %zu is %u, not %u", form->name,
                 old_usable, total, usable, i, p[i], expected[i]);
  s->p = p;
  scribble(p, usable);
  return total;
}

/* In chains of one form, and of all of them mixed. */
static void chains(size_t from, size_t to, size_t times) {
  heap = mi_heap_new();
  cr_assert_not_null(heap);
  for (size_t n = 0; n < times; n++) {
    seed = n * FORMS + from + 1;
    const size_t fixed = below(2) == 0 ? from + below(to - from) : FORMS;
    step_t s = {NULL, 0, 0, 0, 0};
    size_t size = 0;
    for (size_t i = 1 + below(STEPS); i != 0; i--)
      size = step(&s, &forms[fixed < FORMS ? fixed : from + below(to - from)], size);
    memset(expected, 0, mi_usable_size(s.p));
    mi_free(s.p);
  }
  mi_heap_delete(heap);
}

Test(chains, of_rezalloc_and_recalloc_keep_contents_and_zeros) { chains(0, 8, 500); }
Test(chains, in_heaps_too) { chains(8, FORMS, 400); }
Test(chains, of_all_forms_mixed) { chains(0, FORMS, 400); }

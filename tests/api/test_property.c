/* test_property.c -- every aligned form, over sizes, alignments and offsets: the address, the usable size, zeros, contents.
 *
 * A few blocks live at a time, each filled over its whole usable size with a byte of its own, which is looked at when the
 * block is freed: so nobody writes over a neighbour, whoever is freed first. What is filled is never zero, so that memory
 * that comes again is dirty. Sizes are those around every class; the offset goes round from one allocation to the next. */
#define _GNU_SOURCE 1
#include "forms.h"

#include <criterion/criterion.h>

#include "block/class.h"

enum { LIVE = 13, OFFSETS = 7 };

typedef struct live_s {
  unsigned char* p;
  size_t usable;
  unsigned char byte;
} live_t;

static live_t live[LIVE];
static uint64_t seed;

static size_t below(size_t n) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (size_t)(seed >> 33) % n;
}

/* All n bytes are this one. */
static bool uniform(const unsigned char* p, size_t n, unsigned char byte) {
  return n == 0 || (p[0] == byte && memcmp(p, p + 1, n - 1) == 0);
}

static void release(live_t* l) {
  if (l->p == NULL) return;
  cr_assert_eq(mi_usable_size(l->p), l->usable, "the usable size of %p has changed", (void*)l->p);
  cr_assert(uniform(l->p, l->usable, l->byte), "%p of %zu bytes was overwritten", (void*)l->p, l->usable);
  mi_free(l->p);
  l->p = NULL;
}

static void release_all(void) {
  for (size_t i = 0; i < LIVE; i++) release(&live[i]);
}

static size_t offset_of(size_t turn, size_t alignment) {
  switch (turn % OFFSETS) {
  case 0: return 0;
  case 1: return 1;
  case 2: return 8;
  case 3: return alignment - 1;
  case 4: return alignment;
  case 5: return alignment / 2;
  default: return 3 * alignment + 24;
  }
}

/* One block more, in the place of one that is freed before or after. */
static void one(const form_t* form, size_t size, size_t alignment, size_t turn) {
  live_t* const l = &live[below(LIVE)];
  const bool first = below(2) == 0;
  if (first) release(l);
  const size_t offset = form->at ? offset_of(turn, alignment) : 0;
  unsigned char* const p = form->make(size, alignment, offset);
  cr_assert_not_null(p, "%s: %zu bytes at %zu, offset %zu", form->name, size, alignment, offset);
  cr_assert(((uintptr_t)p + offset) % alignment == 0, "%s: %zu bytes at %zu, offset %zu: %p", form->name, size,
            alignment, offset, (void*)p);
  const size_t usable = mi_usable_size(p);
  cr_assert_geq(usable, size, "%s: %zu bytes at %zu, offset %zu", form->name, size, alignment, offset);
  if (form->zero)
    cr_assert(uniform(p, usable, 0), "%s: %zu bytes at %zu, offset %zu: not zero", form->name, size, alignment, offset);
  const live_t made = {p, usable, (unsigned char)(1 + turn % 255)};
  memset(p, made.byte, usable);
  if (!first) release(l);
  *l = made;
}

static void some_forms(size_t from, size_t to) {
  size_t turn = 0;
  forms_heap = mi_heap_new();
  cr_assert_not_null(forms_heap);
  for (size_t f = from; f < to; f++) {
    seed = f + 1;
    for (size_t c = 0; c < MICA_CLASSES_PLAIN; c++)
      for (size_t alignment = forms[f].least; alignment <= MICA_SLICE; alignment *= 2)
        for (size_t d = 0; d < 3; d++) one(&forms[f], mica_classes[c].size - 1 + d, alignment, ++turn);
    for (size_t alignment = forms[f].least; alignment <= MICA_SLICE; alignment *= 2)
      one(&forms[f], 0, alignment, ++turn);
    release_all();
  }
  mi_heap_delete(forms_heap);
}

Test(property, every_size_class_at_alignments_up_to_a_slice) { some_forms(0, FORMS / 2); }
Test(property, every_size_class_at_alignments_up_to_a_slice_in_heaps) { some_forms(FORMS / 2, FORMS); }

Test(property, alignments_up_to_1_gib) {
  static const size_t sizes[] = {0, 1, 1000, 65537, 3 << 20, (4 << 20) + 1};
  size_t turn = 0;
  forms_heap = mi_heap_new();
  for (size_t f = 0; f < FORMS; f++) {
    seed = f + 1;
    for (size_t alignment = 2 * MICA_SLICE; alignment <= (size_t)1 << 30; alignment *= 2)
      one(&forms[f], sizes[below(sizeof sizes / sizeof sizes[0])], alignment, ++turn);
    release_all();
  }
  mi_heap_delete(forms_heap);
}

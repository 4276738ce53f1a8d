/* test_api_aligned.c -- size x alignment x offset, over all aligned mi_* forms (tables.h); and the forms of other systems. */
#define _GNU_SOURCE 1
#include "tables.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include "tests/api/sizes.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

static mi_heap_t* heap;
static void with_heap(void) {
  heap = mi_heap_new();
  cr_assert_not_null(heap);
}
static void without_heap(void) { mi_heap_destroy(heap); }
TestSuite(api_aligned, .init = with_heap, .fini = without_heap);

static const size_t largest = (size_t)1 << 30;

/* The largest size of every class, and a few above them. What is asked for is up to two bytes less. */
static size_t sizes[120];
static size_t size_count;
static void find_sizes(void) {
  for (size_t size = 1; size <= 65536 && size_count < 110; size = sizes[size_count - 1] + 1)
    sizes[size_count++] = mi_good_size(size);
  cr_assert_gt(size_count, (size_t)80, "every class was meant");
  sizes[size_count++] = 100000;
  sizes[size_count++] = 3 << 20;
}

static void check_one(const aligned_maker_t* f, size_t size, size_t alignment, size_t offset) {
  unsigned char* p = NULL;
  errno = ERRNO_MARK;
  p = f->make(heap, size, alignment, offset);
  if (p == NULL || errno != ERRNO_MARK || !aligned_to(p + offset, alignment))
    cr_assert_fail("%s(%zu bytes, %zu, %zu): %p, errno %d", f->name, size, alignment, offset, (void*)p, errno);
  const size_t usable = mi_usable_size(p);
  if (usable < size || (size == 0 && usable == 0))
    cr_assert_fail("%s(%zu, %zu): %zu", f->name, size, alignment, usable);
  if (f->zero && !all_zero(p, usable)) cr_assert_fail("%s(%zu, %zu, %zu): not zero", f->name, size, alignment, offset);
  memset(p, 0xd5, usable < 200000 ? usable : 200000);
  mi_free(p);
  if (errno != ERRNO_MARK) cr_assert_fail("mi_free of %s(%zu, %zu) changed errno", f->name, size, alignment);
}

Test(api_aligned, every_class_at_every_alignment) {
  find_sizes();
  for (size_t m = 0; m < ALIGNED_MAKERS; m++) {
    const aligned_maker_t* f = &aligned_makers[m];
    for (size_t alignment = 1; alignment <= largest; alignment *= 2) {
      const size_t step = alignment <= 8192 ? 1 : alignment <= 1 << 20 ? 7 : 25;
      for (size_t i = 0; i < size_count; i += step) {
        check_one(f, sizes[i] - i % 3 % sizes[i], alignment, 0);
        if (!f->at) continue;
        const size_t offsets[] = {1, 8, sizes[i] / 2, alignment / 2, alignment, alignment + 16, sizes[i]};
        for (size_t o = 0; o < 7; o++) check_one(f, sizes[i], alignment, offsets[o]);
      }
      check_one(f, 0, alignment, 0);
    }
  }
}

Test(api_aligned, blocks_are_the_heaps) {
  for (size_t m = 0; m < ALIGNED_MAKERS; m++) {
    const aligned_maker_t* f = &aligned_makers[m];
    for (size_t alignment = 1; alignment <= 1 << 20; alignment *= 16) {
      void* const p = f->make(heap, 1000, alignment, 0);
      cr_assert_eq(mi_heap_contains(heap, p), f->in_heap, "%s at %zu", f->name, alignment);
      mi_free(p);
    }
  }
}

static volatile size_t half = (size_t)1 << 63;
static volatile size_t root = (size_t)1 << 32;
static volatile const size_t no_alignments[] = {0, 3, 5, 6, 7, 24, 48, 100, 4097, SIZE_MAX, ((size_t)1 << 30) + 1};
static volatile const size_t large_alignments[] = {(size_t)1 << 31, (size_t)1 << 40, (size_t)1 << 63};

Test(api_aligned, makers_fail) {
  for (size_t m = 0; m < ALIGNED_MAKERS; m++) {
    const aligned_maker_t* f = &aligned_makers[m];
    for (size_t i = 0; i < sizeof no_alignments / sizeof no_alignments[0]; i++)
      FAILS_WITH(EINVAL, f->make(heap, 100, no_alignments[i], 0));
    for (size_t i = 0; i < 3; i++) FAILS_WITH(ENOMEM, f->make(heap, 100, large_alignments[i], 0));
    for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) {
      FAILS_WITH(ENOMEM, f->make(heap, impossible_sizes[i], 16, 0));
      FAILS_WITH(ENOMEM, f->make(heap, impossible_sizes[i], 4096, 8));
    }
    if (f->array == NULL) continue;
    FAILS_WITH(ENOMEM, f->array(heap, half, 2, 64, 0));
    FAILS_WITH(ENOMEM, f->array(heap, root, root, 64, 0));
  }
}

static void chain(const aligned_resizer_t* f, size_t alignment, size_t offset) {
  static const size_t lengths[] = {10, 1000, 900, 5000, 300, 70000, 69000, 300000, 2 << 20, 40000, 41000, 100};
  unsigned char* p = NULL;
  size_t have = 0;
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    const size_t size = lengths[i], kept = have < size ? have : size;
    KEEPS_ERRNO(p = f->resize(heap, p, size, alignment, offset));
    cr_assert(p != NULL && aligned_to(p + offset, alignment), "%s(%zu, %zu, %zu)", f->name, size, alignment, offset);
    const size_t usable = mi_usable_size(p);
    cr_assert_geq(usable, size, "%s(%zu, %zu, %zu)", f->name, size, alignment, offset);
    cr_assert(pattern_filled(p, kept, (unsigned)(alignment + offset)), "%s(%zu, %zu, %zu)", f->name, size, alignment,
              offset);
    if (f->zero) cr_assert(all_zero(p + kept, usable - kept), "%s(%zu, %zu, %zu)", f->name, size, alignment, offset);
    if (i == 0) cr_assert_eq(mi_heap_contains(heap, p), f->in_heap, "%s", f->name);
    pattern_fill(p, size, (unsigned)(alignment + offset));
    have = size;
  }
  KEEPS_ERRNO(mi_free(p));
}

Test(api_aligned, resizers_keep_alignment_and_contents) {
  for (size_t r = 0; r < ALIGNED_RESIZERS; r++) {
    const aligned_resizer_t* f = &aligned_resizers[r];
    for (size_t alignment = 8; alignment <= largest; alignment *= alignment < 8192 ? 2 : 8) {
      chain(f, alignment, 0);
      if (f->at && alignment <= 1 << 20) chain(f, alignment, 8);
      if (f->at && alignment <= 1 << 20) chain(f, alignment, 264);
    }
  }
}

Test(api_aligned, resizers_fail_and_leave_the_block) {
  for (size_t r = 0; r < ALIGNED_RESIZERS; r++) {
    const aligned_resizer_t* f = &aligned_resizers[r];
    unsigned char* const p = f->resize(heap, NULL, 3000, 64, 0);
    pattern_fill(p, 3000, 3);
    for (size_t i = 0; i < sizeof no_alignments / sizeof no_alignments[0]; i++)
      FAILS_WITH(EINVAL, f->resize(heap, p, 100, no_alignments[i], 0));
    for (size_t i = 0; i < 3; i++) FAILS_WITH(ENOMEM, f->resize(heap, p, 100, large_alignments[i], 0));
    for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) FAILS_WITH(ENOMEM, f->resize(heap, p, impossible_sizes[i], 64, 0));
    if (f->array != NULL) FAILS_WITH(ENOMEM, f->array(heap, p, half, 2, 64, 0));
    if (f->array != NULL) FAILS_WITH(ENOMEM, f->array(heap, p, root, root, 64, 0));
    cr_assert(pattern_filled(p, 3000, 3), "%s: the block was changed", f->name);
    mi_free(p);
  }
}

Test(api_aligned, arrays_are_as_long_as_their_elements) {
  for (size_t m = 0; m < ALIGNED_MAKERS; m++) {
    if (aligned_makers[m].array == NULL) continue;
    unsigned char* const p = aligned_makers[m].array(heap, 70, 100, 256, 0);
    cr_assert(aligned_to(p, 256) && mi_usable_size(p) >= 7000, "%s", aligned_makers[m].name);
    cr_assert(all_zero(p, mi_usable_size(p)), "%s", aligned_makers[m].name);
    mi_free(p);
  }
  for (size_t r = 0; r < ALIGNED_RESIZERS; r++) {
    if (aligned_resizers[r].array == NULL) continue;
    unsigned char* p = aligned_resizers[r].array(heap, NULL, 7, 100, 256, 0);
    pattern_fill(p, 700, 1);
    p = aligned_resizers[r].array(heap, p, 70, 100, 256, 0);
    cr_assert(aligned_to(p, 256) && mi_usable_size(p) >= 7000, "%s", aligned_resizers[r].name);
    cr_assert(pattern_filled(p, 700, 1) && all_zero(p + 700, mi_usable_size(p) - 700), "%s", aligned_resizers[r].name);
    mi_free(p);
  }
}

Test(api_aligned, posix_memalign_tells_by_its_result) {
  char mark;
  for (size_t alignment = sizeof(void*); alignment <= (size_t)8 << 20; alignment *= 2) {
    void* p = &mark;
    KEEPS_ERRNO(cr_assert_eq(mi_posix_memalign(&p, alignment, 100), 0));
    cr_assert(p != (void*)&mark && aligned_to(p, alignment) && mi_usable_size(p) >= 100, "alignment %zu", alignment);
    memset(p, 1, 100);
    mi_free(p);
  }
  static volatile const size_t bad[] = {0, 1, 2, 4, 7, 12, 24, 100, SIZE_MAX};
  void* p = &mark;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    KEEPS_ERRNO(cr_assert_eq(mi_posix_memalign(&p, bad[i], 100), EINVAL, "alignment %zu", bad[i]));
  for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++)
    KEEPS_ERRNO(cr_assert_eq(mi_posix_memalign(&p, 64, impossible_sizes[i]), ENOMEM));
  for (size_t i = 0; i < 3; i++) KEEPS_ERRNO(cr_assert_eq(mi_posix_memalign(&p, large_alignments[i], 100), ENOMEM));
  cr_assert_eq(p, (void*)&mark, "written though it failed");
  void** volatile nowhere = NULL;
  KEEPS_ERRNO(cr_assert_eq(mi_posix_memalign(nowhere, 64, 100), EINVAL));
}

Test(api_aligned, pages) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  static const size_t wanted[] = {0, 1, 100, 4095, 4096, 4097, 100000};
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    char* const p = opaque(mi_valloc(wanted[i]));
    char* const q = opaque(mi_pvalloc(wanted[i]));
    cr_assert(aligned_to(p, page) && mi_usable_size(p) >= wanted[i], "valloc of %zu bytes", wanted[i]);
    const size_t whole = wanted[i] == 0 ? page : (wanted[i] + page - 1) / page * page;
    cr_assert(aligned_to(q, page) && mi_usable_size(q) >= whole, "pvalloc of %zu bytes", wanted[i]);
    memset(q, 1, whole);
    mi_free(p);
    mi_free(q);
  }
  FAILS_WITH(ENOMEM, opaque(mi_pvalloc(impossible_sizes[4])));
}

Test(api_aligned, sizes_are_told) {
  size_t size = 1;
  void* p = opaque(mi_umalloc_aligned(1000, 4096, &size));
  cr_assert_eq(size, mi_usable_size(p));
  cr_assert_geq(size, (size_t)1000);
  mi_free(p);
  p = opaque(mi_uzalloc_aligned(100000, 64, &size));
  cr_assert_eq(size, mi_usable_size(p));
  cr_assert_geq(size, (size_t)100000);
  cr_assert(all_zero(p, size));
  mi_free(p);
  FAILS_WITH(ENOMEM, opaque(mi_umalloc_aligned(impossible_sizes[0], 64, &size)));
  cr_assert_eq(size, (size_t)0);
  size = 1;
  FAILS_WITH(EINVAL, opaque(mi_uzalloc_aligned(100, no_alignments[1], &size)));
  cr_assert_eq(size, (size_t)0);
}

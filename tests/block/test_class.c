/* test_class.c -- the size classes, every size: the class that a request gets, its waste and its alignment. */
#include "block/class.h"
#include "tests/support/require.h"

static uint32_t size_of(unsigned class) { return mica_classes[class].size; }

Test(class, every_size_gets_the_smallest_class_that_holds_it) {
  for (size_t size = 1; size <= MICA_CLASS_MAX; size++) {
    const unsigned c = mica_class_of(size);
    REQUIRE(c < MICA_CLASSES_PLAIN, "size %zu: class %u is none of the plain ones", size, c);
    REQUIRE(size_of(c) >= size, "size %zu: class %u holds only %u", size, c, size_of(c));
    REQUIRE(c == 0 || size_of(c - 1) < size, "size %zu: class %u would hold it, too", size, c - 1);
  }
}

Test(class, waste_is_under_16_bytes_and_above_1_KiB_under_a_fifth) {
  for (size_t size = 1; size <= MICA_CLASS_MAX; size++) {
    const size_t block = size_of(mica_class_of(size)), waste = block - size;
    if (size <= MICA_SMALL_MAX)
      REQUIRE(waste < 16, "size %zu: %zu bytes wasted", size, waste);
    else
      REQUIRE(5 * waste < block, "size %zu: %zu bytes of %zu wasted", size, waste, block);
  }
}

Test(class, the_table_is_well_formed) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    const mica_class_t* class = &mica_classes[c];
    REQUIRE(class->size % 16 == 0, "class %u: size %u is no multiple of 16", c, class->size);
    REQUIRE(class->slices == (class->size <= 8192 ? 1 : 8), "class %u: %u slices", c, class->slices);
    REQUIRE(class->cache_max >= 2 && class->cache_max <= 64, "class %u: %u hot blocks", c, class->cache_max);
    REQUIRE(class->inner == (c >= MICA_CLASSES_PLAIN), "class %u: inner is %d", c, class->inner);
    if (c != 0 && c != MICA_CLASSES_PLAIN)
      REQUIRE(size_of(c - 1) < class->size, "class %u is not larger than the one before", c);
    if (class->inner)
      REQUIRE((class->size & (class->size - 1)) == 0, "class %u: %u is no power of two", c, class->size);
  }
  cr_assert_eq(size_of(0), 16u);
  cr_assert_eq(size_of(MICA_CLASSES_PLAIN - 1), (uint32_t)MICA_CLASS_MAX);
  cr_assert_eq(size_of(MICA_CLASSES - 1), (uint32_t)MICA_CLASS_MAX);
}

/* What class.h promises of a search, written down as slowly as it can be. */
static unsigned search(unsigned from, unsigned end, size_t size, size_t align) {
  for (unsigned c = from; c < end; c++)
    if (size_of(c) >= size && size_of(c) % align == 0) return c;
  return MICA_CLASS_NONE;
}

Test(class, aligned_gives_the_smallest_class_of_which_each_block_is_aligned) {
  for (size_t align = 1; align <= MICA_SLICE; align *= 2) {
    for (size_t size = 0; size <= MICA_CLASS_MAX; size++) {
      const unsigned c = mica_class_aligned(size, align);
      REQUIRE(c == search(0, MICA_CLASSES_PLAIN, size, align), "size %zu, alignment %zu: class %u", size, align, c);
      REQUIRE(c != MICA_CLASS_NONE, "size %zu, alignment %zu: none, though 65,536 would do", size, align);
    }
  }
}

Test(class, aligned_gives_none_above_the_limits) {
  for (size_t align = 1; align <= (size_t)1 << 30; align *= 2) {
    cr_assert_eq(mica_class_aligned(MICA_CLASS_MAX + 1, align), (unsigned)MICA_CLASS_NONE);
    cr_assert_eq(mica_class_aligned(SIZE_MAX, align), (unsigned)MICA_CLASS_NONE);
    if (align > MICA_SLICE) cr_assert_eq(mica_class_aligned(16, align), (unsigned)MICA_CLASS_NONE);
  }
}

Test(class, inner_gives_the_smallest_inner_class) {
  for (size_t size = 0; size <= MICA_CLASS_MAX + 100; size++) {
    const unsigned c = mica_class_inner(size);
    REQUIRE(c == search(MICA_CLASSES_PLAIN, MICA_CLASSES, size, 1), "size %zu: inner class %u", size, c);
  }
  cr_assert_eq(mica_class_inner(SIZE_MAX), (unsigned)MICA_CLASS_NONE);
}

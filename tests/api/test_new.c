/* test_new.c -- C++'s operators called by their names in the object file, where no C++ runtime is loaded.
 *
 * With one: tests/plain/new_forms.cc. */
#define _GNU_SOURCE 1
#include "api/override_new.h"
#include <criterion/criterion.h>
#include <malloc.h>

#include "tests/api/sizes.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

static char nothrow;

Test(new, plain_forms) {
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t size = ordinary_sizes[i];
    void* const blocks[] = {_Znwm(size), _Znam(size), _ZnwmRKSt9nothrow_t(size, &nothrow),
                            _ZnamRKSt9nothrow_t(size, &nothrow)};
    for (size_t b = 0; b < 4; b++) {
      cr_assert_not_null(blocks[b], "form %zu, size %zu", b, size);
      cr_assert(aligned_to(blocks[b], 16), "form %zu, size %zu", b, size);
      cr_assert_geq(malloc_usable_size(blocks[b]), size, "form %zu", b);
      pattern_fill(blocks[b], size, (unsigned)b);
    }
    for (size_t b = 0; b < 4; b++)
      cr_assert(pattern_filled(blocks[b], size, (unsigned)b), "form %zu, size %zu", b, size);
    KEEPS_ERRNO(_ZdlPv(blocks[0]));
    KEEPS_ERRNO(_ZdaPvm(blocks[1], size));
    KEEPS_ERRNO(_ZdlPvRKSt9nothrow_t(blocks[2], &nothrow));
    KEEPS_ERRNO(_ZdaPvRKSt9nothrow_t(blocks[3], &nothrow));
  }
}

Test(new, aligned_forms) {
  for (size_t alignment = 1; alignment <= (size_t)1 << 20; alignment *= 2) {
    void* const blocks[] = {_ZnwmSt11align_val_t(100, alignment), _ZnamSt11align_val_t(100, alignment),
                            _ZnwmSt11align_val_tRKSt9nothrow_t(100, alignment, &nothrow),
                            _ZnamSt11align_val_tRKSt9nothrow_t(100, alignment, &nothrow)};
    for (size_t b = 0; b < 4; b++) {
      cr_assert_not_null(blocks[b], "form %zu, alignment %zu", b, alignment);
      cr_assert(aligned_to(blocks[b], alignment), "form %zu, alignment %zu", b, alignment);
      memset(blocks[b], 1, 100);
    }
    KEEPS_ERRNO(_ZdlPvSt11align_val_t(blocks[0], alignment));
    KEEPS_ERRNO(_ZdaPvmSt11align_val_t(blocks[1], 100, alignment));
    KEEPS_ERRNO(_ZdlPvSt11align_val_tRKSt9nothrow_t(blocks[2], alignment, &nothrow));
    KEEPS_ERRNO(_ZdaPvSt11align_val_tRKSt9nothrow_t(blocks[3], alignment, &nothrow));
  }
}

Test(new, nothrow_forms_return_null) {
  for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) {
    const size_t size = impossible_sizes[i];
    cr_assert_null(opaque(_ZnwmRKSt9nothrow_t(size, &nothrow)));
    cr_assert_null(opaque(_ZnamRKSt9nothrow_t(size, &nothrow)));
    cr_assert_null(opaque(_ZnwmSt11align_val_tRKSt9nothrow_t(size, 64, &nothrow)));
    cr_assert_null(opaque(_ZnamSt11align_val_tRKSt9nothrow_t(size, 64, &nothrow)));
  }
  cr_assert_null(opaque(_ZnwmSt11align_val_tRKSt9nothrow_t(100, 65, &nothrow)), "65 is no alignment");
  cr_assert_null(opaque(_ZnamSt11align_val_tRKSt9nothrow_t(100, 0, &nothrow)), "0 is no alignment");
}

Test(new, deletes_take_null) {
  KEEPS_ERRNO(_ZdlPv(NULL));
  KEEPS_ERRNO(_ZdaPv(NULL));
  KEEPS_ERRNO(_ZdlPvm(NULL, 8));
  KEEPS_ERRNO(_ZdaPvm(NULL, 8));
  KEEPS_ERRNO(_ZdlPvRKSt9nothrow_t(NULL, &nothrow));
  KEEPS_ERRNO(_ZdaPvRKSt9nothrow_t(NULL, &nothrow));
  KEEPS_ERRNO(_ZdlPvSt11align_val_t(NULL, 64));
  KEEPS_ERRNO(_ZdaPvSt11align_val_t(NULL, 64));
  KEEPS_ERRNO(_ZdlPvmSt11align_val_t(NULL, 8, 64));
  KEEPS_ERRNO(_ZdaPvmSt11align_val_t(NULL, 8, 64));
  KEEPS_ERRNO(_ZdlPvSt11align_val_tRKSt9nothrow_t(NULL, 64, &nothrow));
  KEEPS_ERRNO(_ZdaPvSt11align_val_tRKSt9nothrow_t(NULL, 64, &nothrow));
}

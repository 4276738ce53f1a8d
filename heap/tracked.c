/* tracked.c -- blocks with a record, and what the checker learns when they change hands.
 *
 * The record lies in the block's last bytes and is hidden but for the moment in which it is read or written, by the thread
 * that holds the block. mark = p ^ MARK only while the block at p is the program's, so that a second free, or a free of
 * what never was a block, is told from a first one without touching anything else. */
#include "heap/tracked.h"

#include <errno.h>
#include <string.h>

#include "heap/alloc.h"
#include "heap/theap.h"
#include "observe/hooks.h"
#include "segment/arena.h"

typedef struct record_s {
  uint64_t size_and_family; /* size * 4 + family */
  uint64_t mark;
} record_t;
static_assert(MICA_PAD == 0 || MICA_PAD >= sizeof(record_t), "the record lies behind the program's bytes");

enum { FAMILY_BITS = 2 };
#define MARK UINT64_C(0x6d6963615f6c6976)

static size_t usable_at(const void* p) { return mica_page_usable(mica_page_of(p), p); }

static void* record_at(const void* p) { return (char*)(uintptr_t)p + usable_at(p) - sizeof(record_t); }

static record_t record_get(const void* p) {
  record_t r;
  const char* at = record_at(p);
  mica_track_open(at, sizeof r);
  memcpy(&r, at, sizeof r);
  mica_track_close(at, sizeof r);
  return r;
}

static void record_set(const void* p, record_t r) {
  char* at = record_at(p);
  mica_track_open(at, sizeof r);
  memcpy(at, &r, sizeof r);
  mica_track_close(at, sizeof r);
}

static size_t size_of(record_t r) { return (size_t)(r.size_and_family >> FAMILY_BITS); }

void mica_tracked_give(void* p, size_t size) {
  const size_t usable = usable_at(p);
  mica_track_fresh((char*)p + size, usable - size);
  if (MICA_PAD != 0) record_set(p, (record_t){(uint64_t)size << FAMILY_BITS, (uintptr_t)p ^ MARK});
}

void mica_tracked_name(void* p, mica_family_t family) {
  record_t r = record_get(p);
  r.size_and_family = (r.size_and_family & ~(uint64_t)((1 << FAMILY_BITS) - 1)) | family;
  record_set(p, r);
}

static bool is_block(const void* p) {
  if (mica_window_kind(p) == MICA_WINDOW_FOREIGN || !mica_is_ours(p)) return false;
  return mica_page_find(p) != NULL;
}

static bool is_live(const void* p) {
  if (MICA_PAD == 0) return !mica_track_dead(p);
  return record_get(p).mark == ((uintptr_t)p ^ MARK);
}

bool mica_tracked_in_use(const void* p) {
  if (is_block(p) && is_live(p)) return true;
  mica_message("%p is freed or resized, and is no block in use\n", p);
  mica_error_callback(EINVAL);
  return false;
}

mica_tracked_t mica_tracked_take(void* p, mica_family_t family, size_t* size) {
  if (!mica_tracked_in_use(p)) return MICA_TRACKED_REFUSED;
  if (MICA_PAD == 0) {
    *size = usable_at(p);
    return MICA_TRACKED_TAKEN;
  }
  const record_t r = record_get(p);
  *size = size_of(r);
  record_set(p, (record_t){r.size_and_family, 0});
  return (r.size_and_family & ((1 << FAMILY_BITS) - 1)) == family ? MICA_TRACKED_TAKEN : MICA_TRACKED_MISMATCHED;
}

/* The record of the block that ends there says what pointer the program has, if it has one. */
static void forget_block(char* start, char* end) {
  record_t r;
  mica_track_open(end - sizeof r, sizeof r);
  memcpy(&r, end - sizeof r, sizeof r);
  mica_track_close(end - sizeof r, sizeof r);
  char* p = (char*)(uintptr_t)(r.mark ^ MARK);
  if (r.mark == 0 || p < start || p >= end) return;
  record_set(p, (record_t){r.size_and_family, 0});
  mica_track_taken(p, size_of(r));
}

void mica_tracked_forget(mica_page_t* page) {
  const mica_remote_t* r = mica_page_remote(page);
  char *at = mica_remote_first(r), *end = (char*)r->base + r->extent;
  if (MICA_PAD == 0) {
    mica_track_taken(at, (size_t)(end - at));
    return;
  }
  if (r->size == 0) {
    forget_block(at, end);
    return;
  }
  for (unsigned i = 0; i < page->capacity; i++, at += r->size) forget_block(at, at + r->size);
}

/* Of a block with so many bytes: the pointer and the size that the program has, if it has it. */
size_t mica_tracked_seen(char** block, size_t size) {
  if (MICA_PAD == 0) return size;
  const record_t r = record_get(*block);
  if (r.mark == 0) return size - MICA_PAD;
  *block = (char*)(uintptr_t)(r.mark ^ MARK);
  return size_of(r);
}

size_t mica_tracked_size(const void* p) {
  if (MICA_PAD != 0) return size_of(record_get(p));
  mica_track_open(p, usable_at(p));
  return usable_at(p);
}

void mica_tracked_resize(void* p, size_t size) {
  mica_track_fresh((char*)p + size, usable_at(p) - size);
  mica_track_given(p, size, false);
}

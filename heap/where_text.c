/* where_text.c -- what lies at an address, in words (where.h).
 *
 * Formatted by hand, so that a signal handler may do it. No state. */
#include <errno.h>
#include <string.h>

#include "base/calls.h"
#include "heap/where.h"

/* A text under construction: what does not fit is counted only. */
typedef struct text_s {
  char* to;
  size_t size, length;
} text_t;

static void put(text_t* t, const char* words) {
  for (; *words != '\0'; words++, t->length++)
    if (t->length + 1 < t->size) t->to[t->length] = *words;
}

static void put_number(text_t* t, uint64_t n, unsigned base) {
  char digits[32];
  size_t at = sizeof digits;
  digits[--at] = '\0';
  do {
    digits[--at] = "0123456789abcdef"[n % base];
    n /= base;
  } while (n != 0);
  put(t, &digits[at]);
}

static void put_count(text_t* t, const char* before, uint64_t n) {
  put(t, before);
  put_number(t, n, 10);
}

static void put_address(text_t* t, const char* before, uintptr_t at) {
  put(t, before);
  put(t, "0x");
  put_number(t, at, 16);
}

/* ---- whose ---- */

static void put_thread(text_t* t, const char* before, uintptr_t thread, bool is_caller) {
  put(t, before);
  if (is_caller)
    put(t, "this thread");
  else if (thread != 0)
    put_address(t, "thread ", thread);
  else
    put(t, "no thread");
}

static void put_owner(text_t* t, const mica_where_t* w) {
  if (w->owner == NULL) return;
  if (w->page != MICA_PAGE_ABANDONED)
    put_thread(t, " of ", w->owner_thread, w->owner_is_caller);
  else if (w->owner_thread != 0)
    put_thread(t, " given up by ", w->owner_thread, w->owner_is_caller);
  else
    put(t, " of no thread");
}

/* ---- a block ---- */

static const char* const page_words[] = {
    [MICA_PAGE_NONE] = "no page",        [MICA_PAGE_ACTIVE] = "active",
    [MICA_PAGE_READY] = "ready",         [MICA_PAGE_SPARSE] = "sparse",
    [MICA_PAGE_FULL] = "full",           [MICA_PAGE_MOVING] = "on no list",
    [MICA_PAGE_ABANDONED] = "abandoned", [MICA_PAGE_LARGE] = "of one block",
    [MICA_PAGE_HUGE] = "of one block",   [MICA_PAGE_MAPPING] = "a mapping of its own",
};

static void put_holder(text_t* t, const char* what, const mica_where_t* w) {
  put_thread(t, what, w->holder_thread, w->holder_is_caller);
}

static void put_block_state(text_t* t, const mica_where_t* w) {
  switch (w->state) {
  case MICA_WHERE_UNCARVED: put(t, "never given out"); break;
  case MICA_WHERE_CACHED: put_holder(t, "free in the cache of ", w); break;
  case MICA_WHERE_LENT: put_holder(t, "free, lent to the cache of a smaller class of ", w); break;
  case MICA_WHERE_LOCAL: put(t, "free on its page's list"); break;
  case MICA_WHERE_PUSHED: put(t, "freed by another thread, on its page's word"); break;
  case MICA_WHERE_IN_PARCEL: put_holder(t, "freed, in a parcel of ", w); break;
  case MICA_WHERE_VACANT: put(t, "free, its memory given back"); break;
  default: put(t, "in use"); break;
  }
}

static void put_page(text_t* t, const mica_where_t* w) {
  if (w->heap != NULL) put_address(t, ", in heap ", (uintptr_t)w->heap);
  put_address(t, "; page ", (uintptr_t)w->page_base);
  put_owner(t, w);
  put(t, w->dedicated ? ", dedicated, " : ", ");
  put(t, page_words[w->page]);
  if (w->page_class < 0) return;
  put_count(t, ", ", w->page_carved);
  put_count(t, " of ", w->page_blocks);
  put(t, " blocks carved");
}

static void put_block(text_t* t, const mica_where_t* w) {
  if (w->offset != 0) put_count(t, "", w->offset);
  put_count(t, w->offset != 0 ? " bytes into the block of " : "a block of ", w->block_size);
  if (w->offset != 0) put_address(t, " bytes at ", (uintptr_t)w->block);
  put(t, w->offset != 0 ? ", " : " bytes, ");
  put_block_state(t, w);
  put_page(t, w);
}

/* ---- anything else ---- */

static const char* const words[] = {
    [MICA_WHERE_UNMAPPED] = "not a pointer of mica's: nothing is mapped there",
    [MICA_WHERE_FOREIGN] = "not a pointer of mica's",
    [MICA_WHERE_STACK] = "not a pointer of mica's: on the stack of this thread",
    [MICA_WHERE_THEAP] = "in a thread's heap, a structure of mica's",
    [MICA_WHERE_TAGS] = "in the tags at the head of an arena",
    [MICA_WHERE_WORDS] = "in the words at the head of an arena",
    [MICA_WHERE_OWNERS] = "in the owner lines at the head of an arena",
    [MICA_WHERE_REMOTE] = "in the remote lines at the head of an arena",
    [MICA_WHERE_ABSENT] = "in a segment that is not mapped",
    [MICA_WHERE_CLEAN] = "in a free slice, which is clean",
    [MICA_WHERE_DIRTY] = "in a free slice, which is dirty",
    [MICA_WHERE_GONE] = "in a free slice, which is not committed",
    [MICA_WHERE_UNSEEN] = "in memory of mica's that could not be seen",
    [MICA_WHERE_GAP] = "before the first block of its page",
};
enum { WORDS = sizeof words / sizeof words[0] };

static void put_mapping(text_t* t, const mica_where_t* w) {
  if (w->from == NULL) return;
  put_address(t, w->state == MICA_WHERE_FOREIGN ? ": in a mapping, " : ", ", (uintptr_t)w->from);
  put_address(t, "-", (uintptr_t)w->to);
  if (w->name[0] == '\0') return;
  put(t, " ");
  put(t, w->name);
}

static void put_slice(text_t* t, const mica_where_t* w) {
  if (w->slice < 0) return;
  if (w->arena >= 0)
    put_count(t, "; arena ", (uint64_t)w->arena);
  else
    put_address(t, "; mapping ", (uintptr_t)w->base);
  put_count(t, ", slice ", (uint64_t)w->slice);
}

static void put_all(text_t* t, const mica_where_t* w) {
  if (w->block != NULL) {
    put_block(t, w);
  } else if (w->state >= MICA_WHERE_UNCARVED) { /* of a structure that is shorter */
    put(t, "a block, ");
    put_block_state(t, w);
  } else {
    put(t, (unsigned)w->state < WORDS ? words[w->state] : "nothing that is known");
    put_mapping(t, w);
    put_owner(t, w);
    put_slice(t, w);
  }
  if (!w->sure) put(t, " (as far as could be seen)");
}

size_t mica_where_put(const mica_where_t* where, char* buffer, size_t size) {
  text_t t = {buffer, size, 0};
  put_all(&t, where);
  if (size != 0) buffer[t.length < size ? t.length : size - 1] = '\0';
  return t.length;
}

void mica_where_say(const void* p, char text[MICA_WHERE_TEXT]) {
  mica_where_t where;
  mica_where_look(p, &where);
  mica_where_put(&where, text, MICA_WHERE_TEXT);
}

void mica_where_write(const void* p) {
  enum { LINE = MICA_WHERE_TEXT + MICA_WHERE_NAME };
  const int saved = errno;
  mica_where_t where;
  char line[LINE];
  text_t t = {line, sizeof line - 1, 0};
  mica_where_look(p, &where);
  put_address(&t, "mica: ", (uintptr_t)p);
  put(&t, ": ");
  put_all(&t, &where);
  const size_t length = t.length < t.size ? t.length : t.size - 1;
  line[length] = '\n';
  mica_call_write(STDERR_FILENO, line, length + 1);
  errno = saved;
}

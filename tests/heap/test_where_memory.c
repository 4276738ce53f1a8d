/* test_where_memory.c -- mica_where of all that is no block of a class: large blocks, slices, heads, and what is not mica's;
 * the structure and the text. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/heap/where.h"
#include "tests/support/pattern.h"
#include "tests/support/reserved.h"

#define MiB ((size_t)1 << 20)

/* ---- large blocks ---- */

/* Its first and last byte, some between, and what lies around it. */
static void is_single(char* p, mica_where_page_t page, size_t least) {
  const mica_page_t* line = mica_page_of(p);
  const size_t size = mica_page_usable(line, p);
  const mica_where_t w = where_is(p, MICA_WHERE_IN_USE);
  where_names(&w, line, 0);
  REQUIRE(w.page == page && w.block == p && w.block_size == size && size >= least, "page %d, %zu bytes", w.page, size);
  REQUIRE(w.owner == NULL && w.heap == NULL && !w.dedicated, "of %p", w.owner);
  for (size_t i = 0; i < size; i += size / 9) {
    const mica_where_t at = where_is(p + i, MICA_WHERE_IN_USE);
    REQUIRE(at.block == p && at.offset == i && at.block_size == size, "%zu bytes into it: %zu into %p", i, at.offset,
            at.block);
  }
  const mica_where_t last = where_is(p + size - 1, MICA_WHERE_IN_USE);
  REQUIRE(last.block == p && last.offset == size - 1, "its last byte");
  REQUIRE(where_of(p + size).block != p, "the byte behind it");
  REQUIRE(where_is(p - 1, MICA_WHERE_GAP).page_first == p, "the byte before it");
}

Test(where_memory, large_and_huge) {
  char *large = mica_malloc(100000), *huge = mica_malloc(5 * MiB),
       *aligned = mica_malloc_aligned(200000, MICA_SLICE, 0, false);
  is_single(large, MICA_PAGE_LARGE, 100000);
  is_single(huge, MICA_PAGE_HUGE, 5 * MiB);
  is_single(aligned, MICA_PAGE_LARGE, 200000); /* at the start of a slice that another one answers for */
  mica_free(large);
  const mica_where_t w = where_is(large, MICA_WHERE_DIRTY);
  cr_assert(w.page == MICA_PAGE_NONE && w.block == NULL && w.page_base == NULL && w.arena >= 0);
  mica_free(huge);
  mica_free(aligned);
  mica_collect(true);
  where_is(large, MICA_WHERE_CLEAN);
  where_is(huge + 4 * MiB, MICA_WHERE_ABSENT); /* a whole segment is unmapped */
}

Test(where_memory, mappings_of_their_own) {
  char *a = mica_malloc(600 * MiB), *b = mica_malloc_aligned(MiB, 512 * MiB, 0, false),
       *c = mica_malloc_aligned(10 * MiB, 256 * MiB, 0, false);
  is_single(a, MICA_PAGE_MAPPING, 600 * MiB);
  is_single(b, MICA_PAGE_MAPPING, MiB); /* right behind the window that describes it */
  is_single(c, MICA_PAGE_MAPPING, 10 * MiB);
  const char* base = where_of(a).base;
  where_is(base, MICA_WHERE_TAGS);
  where_is(base + MICA_HEAD - 1, MICA_WHERE_REMOTE);
  where_is(base + MICA_HEAD, MICA_WHERE_GAP);
  const char* behind = a + mica_usable_size(a) + MICA_PAD;
  behind += -(uintptr_t)behind & (mica_os_page() - 1);
  REQUIRE(where_is(behind + MiB, MICA_WHERE_UNMAPPED).base == NULL, "behind its end, in its last window");
  memset(a + 300 * MiB, 0x5a, MiB); /* no lines, where an arena would have them */
  cr_assert_eq(where_is(a + 400 * MiB, MICA_WHERE_IN_USE).block, a);
  mica_free(a);
  cr_assert_null(where_of(a).block);
  cr_assert_null(where_of(base).base);
  cr_assert_eq(where_of(b).block, b);
}

/* ---- what mica keeps of its own ---- */

Test(where_memory, heads_and_heaps) {
  char* p = mica_malloc(100);
  const char* base = where_of(p).base;
  const struct {
    size_t from, to;
    mica_where_state_t state;
  } parts[] = {{0, MICA_WORDS, MICA_WHERE_TAGS},
               {MICA_WORDS, MICA_OWNER_LINES, MICA_WHERE_WORDS},
               {MICA_OWNER_LINES, MICA_REMOTE_LINES, MICA_WHERE_OWNERS},
               {MICA_REMOTE_LINES, MICA_HEAD, MICA_WHERE_REMOTE}};
  for (unsigned i = 0; i < 4; i++) {
    where_is(base + parts[i].from, parts[i].state);
    const mica_where_t w = where_is(base + parts[i].to - 1, parts[i].state);
    REQUIRE(w.base == base && w.slice == (int)((parts[i].to - 1) >> MICA_SLICE_SHIFT) && w.block == NULL, "slice %d",
            w.slice);
  }
  const mica_theap_t* theap = mica_theap_mine();
  cr_assert_eq(where_is(theap, MICA_WHERE_THEAP).owner, theap);
  cr_assert(where_is((const char*)theap + MICA_THEAP_BYTES - 1, MICA_WHERE_THEAP).owner_is_caller);
  mica_free(p);
}

/* The program's memory in a window, of which mica has a head and two segments. */
Test(where_memory, absent_gone_and_somebody_elses) {
  char* base = free_windows(1);
  map_at(base + 20 * MiB, 8 * MiB, PROT_READ | PROT_WRITE);
  mi_arena_id_t id;
  cr_assert(mi_manage_os_memory_ex(base + 20 * MiB, 8 * MiB, true, false, true, -1, true, &id));
  const mica_where_t w = where_is(base + 20 * MiB, MICA_WHERE_CLEAN);
  cr_assert(w.base == base && w.segment == 5 && w.slice == 5 * 64);
  where_is(base + 28 * MiB - 1, MICA_WHERE_CLEAN);
  where_is(base + 28 * MiB, MICA_WHERE_ABSENT);
  where_is(base + 2 * MiB, MICA_WHERE_ABSENT); /* behind a head that is alone */
  where_is(base + MICA_HEAD - 1, MICA_WHERE_REMOTE);
  const char* other = map_at(base + 100 * MiB, MiB, PROT_READ);
  const mica_where_t v = where_is(other + 5, MICA_WHERE_FOREIGN);
  cr_assert(v.from <= (const void*)other && v.to >= (const void*)(other + MiB));
  mica_run_t run;
  mica_hint_t hint = {.only = mica_reserve_number(id)};
  cr_assert(mica_run_claim(&run, 1, false, &hint));
  mica_where_t unseen = where_of(mica_slice_address(run.arena, run.first));
  cr_assert(unseen.state == MICA_WHERE_UNSEEN && !unseen.sure, "a slice that is held, and no page: %d", unseen.state);
}

static bool commit_it(bool commit, void* start, size_t size, bool* is_zero, void* arg) {
  (void)arg;
  if (is_zero != NULL) *is_zero = false;
  return mprotect(start, size, commit ? PROT_READ | PROT_WRITE : PROT_NONE) == 0;
}

Test(where_memory, what_is_not_committed) {
  char* base = free_windows(1);
  map_at(base + 8 * MiB, 4 * MiB, PROT_NONE);
  mi_arena_id_t id = NULL;
  cr_assert(mi_manage_memory(base + 8 * MiB, 4 * MiB, false, false, false, -1, true, commit_it, NULL, &id));
  where_is(base + 8 * MiB, MICA_WHERE_GONE);
  mi_heap_t* heap = mi_heap_new_in_arena(id);
  char* p = mi_heap_malloc(heap, 1000);
  cr_assert_eq(where_is(p, MICA_WHERE_IN_USE).heap, heap);
  where_is(base + 12 * MiB - 1, MICA_WHERE_GONE);
}

/* ---- lists that the program has damaged ---- */

/* A block behind the damage is not found, and the answer is not sure; nothing faults, and nothing goes round for ever. */
Test(where_memory, a_list_that_leads_astray) {
  enum { N = 8, SIZE = 200 };
  char* base = free_windows(1);
  map_at(base + 8 * MiB, 4 * MiB, PROT_NONE);
  mi_arena_id_t id = NULL;
  cr_assert(mi_manage_memory(base + 8 * MiB, 4 * MiB, false, false, false, -1, true, commit_it, NULL, &id));
  char *blocks[N], *stays = mica_malloc(SIZE);
  for (unsigned i = 0; i < N; i++) blocks[i] = mica_malloc(SIZE);
  for (unsigned i = 0; i < N; i++) mica_free(blocks[i]); /* the last is the list's first */
  mica_block_t *first = (mica_block_t*)(void*)blocks[N - 1], *next = mica_link_get(first);
  int here = 0;
  const uintptr_t astray[] = {(uintptr_t)base + 8 * MiB,   /* not committed: a touch is a fault */
                              (uintptr_t)base + 128 * MiB, /* absent: likewise */
                              (uintptr_t)next + 8,         (uintptr_t)&here, 16, UINTPTR_MAX - 15, (uintptr_t)first};
  for (unsigned i = 0; i < sizeof astray / sizeof astray[0]; i++) {
    mica_link_set(first, (mica_block_t*)astray[i]);
    const mica_where_t w = where_of(blocks[0]);
    mica_link_set(first, next);
    REQUIRE(w.state == MICA_WHERE_IN_USE && !w.sure && w.block == blocks[0], "astray %u: state %d, sure %d", i, w.state,
            w.sure);
    where_is(blocks[0], MICA_WHERE_CACHED);
    where_is(stays, MICA_WHERE_IN_USE);
  }
}

/* What the map of windows says for a moment: that a mapping is there, which has just gone; or an arena, which is given up. */
Test(where_memory, a_window_of_which_nothing_is_left) {
  char* base = free_windows(2);
  mica_window_mark((uintptr_t)base, 2 * MICA_ARENA, MICA_WINDOW_SINGLE);
  for (size_t at = MICA_HEAD; at < 2 * MICA_ARENA; at += 50 * MiB) {
    const mica_where_t w = where_of(base + at);
    REQUIRE(w.state == MICA_WHERE_UNSEEN && !w.sure && w.block == NULL && w.base == base, "state %d", w.state);
  }
  mica_window_mark((uintptr_t)base, 2 * MICA_ARENA, MICA_WINDOW_FOREIGN);
  where_is(base, MICA_WHERE_UNMAPPED);
  mica_window_mark((uintptr_t)base, 1, MICA_WINDOW_ARENA);
  where_is(base, MICA_WHERE_UNMAPPED);
  mica_window_mark((uintptr_t)base, 1, MICA_WINDOW_FOREIGN);
}

/* ---- what is not mica's ---- */

extern char** environ;
static int data = 1;

static void is_foreign(const void* p, const void* from, const void* to, const char* name) {
  const mica_where_t w = where_is(p, MICA_WHERE_FOREIGN);
  REQUIRE(w.from <= p && w.to > p && (from == NULL || (w.from <= from && w.to >= to)), "%p to %p", w.from, w.to);
  REQUIRE(name == NULL || strcmp(w.name, name) == 0, "%p is in \"%s\", not \"%s\"", p, w.name, name);
  REQUIRE(w.base == NULL && w.arena == -1 && w.slice == -1 && w.page == MICA_PAGE_NONE && w.owner == NULL, "of mica");
}

static void* on_a_stack(void* other) {
  int here = 0;
  const mica_where_t w = where_is(&here, MICA_WHERE_STACK);
  REQUIRE(w.from <= (const void*)&here && w.to > (const void*)&here, "%p to %p", w.from, w.to);
  is_foreign(other, NULL, NULL, "[stack]");
  return NULL;
}

Test(where_memory, what_is_not_micas) {
  int here = 0;
  char path[1000];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  REQUIRE(length > 0, "no name");
  path[length] = '\0';
  const char* tail = length >= MICA_WHERE_NAME ? path + length - (MICA_WHERE_NAME - 1) : path;
  is_foreign(&data, NULL, NULL, tail);
  is_foreign((const void*)(uintptr_t)is_single, NULL, NULL, tail);
  where_is(&here, MICA_WHERE_STACK);
  where_is(environ[0], MICA_WHERE_STACK);
  run_thread(on_a_stack, &here);
  const size_t page = mica_os_page();
  char* anonymous = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  is_foreign(anonymous + 2 * page, anonymous, anonymous + 3 * page, "");
  cr_assert_eq(mprotect(anonymous, page, PROT_NONE), 0);
  is_foreign(anonymous, anonymous, anonymous + page, "");
  munmap(anonymous + page, page);
  where_is(anonymous + page, MICA_WHERE_UNMAPPED);
  const int file = open("/proc/self/exe", O_RDONLY);
  char* mapped = mmap(NULL, page, PROT_READ, MAP_PRIVATE, file, 0);
  is_foreign(mapped, mapped, mapped + page, tail);
  close(file);
}

Test(where_memory, what_is_nowhere) {
  const uintptr_t nowhere[] = {0,
                               1,
                               15,
                               MICA_OS_PAGE - 1,
                               (uintptr_t)1 << 47,
                               ((uintptr_t)1 << 48) - 1,
                               (uintptr_t)1 << 48,
                               (uintptr_t)0xffff << 48,
                               UINTPTR_MAX - 1,
                               UINTPTR_MAX};
  for (unsigned i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++)
    where_is((const void*)nowhere[i], MICA_WHERE_UNMAPPED);
}

/* ---- the structure and the text ---- */

Test(where_memory, a_structure_of_another_version) {
  char* p = mica_malloc(100);
  struct {
    mica_where_t where;
    char more[64];
  } longer;
  memset(&longer, 0x5a, sizeof longer);
  longer.where.size = sizeof longer;
  cr_assert(mica_where(p, &longer.where));
  cr_assert_eq(longer.where.size, sizeof longer);
  cr_assert(longer.where.block == p && all_zero(longer.more, sizeof longer.more));
  const size_t some = offsetof(mica_where_t, arena);
  mica_where_t shorter;
  memset(&shorter, 0x5a, sizeof shorter);
  shorter.size = some;
  cr_assert(mica_where(p, &shorter));
  cr_assert(shorter.state == MICA_WHERE_IN_USE && shorter.size == some);
  for (size_t i = some; i < sizeof shorter; i++) REQUIRE(((char*)&shorter)[i] == 0x5a, "written to behind its end");
  shorter.size = 0;
  shorter.state = MICA_WHERE_GONE;
  cr_assert_not(mica_where(p, &shorter));
  cr_assert_eq(shorter.state, MICA_WHERE_GONE);
  cr_assert_not(mica_where(p, NULL));
  mica_free(p);
}

static void says(const void* p, const char* wanted) {
  char text[400], cut[20];
  const mica_where_t w = where_of(p);
  const size_t length = mica_where_text(&w, text, sizeof text);
  REQUIRE(length == strlen(text) && strcmp(text, wanted) == 0, "\"%s\", not \"%s\"", text, wanted);
  REQUIRE(mica_where_text(&w, NULL, 0) == length, "measured otherwise");
  memset(cut, 'x', sizeof cut);
  REQUIRE(mica_where_text(&w, cut, 10) == length && strlen(cut) == 9 && strncmp(cut, text, 9) == 0, "cut: \"%s\"", cut);
  REQUIRE(cut[10] == 'x', "written to behind its end");
}

Test(where_memory, texts) {
  char wanted[400];
  char *p = mica_malloc(100), *stays = mica_malloc(100);
  const mica_page_t* page = mica_page_of(p);
  const mica_remote_t* r = mica_page_remote(page);
  const unsigned size = r->size;
  snprintf(wanted, sizeof wanted,
           "8 bytes into the block of %u bytes at %p, in use; page %p of this thread, active, %u of %u blocks carved",
           size, (void*)p, (void*)r->base, page->capacity, r->total);
  says(p + 8, wanted);
  mica_free(p);
  snprintf(
      wanted, sizeof wanted,
      "a block of %u bytes, free in the cache of this thread; page %p of this thread, active, %u of %u blocks carved",
      size, (void*)r->base, page->capacity, r->total);
  says(p, wanted);
  const mica_arena_t* arena = mica_arena_at(mica_page_window(page));
  snprintf(wanted, sizeof wanted, "in the tags at the head of an arena; arena %u, slice 0", arena->number);
  says((const void*)mica_arena_base(arena), wanted);
  says(NULL, "not a pointer of mica's: nothing is mapped there");
  mica_free(stays);
}

/* Each length that a caller may have compiled: what lies behind it is not read. */
Test(where_memory, a_text_of_a_shorter_structure) {
  char* p = mica_malloc(100);
  char text[400], same[400];
  for (size_t some = offsetof(mica_where_t, sure); some <= sizeof(mica_where_t); some++) {
    mica_where_t w[2];
    for (int i = 0; i < 2; i++) {
      memset(&w[i], i == 0 ? 0xff : 0, sizeof w[i]);
      w[i].size = some;
      cr_assert(mica_where(p + 8, &w[i]));
    }
    const size_t length = mica_where_text(&w[0], text, sizeof text);
    REQUIRE(mica_where_text(&w[1], same, sizeof same) == length && strcmp(text, same) == 0,
            "of %zu bytes: \"%s\", \"%s\"", some, text, same);
    REQUIRE(strstr(text, "in use") != NULL, "of %zu bytes: \"%s\"", some, text);
  }
  mica_free(p);
}

/* As where the system shows no mappings. */
Test(where_memory, a_text_without_a_mapping) {
  char text[100];
  mica_where_t w = {.size = sizeof w, .state = MICA_WHERE_FOREIGN, .slice = -1};
  mica_where_text(&w, text, sizeof text);
  cr_assert(strcmp(text, "not a pointer of mica's (as far as could be seen)") == 0, "\"%s\"", text);
}

Test(where_memory, a_printed_line) {
  int ends[2];
  char line[600], wanted[100];
  cr_assert_eq(pipe(ends), 0);
  const int before = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  errno = WHERE_ERRNO;
  mica_where_print((const void*)(uintptr_t)16);
  const int after = errno;
  dup2(before, STDERR_FILENO);
  const ssize_t n = read(ends[0], line, sizeof line - 1);
  cr_assert(after == WHERE_ERRNO && n > 0);
  line[n] = '\0';
  snprintf(wanted, sizeof wanted, "mica: 0x10: not a pointer of mica's: nothing is mapped there\n");
  cr_assert(strcmp(line, wanted) == 0, "\"%s\"", line);
}

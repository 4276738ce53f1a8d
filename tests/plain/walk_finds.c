/* walk_finds.c -- the walker over all segments (walk.h) finds what is lost or wrong: each kind of it is planted in a process of
 * its own, which the walker must end; and it finds nothing where nothing is planted. */
#include <mica.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/stress/walk.h"
#include "tests/support/check.h"

enum { BLOCKS = 200, SIZE = 96, LARGE = 100000 };

static char* blocks[BLOCKS];
static char* large;

static mica_page_t* page(void) { return mica_page_of(blocks[0]); }
static mica_bin_t* bin(void) { return &mica_theap_mine()->bin[mica_page_class(page())]; }
static mica_arena_t* arena(void) { return mica_arena_at(mica_page_window(page())); }

/* Some pages, the first of which has blocks in use and blocks on its list; a block of a page of its own. */
static void prepare(void) {
  for (int i = 0; i < BLOCKS; i++) CHECK((blocks[i] = mi_malloc(SIZE)) != NULL);
  CHECK((large = mi_malloc(LARGE)) != NULL);
  for (int i = 1; i < BLOCKS; i += 2) mi_free(blocks[i]);
  mi_collect(false);
  CHECK(page()->used != 0 && page()->local_free != NULL && mica_link_get(page()->local_free) != NULL);
}

/* ---- what is planted ---- */

static void nothing(void) {}

static void slice_lost(void) {
  mica_run_t run;
  mica_hint_t near = {0};
  CHECK(mica_run_claim(&run, 1, false, &near));
}
static void slice_free_in_use(void) {
  const mica_page_t* p = mica_page_of(large);
  mica_run_release(&(mica_run_t){mica_arena_at(mica_page_window(p)), mica_page_slice(p), 1, false});
}
static void slice_of_no_page(void) { mica_page_remote(mica_page_of(large))->slices--; }
static void dirty_off(void) { /* relaxed: alone */
  atomic_fetch_add_explicit(&arena()->dirty, 1, memory_order_relaxed);
}

static void block_lost(void) { page()->local_free = mica_link_get(page()->local_free); }
static void block_twice(void) { mica_link_set(page()->local_free, page()->local_free); }
static void block_elsewhere(void) { mica_link_set(page()->local_free, (mica_block_t*)(void*)(blocks[0] + 16)); }
static void list_cut(void) { mica_link_set(page()->local_free, NULL); }

static void used_off(void) { page()->used++; }
static void vacant_off(void) { page()->vacant = UINT64_MAX; }
static void pushed_off(void) { /* relaxed: alone */
  _Atomic(uint64_t)* word = &mica_page_remote(page())->word;
  const uint64_t was = WALK_LOAD(word);
  atomic_store_explicit(word, pw_make(pw_state(was), pw_count(was) + 1, pw_head(was)), memory_order_relaxed);
}
static void charged_off(void) { mica_outstanding_add(bin(), 1); }
static void bytes_off(void) { mica_theap_mine()->owned_bytes++; }
static void statistics_off(void) { mica_count(MICA_COUNTER_LARGE_GONE, 1); }

static void page_lost(void) {
  bin()->active = bin()->ready = bin()->sparse = bin()->full = NULL;
  mica_outstanding_add(bin(), -(int32_t)mica_outstanding(bin()));
}
static void page_nobodys(void) { /* relaxed: alone */
  atomic_store_explicit(PW_OWNER(page()), (pw_theap_t*)64, memory_order_relaxed);
}

/* A block that was freed is on no list: no count is off, but there is one more in use than the program has. */
static void cache_lost(void) {
  const uint64_t before = walk().live;
  walk_mark(blocks[0]);
  mi_free(blocks[0]);
  mica_cache_t* cache = &mica_theap_mine()->cache[mica_page_class(page())];
  CHECK(cache->head == (mica_block_t*)(void*)blocks[0]);
  cache->head = NULL;
  mi_collect(false);
  const walk_t w = walk();
  WALK_IS(w.live != before, "%llu blocks in use, one of which was freed", (unsigned long long)w.live);
  WALK_IS(w.lost == 0, "%llu blocks were freed, and are in use", (unsigned long long)w.lost);
}

/* ---- a process for each ---- */

static const struct {
  const char* name;
  void (*plant)(void);
} plants[] = {
    {"nothing", nothing},
    {"a slice that no page has", slice_lost},
    {"a slice in use that is free", slice_free_in_use},
    {"a page that lost a slice", slice_of_no_page},
    {"a count of dirty slices", dirty_off},
    {"a block on no list", block_lost},
    {"a block that leads to itself", block_twice},
    {"a link into a block", block_elsewhere},
    {"a list cut short", list_cut},
    {"a page's count of used blocks", used_off},
    {"a page's vacant units", vacant_off},
    {"a word's count of pushed blocks", pushed_off},
    {"a heap's count of blocks", charged_off},
    {"a heap's count of bytes", bytes_off},
    {"a statistic", statistics_off},
    {"a page on no list", page_lost},
    {"a page of no heap", page_nobodys},
    {"a freed block that the heap forgot", cache_lost},
};

_Noreturn static void child(int to, void (*plant)(void)) {
  CHECK(dup2(to, 2) == 2);
  prepare();
  plant();
  walk();
  _exit(0);
}

/* What the walker said of it, on one line; 0: nothing. */
static size_t said_of(void (*plant)(void), char* text, size_t room) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) child(ends[1], plant);
  close(ends[1]);
  size_t n = 0;
  for (ssize_t got; n < room - 1 && (got = read(ends[0], text + n, room - 1 - n)) > 0;) n += (size_t)got;
  text[n] = 0;
  close(ends[0]);
  int status = -1;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == (n != 0));
  return n;
}

int main(void) {
  bool all = true;
  for (size_t i = 0; i < sizeof plants / sizeof plants[0]; i++) {
    char text[512];
    const size_t n = said_of(plants[i].plant, text, sizeof text);
    printf("%s: %s", plants[i].name, n == 0 ? "nothing found\n" : text);
    const bool found = n != 0 && strncmp(text, "walk: ", 6) == 0;
    if (found != (plants[i].plant != nothing)) all = false;
  }
  fflush(stdout);
  CHECK(all);
  SHOWN("walk_finds: what is planted, a slice, a block, a page or a count, the walker finds");
  return 0;
}

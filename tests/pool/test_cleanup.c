/* test_cleanup.c -- what is done when a pool ends or is reset: its order, its memory, and the two handlers for files. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/errno_mark.h"
#include "tests/support/require.h"
#include "tests/support/taken.h"

/* ---- order ---- */

enum { MANY = 5000 };
static unsigned ran, order[MANY];
static bool in_order;

/* data: its number */
static void note(void* data) {
  unsigned number;
  memcpy(&number, data, sizeof number);
  REQUIRE(ran < MANY, "more cleanups than there are");
  order[ran++] = number;
}

static mi_pool_cleanup_t* add(mi_pool_t* pool, mi_pool_cleanup_fun* handler, unsigned number) {
  mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, sizeof number + number % 50);
  REQUIRE(c != NULL && c->data != NULL && (uintptr_t)c->data % 16 == 0, "cleanup %u", number);
  REQUIRE(c->handler == NULL, "a new cleanup has a handler");
  c->handler = handler;
  memcpy(c->data, &number, sizeof number);
  return c;
}

/* The last `count` numbers that were added, the last first. */
static void backwards(unsigned count) {
  REQUIRE(ran == count, "%u cleanups ran, of %u", ran, count);
  for (unsigned i = 0; i < count; i++) REQUIRE(order[i] == count - 1 - i, "cleanup %u ran at %u", order[i], i);
  ran = 0;
}

Test(pool_cleanup, run_backwards_when_the_pool_ends_and_is_reset) {
  mi_pool_destroy(pools_new(0));
  const in_use_t before = in_use();
  static const unsigned counts[] = {0, 1, 2, 100, MANY};
  for (unsigned i = 0; i < 5; i++) {
    mi_pool_t* pool = pools_new(0);
    for (int round = 0; round < 3; round++) {
      REQUIRE(mi_pool_cleanup_first(pool) == NULL, "a cleanup without having been added");
      for (unsigned n = 0; n < counts[i]; n++) {
        const mi_pool_cleanup_t* c = add(pool, note, n);
        pools_piece(pool, 100 + n, n);
        REQUIRE(mi_pool_cleanup_first(pool) == c, "the last one is not the first");
      }
      REQUIRE(ran == 0, "a cleanup ran early");
      if (round < 2) mi_pool_reset(pool);
      if (round < 2) backwards(counts[i]);
    }
    mi_pool_destroy(pool);
    backwards(counts[i]);
    mi_pool_destroy(pools_new(0));
    REQUIRE(ran == 0, "a cleanup of another pool");
  }
  require_back(before);
}

Test(pool_cleanup, run_once_only) {
  mi_pool_t* pool = pools_new(0);
  for (unsigned n = 0; n < 10; n++) add(pool, note, n);
  mi_pool_reset(pool);
  backwards(10);
  mi_pool_reset(pool);
  mi_pool_destroy(pool);
  REQUIRE(ran == 0, "%u cleanups ran again", ran);
}

Test(pool_cleanup, can_be_looked_through) {
  mi_pool_t* pool = pools_new(0);
  mi_pool_cleanup_t* all[100];
  for (unsigned n = 0; n < 100; n++) all[n] = add(pool, note, n);
  const mi_pool_cleanup_t* c = mi_pool_cleanup_first(pool);
  for (unsigned n = 100; n-- != 0; c = c->next) REQUIRE(c == all[n], "%p is not cleanup %u", (const void*)c, n);
  REQUIRE(c == NULL, "there is one more");
  all[50]->handler = NULL; /* is not called */
  mi_pool_destroy(pool);
  REQUIRE(ran == 99 && order[48] == 51 && order[49] == 49, "%u ran", ran);
}

static void never(void* data) {
  REQUIRE(data == NULL, "data without having been asked for");
  in_order = true;
}

Test(pool_cleanup, without_data_and_without_a_handler) {
  mi_pool_t* pool = pools_new(0);
  REQUIRE(mi_pool_cleanup_add(pool, 100) != NULL, "no cleanup");
  mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, 0);
  REQUIRE(c != NULL && c->data == NULL && c->handler == NULL, "data without having been asked for");
  c->handler = never;
  REQUIRE(mi_pool_cleanup_add(pool, 0) != NULL, "no cleanup");
  mi_pool_destroy(pool);
  REQUIRE(in_order, "not called");
}

Test(pool_cleanup, data_of_any_size) {
  mi_pool_t* pool = pools_new(0);
  static piece_t pieces[200];
  for (unsigned i = 0; i < 200; i++) {
    const size_t size = 1 + (size_t)i * i * 3;
    mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, size);
    REQUIRE(c != NULL, "no cleanup with %zu bytes", size);
    pieces[i] = pools_written(c->data, size, 16, i);
  }
  for (unsigned i = 0; i < 200; i++) pools_verify(pieces[i]);
  mi_pool_cleanup_t* c = mi_pool_cleanup_first(pool);
  for (unsigned i = 200; i-- != 0; c = c->next) REQUIRE(c->data == pieces[i].p, "cleanup %u has other data", i);
  const size_t used = mi_pool_get_used(pool);
  mi_pool_reset(pool);
  REQUIRE(mi_pool_get_used(pool) < used, "large data were not given back");
  mi_pool_destroy(pool);
}

Test(pool_cleanup, are_pieces_in_the_figures) {
  mi_pool_t* pool = pools_new(0);
  mi_pool_stat_t stat = pools_stat(pool);
  for (unsigned n = 0; n < 100; n++) {
    const size_t live = stat.live;
    add(pool, note, n);
    stat = pools_stat(pool);
    REQUIRE(stat.live > live && stat.live <= live + 2, "%zu pieces, %zu before", stat.live, live);
  }
  mi_pool_reset(pool);
  backwards(100);
  REQUIRE(pools_stat(pool).live == 0, "%zu pieces are left", pools_stat(pool).live);
  mi_pool_destroy(pool);
}

/* ---- what a cleanup may do ---- */

typedef struct below_s {
  const mi_pool_cleanup_t* cleanup;
  unsigned number;
} below_t;

/* From its own cleanup `next` leads to all that were added before, and to no other. */
static void look_below(void* data) {
  const below_t* below = data;
  unsigned found = 0;
  for (const mi_pool_cleanup_t* c = below->cleanup; (c = c->next) != NULL; found++) {
    REQUIRE(found < below->number, "cleanup %u sees more than there are", below->number);
    REQUIRE(((const below_t*)c->data)->cleanup == c, "cleanup %u: %u below it is another", below->number, found);
  }
  REQUIRE(found == below->number, "cleanup %u sees %u below it", below->number, found);
  ran++;
}

Test(pool_cleanup, may_look_through_those_added_before) {
  mi_pool_t* pool = pools_new(0);
  for (int round = 0; round < 3; round++) {
    for (unsigned n = 0; n < 300; n++) {
      mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, sizeof(below_t));
      REQUIRE(c != NULL, "no cleanup");
      *(below_t*)c->data = (below_t){c, n};
      c->handler = look_below;
    }
    if (round < 2) mi_pool_reset(pool);
    if (round == 2) mi_pool_destroy(pool);
    REQUIRE(ran == 300, "%u cleanups ran", ran);
    ran = 0;
  }
}

typedef struct chain_s {
  mi_pool_t* pool;
  unsigned number, left;
} chain_t;

/* Allocates, and adds one more of its kind while there are some left. */
static void chain(void* data) {
  chain_t c;
  memcpy(&c, data, sizeof c);
  order[ran++] = c.number;
  for (unsigned i = 0; i < 50; i++) pools_verify(pools_piece(c.pool, 200, i));
  pools_verify(pools_piece(c.pool, 50000, 1));
  REQUIRE(mi_pool_calloc(c.pool, 10, 10) != NULL && mi_pool_get_used(c.pool) > 50000, "no memory in a cleanup");
  if (c.left == 0) return;
  mi_pool_cleanup_t* next = mi_pool_cleanup_add(c.pool, sizeof c);
  REQUIRE(next != NULL, "no cleanup in a cleanup");
  next->handler = chain;
  c.left--;
  c.number++;
  memcpy(next->data, &c, sizeof c);
}

Test(pool_cleanup, may_allocate_and_add_cleanups) {
  mi_pool_destroy(pools_new(0));
  const in_use_t before = in_use();
  mi_pool_t* pool = pools_new(0);
  for (int round = 0; round < 3; round++) {
    for (unsigned n = 0; n < 3; n++) {
      mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, sizeof(chain_t));
      const chain_t first = {pool, n * 100, 10};
      REQUIRE(c != NULL, "no cleanup");
      c->handler = chain;
      memcpy(c->data, &first, sizeof first);
    }
    if (round == 2)
      mi_pool_destroy(pool);
    else
      mi_pool_reset(pool);
    REQUIRE(ran == 33, "%u cleanups ran, of 33", ran);
    for (unsigned i = 0; i < 33; i++) /* what a cleanup adds comes before those that were added earlier */
      REQUIRE(order[i] == (2 - i / 11) * 100 + i % 11, "cleanup %u ran at %u", order[i], i);
    ran = 0;
    if (round == 2) break;
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(stat.live == 0 && stat.large == 0 && mi_pool_cleanup_first(pool) == NULL, "%zu pieces, %zu large are left",
            stat.live, stat.large);
  }
  require_back(before);
}

/* The pool's memory is whole while its cleanups run. */
static void look(void* data) {
  piece_t piece;
  memcpy(&piece, data, sizeof piece);
  pools_verify(piece);
  ran++;
}

Test(pool_cleanup, find_the_memory_as_it_was) {
  mi_pool_t* pool = pools_new(0);
  for (int round = 0; round < 4; round++) {
    for (unsigned n = 0; n < 300; n++) {
      const piece_t piece = pools_piece(pool, n % 20 == 0 ? 20000 : n, n);
      mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, sizeof piece);
      REQUIRE(c != NULL, "no cleanup");
      c->handler = look;
      memcpy(c->data, &piece, sizeof piece);
    }
    if (round == 3)
      mi_pool_destroy(pool);
    else
      mi_pool_reset(pool);
    REQUIRE(ran == 300, "%u ran", ran);
    ran = 0;
  }
}

/* ---- files ---- */

static char folder[64];

static void folder_make(void) {
  strcpy(folder, "/tmp/mica-pool-XXXXXX");
  cr_assert_not_null(mkdtemp(folder));
}
static void folder_remove(void) { rmdir(folder); }

static void name_of(char* name, const char* text) { snprintf(name, 128, "%s/%s", folder, text); }

/* An open file of that name, for the pool's end. */
static int with_file(mi_pool_t* pool, mi_pool_cleanup_fun* handler, const char* name) {
  const int fd = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0, "no file %s", name);
  mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, sizeof(mi_pool_file_t));
  REQUIRE(c != NULL, "no cleanup");
  char* copy = mi_pool_alloc_unaligned(pool, strlen(name) + 1);
  REQUIRE(copy != NULL, "no memory");
  memcpy(copy, name, strlen(name) + 1);
  mi_pool_file_t* file = c->data;
  *file = (mi_pool_file_t){.fd = fd, .name = (unsigned char*)copy};
  c->handler = handler;
  return fd;
}

static bool is_open(int fd) { return fcntl(fd, F_GETFD) != -1; }

static void check_file(mi_pool_cleanup_fun* handler, bool goes) {
  char name[128];
  name_of(name, "page");
  for (int round = 0; round < 2; round++) {
    mi_pool_t* pool = pools_new(0);
    const int fd = with_file(pool, handler, name);
    REQUIRE(write(fd, "text", 4) == 4 && is_open(fd), "not open");
    errno = ERRNO_MARK;
    if (round == 0) mi_pool_reset(pool);
    if (round == 1) mi_pool_destroy(pool);
    REQUIRE(errno == ERRNO_MARK, "errno is %d", errno);
    REQUIRE(!is_open(fd), "the file is still open");
    REQUIRE((access(name, F_OK) != 0) == goes, "the file %s", goes ? "is there" : "is gone");
    if (round == 0) mi_pool_destroy(pool);
  }
  if (!goes) unlink(name);
}

Test(pool_cleanup, a_file_is_closed, .init = folder_make, .fini = folder_remove) {
  check_file(mi_pool_file_close, false);
}
Test(pool_cleanup, a_file_is_deleted, .init = folder_make, .fini = folder_remove) {
  check_file(mi_pool_file_delete, true);
}

/* The program may call them itself. */
Test(pool_cleanup, handlers_called_by_the_program, .init = folder_make, .fini = folder_remove) {
  char name[128];
  name_of(name, "direct");
  mi_pool_file_t file = {.fd = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0600), .name = (unsigned char*)name};
  REQUIRE(file.fd >= 0, "no file %s", name);
  errno = ERRNO_MARK;
  mi_pool_file_close(&file);
  REQUIRE(!is_open(file.fd) && access(name, F_OK) == 0, "not closed, or not there");
  file.fd = open(name, O_RDWR | O_CLOEXEC);
  errno = ERRNO_MARK;
  mi_pool_file_delete(&file);
  REQUIRE(errno == ERRNO_MARK && !is_open(file.fd), "errno is %d", errno);
  REQUIRE(access(name, F_OK) != 0, "%s is there", name);
}

/* Of a thousand requests none leaves a descriptor behind. */
Test(pool_cleanup, many_files, .init = folder_make, .fini = folder_remove) {
  char name[128];
  mi_pool_t* pool = pools_new(0);
  const int lowest = dup(0);
  close(lowest);
  for (int round = 0; round < 50; round++) {
    for (int i = 0; i < 20; i++) {
      char text[16];
      snprintf(text, sizeof text, "%d", i);
      name_of(name, text);
      with_file(pool, mi_pool_file_delete, name);
    }
    mi_pool_reset(pool);
    const int fd = dup(0);
    REQUIRE(fd == lowest, "descriptor %d, %d at first", fd, lowest);
    close(fd);
  }
  mi_pool_destroy(pool);
}

/* What went wrong is told, where errors are; a name that is not there is not wrong. */
Test(pool_cleanup, files_that_cannot_be_closed_or_deleted, .init = folder_make, .fini = folder_remove) {
  char name[128];
  name_of(name, "gone");
  mi_option_enable(mi_option_show_errors);
  mi_register_output(take, NULL);
  mi_pool_t* pool = pools_new(0);
  forget();
  int fd = with_file(pool, mi_pool_file_delete, name);
  unlink(name);
  mi_pool_reset(pool);
  REQUIRE(!is_open(fd) && calls == 0, "a name that is gone: \"%s\"", taken);
  fd = with_file(pool, mi_pool_file_close, name);
  close(fd);
  errno = ERRNO_MARK;
  mi_pool_reset(pool);
  REQUIRE(calls == 1 && strstr(taken, "mi_pool_file_close") != NULL, "a file that was closed before: \"%s\"", taken);
  REQUIRE(errno == ERRNO_MARK, "errno is %d", errno);
  forget();
  unlink(name);
  fd = with_file(pool, mi_pool_file_delete, name);
  unlink(name);
  REQUIRE(mkdir(name, 0700) == 0, "no folder");
  mi_pool_destroy(pool);
  REQUIRE(!is_open(fd) && calls == 1 && strstr(taken, name) != NULL, "a folder cannot be unlinked: \"%s\"", taken);
  rmdir(name);
  mi_register_output(NULL, NULL);
}

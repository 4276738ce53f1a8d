/* pool_model.h -- a reference model of a pool, next to the pool itself: what must be in use, what it contains, what must be
 * done when it ends. Each call of the pool is made through here and compared; a difference ends the program with one line
 * that names the seed and the step.
 *
 *   pieces     their own table: address, size, a number that their contents follow from. No two overlap; contents are
 *              verified when they are freed, and when the pool ends
 *   figures    pieces of blocks and large ones in use; no more blocks than there ever were pieces at one time; the limit
 *   cleanups   a pile: they run from the top, each once, those that a running one adds before the others
 *
 * For one thread. Included by stress_pool_fuzz.c. */
#ifndef MICA_TESTS_POOL_MODEL_H
#define MICA_TESTS_POOL_MODEL_H
#include <errno.h>

#include "tests/stress/stress.h"

static uint64_t pm_seed, pm_step;

/* How often what was done. */
static struct { uint64_t given, given_large, refused, freed, cleanups, ended; } pm_done;

/* What does not hold, and where. */
#define PM_IS(condition, format, ...) \
  ((condition) ? (void)0 \
               : walk_fail("seed %llu, step %llu: " format, (unsigned long long)pm_seed, (unsigned long long)pm_step, \
                           __VA_ARGS__))

enum { PM_PIECES = 400, PM_CLEANUPS = 64, PM_BLOCKS = 2000, PM_FAILS = 4711 };

typedef struct pm_piece_s {
  char* p;
  size_t size;
  uint64_t number;
  bool large;
} pm_piece_t;

typedef struct pm_cleanup_s {
  const mi_pool_cleanup_t* at;
  uint64_t number;
  bool silent; /* it has no handler */
} pm_cleanup_t;

typedef struct pm_pool_s {
  mi_pool_t* pool; /* NULL: there is none */
  size_t max;
  size_t block_size;
  size_t pieces, cleanups;
  size_t live, large;      /* by the figures: cleanups are pieces, too */
  size_t peak;             /* of live */
  size_t bytes, large_sum; /* asked for */
  size_t limit, ceiling;   /* what it holds is no more than the ceiling: it may have been more than the limit before */
  void* data;
  size_t target;          /* pieces, at most */
  size_t entered, inside; /* of a group's */
  pm_piece_t piece[PM_PIECES];
  pm_cleanup_t cleanup[PM_CLEANUPS];
} pm_pool_t;

/* ---- contents ---- */

/* Words, and at the end bytes, that follow from the number; of what is large only some (stress_step). */
static inline void pm_fill(const pm_piece_t* piece) {
  size_t at = 0;
  for (; at + 8 <= piece->size; at = stress_step(at, piece->size)) {
    const uint64_t word = stress_content(piece->number, at);
    memcpy(piece->p + at, &word, 8);
  }
  for (; at < piece->size; at++) piece->p[at] = (char)(piece->number + at);
}
static inline void pm_verify(const pm_piece_t* piece) {
  size_t at = 0;
  for (; at + 8 <= piece->size; at = stress_step(at, piece->size)) {
    uint64_t word;
    memcpy(&word, piece->p + at, 8);
    PM_IS(word == stress_content(piece->number, at), "a piece of %zu bytes at %p was overwritten at %zu", piece->size,
          (void*)piece->p, at);
  }
  for (; at < piece->size; at++)
    PM_IS(piece->p[at] == (char)(piece->number + at), "a piece of %zu bytes at %p was overwritten at %zu", piece->size,
          (void*)piece->p, at);
}
static inline void pm_verify_all(const pm_pool_t* m) {
  for (size_t i = 0; i < m->pieces; i++) pm_verify(&m->piece[i]);
}

static inline void pm_apart(const pm_pool_t* m, const char* p, size_t size) {
  const char* end = p + (size == 0 ? 1 : size);
  for (size_t i = 0; i < m->pieces; i++)
    PM_IS(p >= m->piece[i].p + (m->piece[i].size == 0 ? 1 : m->piece[i].size) || end <= m->piece[i].p,
          "%zu bytes at %p: %zu are in use at %p", size, (const void*)p, m->piece[i].size, (void*)m->piece[i].p);
}

/* ---- figures ---- */

static inline void pm_figures(pm_pool_t* m) {
  static mi_pool_block_stat_t blocks[PM_BLOCKS];
  mi_pool_stat_t s;
  size_t used = 0, left = 0, live = 0;
  mi_pool_stat(m->pool, &s);
  PM_IS(s.live == m->live && s.large == m->large, "%zu pieces and %zu large, not %zu and %zu", s.live, s.large, m->live,
        m->large);
  PM_IS(s.total == mi_pool_get_used(m->pool) && s.total >= s.block_bytes + s.large_bytes, "%zu bytes held, %zu and %zu",
        s.total, s.block_bytes, s.large_bytes);
  PM_IS(s.used >= m->bytes && s.large_bytes >= m->large_sum, "%zu and %zu bytes used, %zu and %zu in use", s.used,
        s.large_bytes, m->bytes, m->large_sum);
  PM_IS(s.used + s.left <= s.block_bytes && s.threads == 1, "%zu used, %zu left, %zu in blocks; %zu threads", s.used,
        s.left, s.block_bytes, s.threads);
  PM_IS(s.blocks <= m->peak + 2, "%zu blocks for %zu pieces at most", s.blocks, m->peak);
  PM_IS(s.limit == m->limit && mi_pool_get_limit(m->pool) == m->limit, "limit %zu, not %zu", s.limit, m->limit);
  PM_IS(mi_pool_get_data(m->pool) == m->data, "data %p", mi_pool_get_data(m->pool));
  const size_t n = mi_pool_stat_blocks(m->pool, blocks, PM_BLOCKS);
  PM_IS(n == s.blocks && n <= PM_BLOCKS, "%zu blocks, %zu told", s.blocks, n);
  for (size_t i = 0; i < n; i++) {
    used += blocks[i].used;
    left += blocks[i].left;
    live += blocks[i].live;
  }
  PM_IS(used == s.used && left == s.left && live == s.live, "the sums of %zu blocks are others", n);
}

/* What a call has done to the figures: so many pieces more, so many large ones, or fewer. It keeps to the limit. */
static inline void pm_changed(pm_pool_t* m, ptrdiff_t live, ptrdiff_t large) {
  m->live += (size_t)live;
  m->large += (size_t)large;
  if (m->live > m->peak) m->peak = m->live;
  const size_t used = mi_pool_get_used(m->pool);
  PM_IS(used <= m->ceiling, "%zu bytes held, the limit is %zu", used, m->limit);
  if (m->limit != 0 && used < m->ceiling) m->ceiling = used > m->limit ? used : m->limit;
}

static inline void pm_set_limit(pm_pool_t* m, size_t limit) {
  const size_t used = mi_pool_get_used(m->pool);
  mi_pool_set_limit(m->pool, limit);
  m->limit = limit;
  m->ceiling = limit == 0 ? SIZE_MAX : limit > used ? limit : used;
}

/* A request was refused: there is a limit, what was asked for did not fit below it, and nothing has changed. */
static inline void pm_refused(pm_pool_t* m, size_t size, size_t align, size_t used_before) {
  const size_t used = mi_pool_get_used(m->pool), slots = 64 + 48 * (m->large + 8) * 2;
  const size_t spare = align <= 16 ? 0 : align + 2 * 65536; /* at most, for what is aligned */
  const size_t alone = mi_good_size(size + 64) + slots + spare, block = mi_good_size(m->block_size);
  const size_t need = size > m->max ? alone : align <= 16 || block > alone ? block : alone;
  pm_done.refused++;
  PM_IS(errno == ENOMEM && m->limit != 0, "%zu bytes were refused: errno %d, limit %zu", size, errno, m->limit);
  PM_IS(used_before + need > m->limit, "%zu bytes were refused: %zu held, limit %zu", size, used_before, m->limit);
  PM_IS(used == used_before, "%zu bytes were refused: %zu held, %zu before", size, used, used_before);
}

/* ---- pieces ---- */

typedef enum pm_form_e { PM_ALLOC, PM_UNALIGNED, PM_CALLOC, PM_MEMALIGN, PM_FORMS } pm_form_t;

static inline char* pm_call(pm_pool_t* m, pm_form_t form, size_t size, size_t align) {
  switch (form) {
  case PM_UNALIGNED: return mi_pool_alloc_unaligned(m->pool, size);
  case PM_CALLOC: return size % 6 == 0 ? mi_pool_calloc(m->pool, size / 6, 6) : mi_pool_calloc(m->pool, size, 1);
  case PM_MEMALIGN: return mi_pool_memalign(m->pool, size, align);
  default: return mi_pool_alloc(m->pool, size);
  }
}

/* Whether what came to be is large: told by its size, or where it is aligned, by the figures. */
static inline bool pm_is_large(const pm_pool_t* m, size_t size, size_t align) {
  if (size > m->max || align <= 16) return size > m->max;
  mi_pool_stat_t s;
  mi_pool_stat(m->pool, &s);
  PM_IS(s.live + s.large == m->live + m->large + 1, "%zu pieces and %zu large, for one more than %zu and %zu", s.live,
        s.large, m->live, m->large);
  return s.large != m->large;
}

/* align: of PM_MEMALIGN. */
static inline void pm_alloc(pm_pool_t* m, pm_form_t form, size_t size, size_t align, uint64_t number) {
  const size_t before = mi_pool_get_used(m->pool), wanted = form == PM_UNALIGNED ? 1 : form == PM_MEMALIGN ? align : 16;
  errno = PM_FAILS;
  char* p = pm_call(m, form, size, align);
  if (p == NULL) {
    pm_refused(m, size, wanted, before);
    return;
  }
  const bool large = pm_is_large(m, size, wanted);
  PM_IS(errno == PM_FAILS, "errno became %d", errno);
  PM_IS((uintptr_t)p % (large && wanted < 16 ? 16 : wanted) == 0, "%zu bytes at %p, aligned to %zu", size, (void*)p,
        wanted);
  PM_IS(form != PM_CALLOC || size == 0 || (p[0] == 0 && memcmp(p, p + 1, size - 1) == 0), "%zu bytes: not zero", size);
  pm_apart(m, p, size);
  m->piece[m->pieces] = (pm_piece_t){p, size, number, large};
  pm_fill(&m->piece[m->pieces++]);
  *(large ? &m->large_sum : &m->bytes) += size;
  pm_done.given++;
  pm_done.given_large += large;
  pm_changed(m, !large, large);
}

/* Which: of its pieces. as_large: by mi_pool_free_large first, which takes no piece of a block. */
static inline void pm_free(pm_pool_t* m, size_t which, bool as_large) {
  const pm_piece_t piece = m->piece[which];
  pm_verify(&piece);
  m->piece[which] = m->piece[--m->pieces];
  errno = PM_FAILS;
  const bool done = as_large && mi_pool_free_large(m->pool, piece.p);
  PM_IS(done == (as_large && piece.large), "%zu bytes at %p were %sfreed as large", piece.size, (void*)piece.p,
        done ? "" : "not ");
  if (!done) PM_IS(mi_pool_free(m->pool, piece.p), "%zu bytes at %p were not freed", piece.size, (void*)piece.p);
  PM_IS(errno == PM_FAILS, "errno became %d", errno);
  *(piece.large ? &m->large_sum : &m->bytes) -= piece.size;
  pm_done.freed++;
  pm_changed(m, -!piece.large, -(ptrdiff_t)piece.large);
}

/* ---- cleanups ---- */

/* At a cleanup's data. */
typedef struct pm_note_s {
  pm_pool_t* of;
  uint64_t number;
  size_t size;  /* of the data: what follows is filled */
  size_t again; /* it adds so many more, one after the other */
} pm_note_t;

static inline void pm_ran(void* data);

/* With so many bytes of data, if those are enough for a note; else without a handler. */
static inline void pm_cleanup(pm_pool_t* m, size_t size, size_t again, uint64_t number) {
  mi_pool_stat_t before, after;
  if (m->cleanups == PM_CLEANUPS) return;
  mi_pool_stat(m->pool, &before);
  errno = PM_FAILS;
  mi_pool_cleanup_t* c = mi_pool_cleanup_add(m->pool, size);
  mi_pool_stat(m->pool, &after);
  if (c == NULL) {
    PM_IS(after.live == before.live && after.large == before.large, "a refused cleanup of %zu bytes is there", size);
    PM_IS(errno == ENOMEM && m->limit != 0, "a cleanup of %zu bytes was refused: errno %d", size, errno);
    return;
  }
  const size_t live = after.live - before.live, large = after.large - before.large;
  PM_IS(large == (size > m->max) && live >= 1 && live <= 2, "a cleanup of %zu bytes: %zu pieces, %zu large", size, live,
        large);
  PM_IS((uintptr_t)c->data % 16 == 0 && (c->data == NULL) == (size == 0) && c->handler == NULL, "cleanup of %zu bytes",
        size);
  PM_IS(mi_pool_cleanup_first(m->pool) == c, "cleanup %p is not the first", (void*)c);
  const pm_note_t note = {m, number, size, again};
  const bool silent = size < sizeof note;
  if (!silent) {
    c->handler = pm_ran;
    memcpy(c->data, &note, sizeof note);
    pm_fill(&(pm_piece_t){(char*)c->data + sizeof note, size - sizeof note, number, false});
  }
  m->cleanup[m->cleanups++] = (pm_cleanup_t){c, number, silent};
  pm_changed(m, (ptrdiff_t)live, (ptrdiff_t)large);
}

static inline void pm_ran(void* data) {
  pm_note_t note;
  memcpy(&note, data, sizeof note);
  pm_pool_t* m = note.of;
  pm_verify(&(pm_piece_t){(char*)data + sizeof note, note.size - sizeof note, note.number, false});
  while (m->cleanups != 0 && m->cleanup[m->cleanups - 1].silent) m->cleanups--;
  PM_IS(m->cleanups != 0 && m->cleanup[m->cleanups - 1].number == note.number,
        "a cleanup ran, of %zu; it is not its turn", m->cleanups);
  m->cleanups--;
  pm_done.cleanups++;
  char* p = mi_pool_alloc(m->pool, 40); /* it may be refused */
  if (p != NULL) memset(p, 1, 40);
  if (p != NULL) m->live++;
  if (note.again != 0) pm_cleanup(m, note.size, note.again - 1, stress_mix(note.number));
}

static inline void pm_chain(const pm_pool_t* m) {
  const mi_pool_cleanup_t* c = mi_pool_cleanup_first(m->pool);
  for (size_t i = m->cleanups; i-- != 0; c = c->next) PM_IS(c == m->cleanup[i].at, "cleanup %zu is not there", i);
  PM_IS(c == NULL, "there are more than %zu cleanups", m->cleanups);
}

/* ---- the end ---- */

/* Around what ends or resets the pool. */
static inline void pm_before_end(const pm_pool_t* m) {
  pm_verify_all(m);
  pm_chain(m);
}
static inline void pm_after_end(pm_pool_t* m) {
  while (m->cleanups != 0 && m->cleanup[m->cleanups - 1].silent) m->cleanups--;
  PM_IS(m->cleanups == 0, "%zu cleanups did not run", m->cleanups);
  m->pieces = m->live = m->large = m->bytes = m->large_sum = 0;
  pm_done.ended++;
}

static inline void pm_reset(pm_pool_t* m) {
  pm_before_end(m);
  mi_pool_reset(m->pool);
  pm_after_end(m);
  pm_chain(m);
  pm_changed(m, 0, 0);
  pm_figures(m);
}

static inline void pm_init(pm_pool_t* m, mi_pool_t* pool, size_t block_size, size_t limit) {
  PM_IS(pool != NULL, "no pool: errno %d", errno);
  m->pool = pool;
  m->block_size = block_size == 0 ? 4096 : block_size < 512 ? 512 : block_size;
  m->max = mi_pool_max(pool);
  m->pieces = m->cleanups = m->live = m->large = m->peak = m->bytes = m->large_sum = 0;
  m->limit = limit;
  m->ceiling = limit == 0 ? SIZE_MAX : limit;
  m->data = NULL;
  m->entered = m->inside = 0;
  pm_figures(m);
}

static inline void pm_destroy(pm_pool_t* m) {
  pm_before_end(m);
  mi_pool_destroy(m->pool);
  pm_after_end(m);
  m->pool = NULL;
}

#endif

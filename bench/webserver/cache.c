/* cache.c -- see cache.h.
 *
 * The table is in shards by the hash of the path, each with a lock, a table that doubles, and an order of its own; the bytes
 * are bounded for all of them together, by the store. Room is made in the shard that needs it first, then in the others. */
#include "cache.h"

#include "counters.h"
#include "dates.h"
#include "frames.h"
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SHARDS = 8, FIRST_BUCKETS = 64, SHARE = 8 /* a file has at most this part of the limit */, READ_AT_ONCE = 64 };

struct shard {
  _Alignas(64) pthread_mutex_t lock;
  struct entry** buckets;
  size_t room; /* buckets, a power of two */
  size_t count;
  struct order order;
};

static struct shard shards[SHARDS];
static struct cache_settings settings;
static atomic_size_t file_bytes; /* of all entries there are; relaxed: a figure */

static uint64_t hash_of(const char* path) {
  uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a */
  for (; *path != 0; path++) hash = (hash ^ (unsigned char)*path) * 0x100000001B3u;
  return hash ^ (hash >> 32);
}

static struct shard* shard_of(uint64_t hash) { return &shards[hash % SHARDS]; }

static struct entry** bucket_of(const struct shard* shard, uint64_t hash) {
  return &shard->buckets[(hash / SHARDS) & (shard->room - 1)];
}

bool cache_start(const struct cache_settings* wanted) {
  settings = *wanted;
  if (!store_start(settings.limit)) return false;
  frames_start(settings.gives_back ? 0 : settings.page);
  for (size_t i = 0; i < SHARDS; i++) {
    struct shard* shard = &shards[i];
    pthread_mutex_init(&shard->lock, NULL);
    shard->room = FIRST_BUCKETS;
    shard->buckets = calloc(shard->room, sizeof *shard->buckets);
    if (shard->buckets == NULL) return false;
    settings.way->start(&shard->order);
  }
  return true;
}

/* ---- Entries ---- */

/* Everything of an entry goes back; it has as many pages as it says. */
static void give_back(struct entry* entry) {
  frames_put(entry->contents, entry->pages, entry->page_size);
  atomic_fetch_sub_explicit(&file_bytes, (size_t)entry->state.size, memory_order_relaxed);
  free(entry);
}

/* The last holder must see what the others did before: release, and acquire when it is the last. */
void cache_release(struct entry* entry) {
  if (atomic_fetch_sub_explicit(&entry->holders, 1, memory_order_acq_rel) == 1) give_back(entry);
}

/* With the lock held; the shard's own hold is the caller's then. */
static void unlink_entry(struct shard* shard, struct entry* entry) {
  struct entry** at = bucket_of(shard, entry->hash);
  while (*at != entry) at = &(*at)->chain;
  *at = entry->chain;
  shard->count--;
  settings.way->remove(&shard->order, &entry->place);
  entry->is_linked = false;
}

static struct entry* find(const struct shard* shard, const char* path, uint64_t hash) {
  struct entry* entry = *bucket_of(shard, hash);
  while (entry != NULL && (entry->hash != hash || strcmp(entry->path, path) != 0)) entry = entry->chain;
  return entry;
}

/* ---- Room ---- */

/* The entry that goes next, with the lock held: one that only the shard holds, and nobody else can without the lock. What is
 * being sent would give no room: it counts as used once more. NULL: there is none. relaxed: whoever had it has let it go, or
 * it is not taken. */
static struct entry* next_unheld(struct shard* shard) {
  for (size_t i = 0; i < shard->count; i++) {
    struct entry* entry = (struct entry*)settings.way->next(&shard->order);
    if (atomic_load_explicit(&entry->holders, memory_order_relaxed) == 1) return entry;
    settings.way->use(&shard->order, &entry->place);
  }
  return NULL;
}

/* Throws one entry out. false: there is none. */
static bool evict(uint64_t hash) {
  for (uint64_t i = 0; i < SHARDS; i++) {
    struct shard* shard = shard_of(hash + i);
    pthread_mutex_lock(&shard->lock);
    struct entry* entry = next_unheld(shard);
    if (entry != NULL) unlink_entry(shard, entry);
    pthread_mutex_unlock(&shard->lock);
    if (entry == NULL) continue;
    cache_release(entry);
    counters_add(CACHE_EVICTIONS, 1);
    return true;
  }
  return false;
}

/* Gets what the entry has not of so many pages, for which others are thrown out as long as there are any. false: no room. */
static bool get_pages(struct entry* entry, size_t pages) {
  for (;;) {
    entry->pages += frames_get(entry->contents + entry->pages, pages - entry->pages, entry->page_size);
    if (entry->pages == pages) return true;
    if (!evict(entry->hash)) return false;
  }
}

/* An entry with pages for the file, that nothing is in yet; NULL: no room. */
static struct entry* new_entry(const char* path, uint64_t hash, const struct file_state* state) {
  size_t page = settings.page != 0 ? settings.page : (size_t)state->size;
  size_t pages = state->size == 0 ? 0 : ((size_t)state->size - 1) / page + 1;
  struct entry* entry = calloc(1, sizeof *entry + pages * sizeof(char*) + strlen(path) + 1);
  if (entry == NULL) return NULL;
  entry->hash = hash;
  entry->state = *state;
  entry->page_size = page;
  entry->path = (char*)&entry->contents[pages];
  strcpy(entry->path, path);
  atomic_init(&entry->holders, 1);
  atomic_init(&entry->looked, dates_clock());
  atomic_fetch_add_explicit(&file_bytes, (size_t)state->size, memory_order_relaxed);
  if (get_pages(entry, pages)) return entry;
  give_back(entry);
  return NULL;
}

/* ---- Loading ---- */

/* The file's bytes from an offset on into the pages, as many as one call takes; 0 or below: it has no more. */
static ssize_t read_some(const struct entry* entry, int fd, size_t from) {
  struct iovec parts[READ_AT_ONCE];
  size_t offset = from, left = (size_t)entry->state.size - from;
  int count = 0;
  while (left > 0 && count < READ_AT_ONCE) {
    size_t skipped = offset % entry->page_size;
    size_t length = entry->page_size - skipped < left ? entry->page_size - skipped : left;
    parts[count++] = (struct iovec){entry->contents[offset / entry->page_size] + skipped, length};
    offset += length;
    left -= length;
  }
  return preadv(fd, parts, count, (off_t)from);
}

static bool read_file(const struct entry* entry, int fd) {
  struct file_state after;
  for (size_t done = 0; done < entry->state.size;) {
    ssize_t length = read_some(entry, fd, done);
    if (length <= 0) return false;
    done += (size_t)length;
  }
  return files_state(fd, &after) && file_is_same(&after, &entry->state);
}

/* Twice the buckets. Without memory for them chains are longer. */
static void grow(struct shard* shard) {
  struct shard larger = {.room = 2 * shard->room};
  larger.buckets = calloc(larger.room, sizeof *larger.buckets);
  if (larger.buckets == NULL) return;
  for (size_t i = 0; i < shard->room; i++) {
    for (struct entry *entry = shard->buckets[i], *next; entry != NULL; entry = next) {
      next = entry->chain;
      struct entry** at = bucket_of(&larger, entry->hash);
      entry->chain = *at;
      *at = entry;
    }
  }
  free(shard->buckets);
  shard->buckets = larger.buckets;
  shard->room = larger.room;
}

/* Links the entry, in the place of an older one of that path. */
static void link_entry(struct entry* entry) {
  struct shard* shard = shard_of(entry->hash);
  pthread_mutex_lock(&shard->lock);
  struct entry* older = find(shard, entry->path, entry->hash);
  if (older != NULL) unlink_entry(shard, older);
  if (settings.way->add(&shard->order, &entry->place)) {
    if (shard->count >= shard->room) grow(shard);
    struct entry** at = bucket_of(shard, entry->hash);
    entry->chain = *at;
    *at = entry;
    entry->is_linked = true;
    shard->count++;
    atomic_fetch_add_explicit(&entry->holders, 1, memory_order_relaxed);
  }
  pthread_mutex_unlock(&shard->lock);
  if (older != NULL) cache_release(older);
}

struct entry* cache_load(const char* path, int fd, const struct file_state* state) {
  if (state->size > settings.limit / SHARE) return NULL;
  struct entry* entry = new_entry(path, hash_of(path), state);
  if (entry == NULL) return NULL;
  if (!read_file(entry, fd)) {
    give_back(entry);
    return NULL;
  }
  link_entry(entry);
  return entry;
}

/* ---- Finding ---- */

/* Whether the file is still the one that is kept; looks at it only when it was not looked at for a while. */
static bool is_current(struct entry* entry) {
  long long now = dates_clock();
  if (now - atomic_load_explicit(&entry->looked, memory_order_relaxed) < settings.looked_each) return true;
  int fd;
  struct file_state state;
  if (files_open(entry->path, &fd, &state) != FILES_OK) return false;
  close(fd);
  if (!file_is_same(&state, &entry->state)) return false;
  atomic_store_explicit(&entry->looked, now, memory_order_relaxed);
  return true;
}

/* Throws out and releases an entry that is no longer what the file is. */
static void drop(struct entry* entry) {
  struct shard* shard = shard_of(entry->hash);
  pthread_mutex_lock(&shard->lock);
  bool was_linked = entry->is_linked;
  if (was_linked) unlink_entry(shard, entry);
  pthread_mutex_unlock(&shard->lock);
  if (was_linked) {
    cache_release(entry);
    counters_add(CACHE_CHANGED, 1);
  }
  cache_release(entry);
}

struct entry* cache_find(const char* path) {
  uint64_t hash = hash_of(path);
  struct shard* shard = shard_of(hash);
  pthread_mutex_lock(&shard->lock);
  struct entry* entry = find(shard, path, hash);
  if (entry != NULL) {
    settings.way->use(&shard->order, &entry->place);
    /* The shard's own hold is there: it cannot be the last one. */
    atomic_fetch_add_explicit(&entry->holders, 1, memory_order_relaxed);
  }
  pthread_mutex_unlock(&shard->lock);
  if (entry == NULL || is_current(entry)) return entry;
  drop(entry);
  return NULL;
}

void cache_look(struct cache_figures* figures) {
  size_t count = 0;
  for (size_t i = 0; i < SHARDS; i++) {
    pthread_mutex_lock(&shards[i].lock);
    count += shards[i].count;
    pthread_mutex_unlock(&shards[i].lock);
  }
  *figures = (struct cache_figures){count, atomic_load_explicit(&file_bytes, memory_order_relaxed)};
}

void cache_stop(void) {
  for (size_t i = 0; i < SHARDS; i++) {
    struct shard* shard = &shards[i];
    for (struct place* place; (place = settings.way->next(&shard->order)) != NULL;) {
      struct entry* entry = (struct entry*)place;
      unlink_entry(shard, entry);
      cache_release(entry);
    }
    settings.way->stop(&shard->order);
    free(shard->buckets);
    pthread_mutex_destroy(&shard->lock);
  }
  frames_stop();
}

/* page.h -- a page: a run of slices cut into blocks of one class, or holding one block.
 *
 * Three records describe it, in three arrays at the arena's head (geometry.h), found from any of its pointers by
 * arithmetic alone. They are its first slice's; in a page of more slices each further tag leads back to the first.
 *
 *   tag          read by every free; written at birth and when ownership changes
 *   owner line   local_free, used, capacity, vacant, links: the owner's alone
 *   remote line  the page word, and what a pusher reads: constant from birth to end
 *
 *   memory:   base         first                                              base + slices * SLICE
 *             | never used | block 0 | block 1 | ... | block capacity - 1 | uncarved ... |
 *
 * Blocks lie against the page's end, and never at base (a pointer belongs to the slice of the byte before it).
 *
 *   carved blocks = those in somebody's hands, in a cache or in an outbox (used) + those on local_free + vacant ones
 *                   (those pushed onto the word count as used until they are collected)
 *
 * The lines are type-stable: mapped as long as their arena; zero is "no page here". Used by segment/ and heap/. */
#ifndef MICA_PAGE_H
#define MICA_PAGE_H
#include "base/config.h"
#include "base/geometry.h"
#include "block/block.h"
#include "block/class.h"
#include "block/damaged.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef mica_block_t pw_block_t;
typedef struct pw_page_s mica_page_t;

/* The part of a theap that other threads touch. Type-stable. */
typedef struct pw_theap_s {
  _Atomic(uint64_t) notified; /* one bit per class: a dedicated page of that class got blocks */
} pw_theap_t;

typedef struct mica_tag_s {
  _Atomic(pw_theap_t*) owner; /* its id, and marks (below). Others only compare it with their own */
  void* cache;                /* the owner's alone: its cache of the class */
} mica_tag_t;
static_assert(sizeof(mica_tag_t) == MICA_TAG_SIZE, "the tags are an array");

/* Marks in the low bits of tag->owner. A marked id is no theap's, so the fast path misses. */
enum {
  MICA_MARK_INNER = 1,    /* owned; a pointer may be into a block's middle */
  MICA_MARK_PREVIOUS = 2, /* nobody owns it; that theap gave it up last */
  MICA_MARKS = 3,
};

/* Which of its owner's lists a page is on. */
typedef enum mica_place_e {
  MICA_PLACE_NONE,   /* on nobody's: abandoned, or one block */
  MICA_PLACE_ACTIVE, /* the one that its class is filled from */
  MICA_PLACE_READY,  /* enough free blocks to be the next active page */
  MICA_PLACE_SPARSE, /* some free blocks */
  MICA_PLACE_FULL,   /* none; retained for a while */
} mica_place_t;

/* owner line */
struct pw_page_s {
  _Alignas(64) mica_block_t* local_free;
  unsigned used;     /* carved blocks that are not on local_free */
  unsigned capacity; /* blocks carved so far */
  union {
    mica_page_t* next;        /* in its place's list */
    struct {                  /* one block: of the profiler's sample, if it is one (heap/sample.h) */
      uint32_t sample;        /* its number; 0: none */
      uint32_t sample_usable; /* bytes that it would have in a page with others; 0: it would have its own */
    };
  };
  mica_page_t* prev;
  union {
    mica_page_t* newer;     /* full pages of a theap by age */
    struct mi_heap_s* heap; /* one block: the first-class heap it was allocated in, if it is on a registry */
  };
  union {
    mica_page_t* older;
    uint64_t serial; /* and that heap's number */
  };
  uint16_t total;  /* as in the remote line */
  uint16_t enough; /* free blocks that make it ready */
  uint8_t place;   /* mica_place_t */
  bool zeroed;     /* what was never carved is zero; of a single block, that it was when made */
  union {
    uint16_t registry_at; /* one block: its slot on the registry */
    bool searched;        /* no block has come home since vacant units were looked for */
  };
  union {
    struct mica_theap_s* registry; /* one block: the sub-heap on whose registry it is; NULL: on none */
    uint64_t vacant;               /* a bit for each unit whose memory went back to the system (vacant.h) */
  };
};

typedef struct mica_remote_s {
  _Atomic(uint64_t) word; /* page_word.h */
  mica_block_t* base;     /* the page's memory; the word's head counts from here */
  uint32_t lead;   /* bytes from there to its first block; 0: no page. No pointer, or it would keep a block alive to
                           * a search for leaks */
  unsigned total;  /* all blocks, carved or not */
  unsigned offer;  /* free blocks with which an abandoned page is offered to everyone */
  uint32_t size;   /* bytes in a block; 0: one block, up to the page's end */
  uint32_t slices; /* of a page of one block, changed by its holder only */
  uint64_t extent; /* bytes from base to the page's end; likewise */
  _Atomic(uint32_t) kind; /* the class, or MICA_CLASS_NONE for a page of one block. relaxed: the reader holds a block.
                           * Atomic only for readers of pages of which they hold nothing */
  uint32_t back;          /* of every slice of a page: slices from here back to its first */
  bool dedicated;         /* born in a first-class heap, with blocks of a class */
  bool moved;             /* of a page of one block: page tables have moved its memory (move.h); its holder's */
} mica_remote_t;
static_assert(sizeof(mica_page_t) <= MICA_LINE_SIZE && sizeof(mica_remote_t) <= MICA_LINE_SIZE, "one line each");
static_assert(8 * MICA_SLICE / MICA_STEP_SMALL <= UINT16_MAX, "the number of a page's blocks fits `total`");

/* ---- arithmetic ---- */

MICA_INLINE uintptr_t mica_window_of(const void* p) { return ((uintptr_t)p - 1) & ~(MICA_ARENA - 1); }

/* The tag of the slice that answers for p: (p - 1) / SLICE, scaled to tags. */
MICA_INLINE mica_tag_t* mica_tag_of(const void* p) {
  const uintptr_t a = (uintptr_t)p - 1;
  const uintptr_t at = (a >> (MICA_SLICE_SHIFT - MICA_TAG_SHIFT)) & ((MICA_ARENA_SLICES - 1) << MICA_TAG_SHIFT);
  return (mica_tag_t*)((a & ~(MICA_ARENA - 1)) | at);
}

/* The three records of one slice, from one another. */
MICA_INLINE mica_page_t* mica_page_at(uintptr_t window, unsigned slice) {
  return (mica_page_t*)(window + MICA_OWNER_LINES + slice * MICA_LINE_SIZE);
}
MICA_INLINE mica_page_t* mica_page_of_tag(const mica_tag_t* tag) {
  const uintptr_t window = (uintptr_t)tag & ~(MICA_ARENA - 1);
  return mica_page_at(window, (unsigned)(((uintptr_t)tag - window) >> MICA_TAG_SHIFT));
}
MICA_INLINE uintptr_t mica_page_window(const mica_page_t* page) { return (uintptr_t)page & ~(MICA_ARENA - 1); }
MICA_INLINE unsigned mica_page_slice(const mica_page_t* page) {
  return (unsigned)(((uintptr_t)page - mica_page_window(page) - MICA_OWNER_LINES) >> MICA_LINE_SHIFT);
}
MICA_INLINE mica_tag_t* mica_page_tag(const mica_page_t* page) {
  return (mica_tag_t*)(mica_page_window(page) + mica_page_slice(page) * MICA_TAG_SIZE);
}
MICA_INLINE mica_remote_t* mica_page_remote(const mica_page_t* page) {
  return (mica_remote_t*)((uintptr_t)page + (MICA_REMOTE_LINES - MICA_OWNER_LINES));
}
MICA_INLINE char* mica_remote_first(const mica_remote_t* r) { return (char*)r->base + r->lead; }
/* The page of a pointer that was given out. */
MICA_INLINE mica_page_t* mica_page_of(const void* p) {
  mica_page_t* page = mica_page_of_tag(mica_tag_of(p));
  return (mica_page_t*)((uintptr_t)page - mica_page_remote(page)->back * MICA_LINE_SIZE);
}

/* The page's class, or MICA_CLASS_NONE. */
static inline unsigned mica_page_class(const mica_page_t* page) {
  /* relaxed: see mica_remote_t [B2] */
  return atomic_load_explicit(&mica_page_remote(page)->kind, memory_order_relaxed);
}

/* ---- the protocol, on these three records ---- */
#define PW_TYPES
typedef mica_page_t pw_page_t;
#define PW_OWNER(p) (&mica_page_tag(p)->owner)
#define PW_REMOTE(p) mica_page_remote(p)
#define PW_PREVIOUS(me) ((pw_theap_t*)(((uintptr_t)(me) & ~(uintptr_t)MICA_MARKS) | MICA_MARK_PREVIOUS))
#define PW_LINK_GET(b) mica_link_get(b)
#define PW_LINK_SET(b, n) mica_link_set((b), (n))
#define PW_DAMAGED(p, b) mica_list_damaged(mica_page_class(p), (b))
#include "page/page_word.h"

/* ---- life ---- */

/* The owner that a page is born with: its id (marked at birth where the class wants it) and its cache of the class; dedicated:
 * it is a first-class heap's. */
typedef struct mica_parent_s {
  pw_theap_t* owner;
  void* cache;
  bool dedicated;
} mica_parent_t;

/* Makes a page of the class in memory at window + slice * SLICE that the caller has claimed. zeroed: the memory is known to be
 * zero. No block is carved yet. */
mica_page_t* mica_page_birth(uintptr_t window, unsigned slice, unsigned class, mica_parent_t of, bool zeroed);

/* Owner of a page just reclaimed: writes the owner's id, marked where the class wants it, and its cache. */
void mica_page_set_owner(mica_page_t* page, pw_theap_t* owner, void* cache);

/* Makes a page of one block, ABANDONED: extent bytes at base in the given window; the block starts at first, whose byte
 * before must lie in the page's first slice. */
mica_page_t* mica_page_birth_single(uintptr_t window, char* base, char* first, uint64_t extent);

/* Owner: carves up to *count blocks, to the end of an OS page, and puts them before tail; of a class that only grows, to the
 * end of a few OS pages where they are likely to be resident. They count as used. Sets *count to their number, 0 when
 * all have been carved before. Returns the list. */
mica_block_t* mica_page_carve(mica_page_t* page, unsigned* count, mica_block_t* tail, bool growing);

/* Owner: one block known to be zero, carved and used; NULL if the next one is not known to be. */
mica_block_t* mica_page_carve_zero(mica_page_t* page);

/* ---- questions ---- */

static inline bool mica_page_single(const mica_page_t* page) { return mica_page_class(page) == MICA_CLASS_NONE; }
static inline uint64_t mica_class_extent(unsigned class) {
  return (uint64_t)mica_classes[class].slices << MICA_SLICE_SHIFT;
}
/* The number of a page's blocks, of this class: none lies at base. */
static inline unsigned mica_class_total(unsigned class) {
  return (unsigned)((mica_class_extent(class) - 1) / mica_classes[class].size);
}
static inline size_t mica_page_bytes(const mica_page_t* page) { return (size_t)mica_page_remote(page)->extent; }

/* Owner: blocks that are local, vacant, or were never carved. */
static inline unsigned mica_page_free_count(const mica_page_t* page) { return (unsigned)page->total - page->used; }

/* Bytes from p, a pointer given out from this page, to its block's end. */
size_t mica_page_usable(const mica_page_t* page, const void* p);

/* The block that p points into. */
mica_block_t* mica_page_block(const mica_page_t* page, const void* p);

/* Whether p could have been given out from this page: carved or single, and at a block's start unless inner. */
bool mica_page_plausible(const mica_page_t* page, const void* p);

/* Owner: whether the block was carved. */
static inline bool mica_page_has_carved(const mica_page_t* page, const mica_block_t* b) {
  const mica_remote_t* r = mica_page_remote(page);
  return (size_t)((const char*)b - mica_remote_first(r)) < (size_t)page->capacity * r->size;
}

/* The page that p could have been given out from, whatever p is, as long as it is in a window of mica's; NULL: none. Deep in
 * a huge block there are no lines, but data of the program, which may look like anything. */
const mica_page_t* mica_page_find(const void* p);

/* The page whose memory p points into, in an arena; NULL: none. */
const mica_page_t* mica_page_holding(const void* p);

#endif

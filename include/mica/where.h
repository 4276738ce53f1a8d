/* where.h -- what lies at an address: in which state a block is, whose it is, and what else memory can be. For debuggers,
 * messages and tools. The rules common to all functions of mica stand in mica.h.
 *
 * The functions here take any pointer: NULL, into a block's middle, freed, of a stack, of nothing. They read what they look
 * at through the system, so nothing that they meet can make them fault. They allocate nothing, take no lock, wait for
 * nobody, leave errno alone, and may be called in a signal handler and by a debugger, in every variant. What they give is in
 * the caller's memory. The pointers in it are to be shown, not used: what they name may be gone. A call needs 4 KiB of
 * stack, and makes system calls: a few, and at most some for each thread's heap, two for each free block that waits in a list,
 * and, deep in a large block, two for each 64 KiB between p and where the block begins (up to 256 MiB).
 *
 * If the block's page is owned by the calling thread, or by no running thread, what is said is exact, as long as nobody
 * does anything to the block meanwhile. Another running thread moves its free blocks at any time: then `sure` is false, and
 * what was seen may be of several moments. In a signal handler that interrupted a call of mica's in its own thread, the
 * block that this call was about to move may be found on no list: then it is taken for one in use. */
#ifndef MICA_PUBLIC_WHERE_H
#define MICA_PUBLIC_WHERE_H
#include <mica/base.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What lies at an address. The first group is not mica's; then come mica's own records, memory without a block, and last the
 * states of a block. */
typedef enum mica_where_state_e {
  MICA_WHERE_UNMAPPED, /* nothing is mapped there */
  MICA_WHERE_FOREIGN, /* a mapping that is not mica's: name, if it has one, is its file's or what the system calls it */
  MICA_WHERE_STACK,   /* the stack that the calling thread runs on, or a mapping that it is a part of */
  MICA_WHERE_THEAP,   /* a thread's heap: its caches, its outbox */
  MICA_WHERE_TAGS,    /* the head of an arena, or of a large block's own mapping: the owners of pages; */
  MICA_WHERE_WORDS,   /* the words that say which slices are free; */
  MICA_WHERE_OWNERS,  /* what a page's owner writes; */
  MICA_WHERE_REMOTE,  /* what other threads write */
  MICA_WHERE_ABSENT,  /* a segment of an arena that is not mapped */
  MICA_WHERE_CLEAN,   /* a free slice, and zero: never used, or given back to the system */
  MICA_WHERE_DIRTY,   /* a free slice that still has what was in it */
  MICA_WHERE_GONE,    /* a free slice of memory that the program commits, and that is not committed */
  MICA_WHERE_UNSEEN,  /* mica's, and could not be seen: it changes hands just now, or the system allows no look */
  MICA_WHERE_GAP,     /* bytes of a page before its first block */
  MICA_WHERE_UNCARVED,  /* a block that was never given out */
  MICA_WHERE_IN_USE,    /* a block that the program has; a chunk of a pool, too */
  MICA_WHERE_CACHED,    /* freed: in a thread's cache of its class */
  MICA_WHERE_LENT,      /* freed: in the cache of a class a little smaller */
  MICA_WHERE_RESERVED,  /* not said any more: what was behind a cache is in it now */
  MICA_WHERE_LOCAL,     /* freed: on its page's own list */
  MICA_WHERE_PUSHED,    /* freed by a thread that did not own the page: on the page's word */
  MICA_WHERE_IN_PARCEL, /* freed likewise: in that thread's outbox, on its way to the page */
  MICA_WHERE_VACANT,    /* free: its memory, or some of it, went back to the system */
} mica_where_state_t;

/* What a page is to its owner. */
typedef enum mica_where_page_e {
  MICA_PAGE_NONE,      /* there is no page */
  MICA_PAGE_ACTIVE,    /* of its owner: the one that the class's cache is filled from */
  MICA_PAGE_READY,     /* enough of its blocks are free to be the next active one */
  MICA_PAGE_SPARSE,    /* a few are */
  MICA_PAGE_FULL,      /* none is, as far as its owner knows */
  MICA_PAGE_MOVING,    /* owned, and on no list of the owner's just now */
  MICA_PAGE_ABANDONED, /* no thread owns it */
  MICA_PAGE_LARGE,     /* of one block, in up to a segment of an arena */
  MICA_PAGE_HUGE,      /* of one block, in more than a segment */
  MICA_PAGE_MAPPING,   /* of one block, in a mapping of its own */
} mica_where_page_t;

enum { MICA_WHERE_NAME = 128 /* bytes in a name, its end included */ };

/* What mica_where says. What does not apply is 0, NULL, or -1 where it is a number that begins with 0. */
typedef struct mica_where_s {
  size_t size;              /* of this structure in bytes: set by the caller before the call */
  const void* p;            /* what was asked for */
  mica_where_state_t state; /* what lies there */
  bool sure;                /* see the head of this file */

  /* In an arena, or in the mapping of a large block, which counts as one without a number: */
  int arena;        /* its number, from 0 */
  int segment;      /* of the arena, 0..63 */
  int slice;        /* of the arena, 0..4095; in a mapping, from its beginning */
  const void* base; /* where the arena or mapping begins */

  /* The page, if there is one: */
  mica_where_page_t page;
  bool dedicated;         /* its blocks are a first-class heap's alone */
  int page_class;         /* of its blocks; -1: it has one block */
  const void* page_base;  /* where its slices begin */
  size_t page_slices;     /* how many they are */
  const void* page_first; /* its first block */
  unsigned page_blocks;   /* how many it has room for */
  unsigned page_carved;   /* how many of them were ever given out */

  /* The block, if p points into one: */
  const void* block;
  size_t block_size;    /* bytes, slack included */
  unsigned block_index; /* in its page */
  size_t offset;        /* bytes from the block's start to p */

  /* Who has it: */
  const void* owner;       /* the thread's heap that owns the page; of an abandoned page, owned it last; NULL: none */
  uintptr_t owner_thread;  /* the pthread_t of the thread that runs it; 0: none does */
  bool owner_is_caller;    /* the calling thread does */
  const void* holder;      /* of a free block in a cache, a reserve or a parcel: the thread's heap that has it there */
  uintptr_t holder_thread; /* as owner_thread, */
  bool holder_is_caller;   /* and owner_is_caller */
  int holder_class;        /* and of which class's cache or reserve; -1: none */
  mi_heap_t* heap;         /* the first-class heap that the block is allocated in; NULL: a main heap */

  /* Of memory that is not mica's: the mapping, and the last bytes of its name. NULL and not sure: the system shows no
   * mappings, and there may be none */
  const void* from;
  const void* to;
  char name[MICA_WHERE_NAME];
} mica_where_t;

/* What lies at p, in *where, whose size the caller has set. false: where is NULL, or its size is none; nothing is changed
 * then. A structure that is shorter than this library's gets what fits in it, of a longer one the rest is 0. */
bool mica_where(const void* p, mica_where_t* where) mi_attr_noexcept;

/* What *where says, as far as its size reaches, as one line of text without a newline, in buffer, which has so many bytes;
 * cut if they are not enough, and ended with a 0 unless size is 0. buffer may be NULL then. The bytes that the whole text
 * has, the 0 not counted. */
size_t mica_where_text(const mica_where_t* where, char* buffer, size_t size) mi_attr_noexcept;

/* Writes "mica: ", p and the text to stderr, as one line by one write. From gdb: call mica_where_print(p). */
void mica_where_print(const void* p) mi_attr_noexcept;

#ifdef __cplusplus
}
#endif
#endif

/* gdb_reader.h -- the reader as gdb's Python calls it, by ctypes (gdb/mica_gdb.py): texts, and rows of numbers of 64 bits. In
 * the shared library alone. One target at a time; one thread. Texts are this file's own, until the next call. */
#ifndef TOOL_GDB_READER_H
#define TOOL_GDB_READER_H
#include "base/config.h"
#include "tool/target.h"

/* Opens what `read` reads, with the ELF files that begin at the bases. NULL, or what is wrong. */
MICA_EXPORT const char* mica_reader_open(target_reader_t* read, const uintptr_t* bases, size_t count);
MICA_EXPORT void mica_reader_close(void);

/* What lies at an address, in mica_where_text's words; or what a mica_where_t of the target, at `at`, says. NULL: not open, or
 * it cannot be read. */
MICA_EXPORT const char* mica_reader_where(uintptr_t at);
MICA_EXPORT const char* mica_reader_where_text(uintptr_t at);

/* The version and variant of the target. */
MICA_EXPORT const char* mica_reader_version(void);

enum {
  MICA_READER_BLOCK =
      12, /* state, sure, block, its size, its index, the offset, page kind, page base, blocks, carved, owner thread, heap */
  MICA_READER_CLASS = 6, /* bytes of a block, pages, blocks in use, held in caches, in outboxes, pushed */
  MICA_READER_HEAP = 7,  /* address, serial number, limit, bytes under its pages, pages, bytes in blocks, sub-heaps */
  MICA_READER_THREAD =
      8, /* pthread_t, thread's heap, bytes of its pages, of full ones, held, in the outbox, pushed, sure */
};

/* The rows; false: there is no such row. The first row of a kind takes a new census. */
MICA_EXPORT bool mica_reader_block(uintptr_t at, uint64_t row[MICA_READER_BLOCK]);
MICA_EXPORT bool mica_reader_class(uint32_t number, uint64_t row[MICA_READER_CLASS]);
MICA_EXPORT bool mica_reader_heap(uint32_t number, uint64_t row[MICA_READER_HEAP]);
MICA_EXPORT bool mica_reader_thread(uint32_t number, uint64_t row[MICA_READER_THREAD]);

#endif

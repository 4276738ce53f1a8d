/* target.h -- a process, or a core of one, that runs mica and is looked at from outside.
 *
 * Holds: how its memory is read, which mappings it has, and where mica's roots are (api/roots.h). Nothing in the target is
 * stopped, written or trusted: what is read may be torn, or anything. One target at a time is the present one, which heap/where
 * is asked about (look.c). Single-threaded. Errors are one line without a newline in the caller's buffer; an address is the
 * target's, never to be followed here. */
#ifndef TOOL_TARGET_H
#define TOOL_TARGET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "api/roots.h"

enum { TARGET_ERROR = 512 }; /* bytes of a line that says what is wrong, its end included */

typedef struct target_s target_t;

typedef struct target_mapping_s {
  uintptr_t from, to;
  uint64_t offset; /* in the file */
  bool readable, writable;
  const char* name; /* the file's path, or what the system calls it; "": none. The target's */
} target_mapping_t;

/* A process by its number, or the path of a core. NULL: error has the line. */
target_t* target_open(const char* pid_or_core, char error[TARGET_ERROR]);
target_t* target_open_process(pid_t pid, char error[TARGET_ERROR]);
target_t* target_open_core(const char* path, char error[TARGET_ERROR]);

/* By the caller's way to read memory (gdb's). bases: where ELF files begin in memory, the program's first; they are looked
 * through for mica's note. There are no mappings. */
typedef bool target_reader_t(void* arg, uintptr_t at, void* to, size_t n);
target_t* target_open_reader(target_reader_t* read, void* arg, const uintptr_t* bases, size_t count,
                             char error[TARGET_ERROR]);

void target_close(target_t* target);

/* Copies n bytes from `at`. False: not all of them are there; *to is anything then. */
bool target_read(target_t* target, void* to, uintptr_t at, size_t n);
#define TARGET_READ(target, to, at) target_read((target), &(to), (uintptr_t)(at), sizeof(to))

/* Copies of n bytes from `at` as many as are there before the first that is not: their number. Of a process by one system call,
 * which waits once for what its threads do to its mappings. */
size_t target_read_some(target_t* target, void* to, uintptr_t at, size_t n);

/* Many at a time, by few system calls. Sets done of each; returns how many are. */
typedef struct target_piece_s {
  void* to;
  uintptr_t at;
  size_t n;
  bool done;
} target_piece_t;
size_t target_read_many(target_t* target, target_piece_t* pieces, size_t count);

/* Writes n bytes of a process. False: it could not be, as always with a core or a reader. */
bool target_write(target_t* target, uintptr_t at, const void* from, size_t n);

/* As they were when it was opened, or target_refresh was called last. */
const target_mapping_t* target_mappings(const target_t* target, size_t* count);

/* The one with this address; NULL: none, or there are no mappings (target_has_mappings). */
const target_mapping_t* target_mapping_at(const target_t* target, uintptr_t at);
bool target_has_mappings(const target_t* target);

/* The part of a core's memory that the byte at `at` is in, as a mapping without a name. False: none, or this is no core. */
bool target_part_at(const target_t* target, uintptr_t at, target_mapping_t* mapping);

/* Whether what is in no mapping and in no part is not mapped: but for a reader, of which that is not known. */
bool target_is_closed(const target_t* target);

/* Of a text that others chose, what would move a terminal's cursor becomes a question mark, a newline at its end nothing. */
void target_make_plain(char* text);

/* For the next look: mappings are read again. False: the process has ended; error has the line. */
bool target_refresh(target_t* target, char error[TARGET_ERROR]);

/* 0: of a core or reader that does not say. */
pid_t target_pid(const target_t* target);
bool target_is_process(const target_t* target); /* a running one, not a core or gdb's */
pid_t target_by(const target_t* target);        /* of its threads one that has not ended; 0: this is no process */
bool target_is_alive(const target_t* target);   /* always, of a core or reader */

/* The process or core in words: "process 12", "core x". And the program's file, "" if it is not known. */
const char* target_name(const target_t* target);
const char* target_program(const target_t* target);

/* The kernel's numbers of its threads; the target's. */
const pid_t* target_threads(const target_t* target, size_t* count);

/* Where mica's roots are, and a copy of them. The copy's pointers are the target's addresses. */
uintptr_t target_roots_at(const target_t* target);
const mica_roots_t* target_roots(const target_t* target);

/* What its note says: the version and the variant. */
const char* target_version(const target_t* target);
const char* target_variant(const target_t* target);

/* The file that mica lies in: a library, or the program itself; "": not known. */
const char* target_library(const target_t* target);

/* That heap/where and the library's other sources, which are compiled into this program, look at from now on. */
void target_make_present(target_t* target);
target_t* target_present(void);

#endif

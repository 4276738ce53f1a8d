/* target_kinds.h -- the inside of a target: what is common to a process, a core and a caller's reader. For target*.c. */
#ifndef TOOL_TARGET_KINDS_H
#define TOOL_TARGET_KINDS_H
#include <stdio.h>

#include "base/config.h"
#include "tool/target.h"

enum { TARGET_NAME = 256, TARGET_PATH = 4096 };

/* Memory that a core has: bytes of its file. */
typedef struct core_part_s {
  uintptr_t at;
  uint64_t size;   /* in memory */
  uint64_t offset; /* in the file; */
  uint64_t there;  /* so many of its bytes are */
  bool writable;
} core_part_t;

typedef struct target_core_s {
  int file; /* -1: this is no core */
  core_part_t* parts;
  size_t part_count;
  uintptr_t program_headers; /* where the kernel said they are; 0: not known */
} target_core_t;

struct target_s {
  char name[TARGET_NAME];
  char program[TARGET_PATH];
  pid_t pid;
  int pidfd; /* -1: none */
  pid_t by;  /* of a process: the thread by whose number it is read; 0: this is no process */
  target_core_t core;
  target_reader_t* read; /* the caller's; NULL: none */
  void* read_arg;
  const uintptr_t* bases; /* of the reader, during opening */
  size_t base_count;
  target_mapping_t* mappings;
  size_t mapping_count;
  char* names; /* of the mappings, one behind the other */
  pid_t* threads;
  size_t thread_count;
  uintptr_t roots_at;
  mica_roots_t roots;
  mica_note_t note;
  char library[TARGET_PATH];
};

/* Writes the line. Always false. */
MICA_PRINTF(2, 3) bool target_wrong(char error[TARGET_ERROR], const char* format, ...);

/* The whole of a file of /proc, a NUL behind it, to be freed; NULL: it could not be read, errno says why. */
char* target_slurp(const char* path, size_t* size);

/* ---- target_process.c ---- */
bool target_process_open(target_t* target, pid_t pid, char error[TARGET_ERROR]);
bool target_process_look(target_t* target, char error[TARGET_ERROR]); /* mappings and threads, again */
bool target_process_read(const target_t* target, void* to, uintptr_t at, size_t n);
size_t target_process_read_some(const target_t* target, void* to, uintptr_t at, size_t n);
size_t target_process_read_many(const target_t* target, target_piece_t* pieces, size_t count);
bool target_process_write(const target_t* target, uintptr_t at, const void* from, size_t n);

/* ---- target_core.c ---- */
bool target_core_open(target_t* target, const char* path, char error[TARGET_ERROR]);
bool target_core_read(const target_t* target, void* to, uintptr_t at, size_t n);
bool target_core_part(const target_t* target, uintptr_t at, target_mapping_t* mapping);
void target_core_close(target_t* target);

/* ---- target_note.c ---- */

/* Finds mica's note and roots. False: error has the line. */
bool target_find_roots(target_t* target, char error[TARGET_ERROR]);

#endif

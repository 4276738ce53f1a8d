/* program.h -- a program's file as it lies on disk: what it says of the malloc that the program will have. It is examined by
 * libelf, and not run. Used by run.c, place.c and preload.c. */
#ifndef TOOL_PROGRAM_H
#define TOOL_PROGRAM_H
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { TOOL_NEEDED_MOST = 64, TOOL_WORD = 64 };

typedef enum tool_file_e {
  TOOL_FILE_OTHER,   /* no ELF file of this kind of machine, and no script of one */
  TOOL_FILE_FOREIGN, /* an ELF file of another kind of machine */
  TOOL_FILE_STATIC,  /* a program without a dynamic linker */
  TOOL_FILE_DYNAMIC, /* a program with one, or a library */
} tool_file_t;

typedef struct tool_program_s {
  char path[PATH_MAX]; /* the file that was asked for */
  char file[PATH_MAX]; /* the one that is examined: the same, or of a script the program that reads it */
  tool_file_t kind;
  bool is_script;
  bool defines_malloc;   /* in any of its symbol tables; of a stripped file only what others may call is known */
  bool exports_malloc;   /* others call it, too */
  bool opens_deeply;     /* it is known to open libraries by RTLD_DEEPBIND */
  const char* raises;    /* why it has more rights than its caller: a static text; NULL: it has not */
  const char* sanitizer; /* whose runtime owns malloc in it: a static text; NULL: none */
  bool holds_mica;
  char version[TOOL_WORD];                  /* of that; "": not known */
  char variant[TOOL_WORD];                  /* likewise; "": not known */
  char interpreter[PATH_MAX];               /* the dynamic linker; "": none */
  char needed[TOOL_NEEDED_MOST][TOOL_WORD]; /* the first so many libraries that it needs, cut */
  size_t needed_count;
} tool_program_t;

/* Where execvp would find the command, in path. False: nowhere. errno: ENOENT, or why it may not be run. */
bool tool_program_find(const char* command, char path[PATH_MAX]);

/* Examines the file. False: it cannot be read; errno says why. (Of one that has more rights than its caller nothing but that
 * may be known.) A script's interpreter is followed, up to four times. */
bool tool_program_examine(const char* path, tool_program_t* program);

#endif

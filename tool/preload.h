/* preload.h -- whether a program that is started with mica preloaded has its malloc from it. Used by run.c and
 * doctor_file.c. */
#ifndef TOOL_PRELOAD_H
#define TOOL_PRELOAD_H
#include "tool/program.h"

typedef enum tool_preload_e {
  TOOL_PRELOAD_WORKS,
  TOOL_PRELOAD_IS_BUILT_IN, /* mica is in the program */
  TOOL_PRELOAD_IS_BEHIND,   /* another malloc comes before it, for all or some of the program */
  TOOL_PRELOAD_IS_NOT,      /* it has no effect */
} tool_preload_t;

enum { TOOL_PRELOAD_TEXT = 512 };

/* Which, and in text why; of one that works "". */
tool_preload_t tool_preload_outlook(const tool_program_t* program, char text[TOOL_PRELOAD_TEXT]);

#endif

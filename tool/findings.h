/* findings.h -- what `mica doctor` finds: a line for each thing that it looked at, with a verdict. Used by doctor.c and
 * doctor.h. One thread. */
#ifndef TOOL_FINDINGS_H
#define TOOL_FINDINGS_H
#include "base/config.h"
#include <stdbool.h>
#include <stddef.h>

typedef enum tool_verdict_e { TOOL_OK, TOOL_LOOK, TOOL_BAD } tool_verdict_t; /* ok; worth a look; wrong */

typedef struct tool_finding_s {
  tool_verdict_t verdict;
  const char* about;  /* what was looked at: a static word */
  const char* advice; /* what to do: a static text; NULL: nothing */
  char* text;         /* what was found */
} tool_finding_t;

/* In the order in which they were found. All zero: none. */
typedef struct tool_findings_s {
  tool_finding_t* each;
  size_t count;
  bool no_memory; /* for one that is not among them */
} tool_findings_t;
void tool_findings_free(tool_findings_t* findings);

/* Adds one. */
void tool_find(tool_findings_t* findings, tool_verdict_t verdict, const char* about, const char* advice,
               const char* format, ...) MICA_PRINTF(5, 6);

/* The worst of them. */
tool_verdict_t tool_findings_worst(const tool_findings_t* findings);

/* All of them on stdout: a line each, or as one JSON object, of which doc/mica.1 has the members. */
void tool_findings_print(const tool_findings_t* findings, const char* subject, bool as_json);

#endif

/* doctor_file.c -- `mica doctor COMMAND`: what a program's file says of the malloc that it will have. */
#include "tool/doctor.h"
#include "tool/preload.h"
#include <fnmatch.h>
#include <string.h>

/* The first library that it needs by a name of this form; NULL: none. */
static const char* needs(const tool_program_t* program, const char* form) {
  for (size_t i = 0; i < program->needed_count; i++)
    if (fnmatch(form, program->needed[i], 0) == 0) return program->needed[i];
  return NULL;
}

static void find_preload(tool_findings_t* findings, const tool_program_t* program) {
  char text[TOOL_PRELOAD_TEXT];
  const char* const mica = needs(program, "libmica*.so*");
  switch (tool_preload_outlook(program, text)) {
  case TOOL_PRELOAD_WORKS:
    if (mica != NULL)
      tool_find(findings, TOOL_OK, "malloc", NULL, "it is linked with %s", mica);
    else
      tool_find(findings, TOOL_OK, "malloc", "mica run does so", "mica can be preloaded");
    break;
  case TOOL_PRELOAD_IS_BUILT_IN: tool_find(findings, TOOL_OK, "malloc", NULL, "%s", text); break;
  case TOOL_PRELOAD_IS_BEHIND:
    tool_find(findings, TOOL_BAD, "malloc",
              program->sanitizer != NULL ? "build it without" : "build it without that malloc", "%s", text);
    break;
  case TOOL_PRELOAD_IS_NOT:
    tool_find(findings, TOOL_BAD, "malloc", program->raises != NULL ? "link it with mica" : NULL, "%s", text);
    break;
  }
}

/* Another allocator's library that it needs comes behind what is preloaded. */
static void find_others(tool_findings_t* findings, const tool_program_t* program) {
  static const char* const forms[] = {"libjemalloc*", "libtcmalloc*", "libmimalloc*", "libtbbmalloc*",
                                      "libsnmalloc*", "libhoard*",    "librpmalloc*", "libscudo*"};
  for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    const char* const name = needs(program, forms[i]);
    if (name != NULL)
      tool_find(findings, TOOL_LOOK, "allocator", "calls of that library's own functions see an idle allocator",
                "it needs %s, whose malloc comes behind a preloaded mica's", name);
  }
}

void tool_doctor_file(tool_findings_t* findings, const tool_program_t* program) {
  if (program->is_script)
    tool_find(findings, TOOL_OK, "program", NULL, "%.300s, which %.300s reads", program->path, program->file);
  else
    tool_find(findings, TOOL_OK, "program", NULL, "%s", program->path);
  find_preload(findings, program);
  find_others(findings, program);
  if (program->opens_deeply && program->kind == TOOL_FILE_DYNAMIC)
    tool_find(findings, TOOL_LOOK, "deepbind", "set MICA_DEEPBIND=ignore, as mica run does",
              "programs of that name open libraries by RTLD_DEEPBIND, and so keep them from mica");
}

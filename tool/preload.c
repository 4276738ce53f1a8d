/* preload.c -- see preload.h. */
#include "tool/preload.h"

#include "base/config.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

MICA_PRINTF(3, 4)
static tool_preload_t outlook(tool_preload_t which, char text[TOOL_PRELOAD_TEXT], const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, TOOL_PRELOAD_TEXT, format, arguments);
  va_end(arguments);
  return which;
}

tool_preload_t tool_preload_outlook(const tool_program_t* program, char text[TOOL_PRELOAD_TEXT]) {
  const char* const reader = program->is_script ? "its reader " : "";
  const char* const file = program->is_script ? program->file : "it";
  text[0] = '\0';
  if (program->raises != NULL)
    return outlook(TOOL_PRELOAD_IS_NOT, text,
                   "%s%s runs with more rights than its caller (%s): the dynamic linker passes over LD_PRELOAD", reader,
                   file, program->raises);
  if (program->kind == TOOL_FILE_FOREIGN)
    return outlook(TOOL_PRELOAD_IS_NOT, text, "%s%s is for another kind of machine: this library is not", reader, file);
  if (program->kind == TOOL_FILE_OTHER)
    return outlook(TOOL_PRELOAD_IS_NOT, text, "%s%s is no ELF program, and no script that names one", reader, file);
  if (program->holds_mica)
    return outlook(TOOL_PRELOAD_IS_BUILT_IN, text, "%s%s holds mica itself%s%s", reader, file,
                   program->version[0] != '\0' ? ": version " : "", program->version);
  if (program->kind == TOOL_FILE_STATIC)
    return outlook(TOOL_PRELOAD_IS_NOT, text,
                   "%s%s is linked statically: there is no dynamic linker that would look at LD_PRELOAD; link it with "
                   "libmica.a",
                   reader, file);
  if (strstr(program->interpreter, "/ld-musl") != NULL)
    return outlook(TOOL_PRELOAD_IS_NOT, text, "%s%s is linked with musl, and this library with glibc", reader, file);
  if (program->sanitizer != NULL)
    return outlook(TOOL_PRELOAD_IS_BEHIND, text, "%s%s is built with %s, which has a malloc of its own", reader, file,
                   program->sanitizer);
  if (program->exports_malloc)
    return outlook(TOOL_PRELOAD_IS_BEHIND, text, "%s%s defines malloc itself, which comes before any library's", reader,
                   file);
  if (program->defines_malloc)
    return outlook(
        TOOL_PRELOAD_IS_BEHIND, text,
        "%s%s defines a malloc that it alone calls: mica serves its libraries, and a block that crosses over "
        "is not known",
        reader, file);
  return TOOL_PRELOAD_WORKS;
}

/* notice.c -- what sources of the library that are compiled into this program would tell its user: nothing is told here. */
#include "observe/hooks.h"
#include "observe/output.h"

void mica_notice(const char* format, ...) { (void)format; }

void mica_print(mica_output_t* out, void* arg, const char* format, ...) {
  (void)out;
  (void)arg;
  (void)format;
}

/* clean_strings.c -- no bug: strings that the C library allocates, and what it allocates for itself. */
#include "tests/bugs/bug.h"

#include <locale.h>
#include <time.h>

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  for (int i = 0; i < 50; i++) {
    char* a = strdup("a text of some length");
    char* b = strndup(a, (size_t)i % 20);
    BUG_CHECK(a != NULL && b != NULL && strncmp(a, b, strlen(b)) == 0);
    char* c = realpath("/usr/../usr/bin", NULL);
    BUG_CHECK(c != NULL && strcmp(c, "/usr/bin") == 0);
    FILE* file = tmpfile();
    BUG_CHECK(file != NULL && fprintf(file, "%s %d\n", a, i) > 0);
    rewind(file);
    char* line = NULL;
    size_t room = 0;
    BUG_CHECK(getline(&line, &room, file) > 0 && strncmp(line, a, strlen(a)) == 0);
    fclose(file);
    free(line);
    free(c);
    free(b);
    free(a);
  }
  setlocale(LC_ALL, "C.UTF-8");
  time_t now = time(NULL);
  struct tm parts;
  BUG_CHECK(localtime_r(&now, &parts) != NULL);
  return 0;
}

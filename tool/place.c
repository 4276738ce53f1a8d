/* place.c -- see place.h. The build hands in MICA_TOOL_LIBDIR and MICA_TOOL_LIBEXECDIR, paths from this program's folder. */
#include "tool/place.h"

#include "tool/program.h"
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of this program, links followed. */
static bool own_folder(char folder[PATH_MAX]) {
  const ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
  if (length <= 0) return false;
  folder[length] = '\0';
  *strrchr(folder, '/') = '\0';
  return true;
}

/* FOLDER/WITHIN/NAME, without .. and links, if it is there. */
static bool is_there(const char* folder, const char* within, const char* name, char path[PATH_MAX]) {
  char whole[PATH_MAX];
  if (snprintf(whole, PATH_MAX, "%s/%s/%s", folder, within, name) >= PATH_MAX) return false;
  if (access(whole, R_OK) != 0) return false;
  /* The folder's real name, and the file's own: it may be a link, and its name is what people look for. */
  char real[PATH_MAX];
  *strrchr(whole, '/') = '\0';
  return realpath(whole, real) != NULL && snprintf(path, PATH_MAX, "%s/%s", real, name) < PATH_MAX;
}

/* Whether the library says that it is of the variant. One for valgrind is known by its name. */
static bool is_variant(const char* path, const char* variant) {
  tool_program_t library;
  return strcmp(variant, "valgrind") != 0 && tool_program_examine(path, &library) &&
         strcmp(library.variant, variant) == 0;
}

bool tool_place_library(const char* variant, char path[PATH_MAX]) {
  char folder[PATH_MAX];
  char name[NAME_MAX];
  char sibling[NAME_MAX];
  if (!own_folder(folder)) return false;
  const char* const within[] = {"..", MICA_TOOL_LIBDIR, sibling}; /* the first: the build folder */
  const unsigned places = variant == NULL ? 2 : 3;                /* build folders of variants lie side by side */
  if (variant != NULL) {
    snprintf(name, sizeof name, "libmica-%s.so." MICA_TOOL_SOVERSION, variant);
    snprintf(sibling, sizeof sibling, "../../%s", variant);
    for (unsigned i = 0; i < places; i++)
      if (is_there(folder, within[i], name, path)) return true;
  }
  for (unsigned i = 0; i < places; i++)
    if (is_there(folder, within[i], MICA_TOOL_SONAME, path) && (variant == NULL || is_variant(path, variant)))
      return true;
  if (variant == NULL)
    snprintf(path, PATH_MAX, "no " MICA_TOOL_SONAME " in %.1500s/.. or in %.1500s/" MICA_TOOL_LIBDIR, folder, folder);
  else
    snprintf(path, PATH_MAX, "no %s in %.1000s/.., in %.1000s/" MICA_TOOL_LIBDIR " or in %.1000s/../../%s", name,
             folder, folder, folder, variant);
  return false;
}

bool tool_place_script(const char* name, char path[PATH_MAX]) {
  char folder[PATH_MAX];
  if (!own_folder(folder)) return false;
  if (is_there(folder, ".", name, path) || is_there(folder, MICA_TOOL_LIBEXECDIR, name, path)) return true;
  snprintf(path, PATH_MAX, "no %s in %.1500s or in %.1500s/" MICA_TOOL_LIBEXECDIR, name, folder, folder);
  return false;
}

/* ---- a link ---- */

static bool is_plain(const char* path) { return path[strcspn(path, " :$")] == '\0'; }

/* A folder of the user's that nobody else may write, made if it is not there. */
static bool link_folder(char folder[PATH_MAX]) {
  struct stat status;
  const char* base = getenv("XDG_RUNTIME_DIR");
  if (base == NULL || base[0] != '/' || !is_plain(base) || access(base, W_OK) != 0) base = "/tmp";
  if (snprintf(folder, PATH_MAX, "%s/mica-%u", base, (unsigned)geteuid()) >= PATH_MAX) return false;
  if (mkdir(folder, 0700) != 0 && errno != EEXIST) return false;
  return lstat(folder, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
         (status.st_mode & 077) == 0;
}

/* A number for the path (FNV-1a), so that each library has a link of its own. */
static uint64_t number_of(const char* text) {
  uint64_t h = UINT64_C(14695981039346656037);
  for (; *text != '\0'; text++) h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
  return h;
}

bool tool_place_preloadable(const char* library, char path[PATH_MAX], const char** why) {
  char folder[PATH_MAX];
  char found[PATH_MAX];
  char fresh[PATH_MAX];
  *why = "its path has a blank, a colon or a dollar, and there is no folder for a link to it";
  if (is_plain(library)) return snprintf(path, PATH_MAX, "%s", library) < PATH_MAX;
  if (!link_folder(folder)) return false;
  const char* const name = strrchr(library, '/') + 1;
  if (snprintf(path, PATH_MAX, "%s/%016llx-%s", folder, (unsigned long long)number_of(library), name) >= PATH_MAX ||
      snprintf(fresh, PATH_MAX, "%s.%ld", path, (long)getpid()) >= PATH_MAX || !is_plain(path))
    return false;
  const ssize_t length = readlink(path, found, PATH_MAX - 1);
  if (length > 0 && (size_t)length == strlen(library) && memcmp(found, library, (size_t)length) == 0) return true;
  if (symlink(library, fresh) != 0) return false;
  if (rename(fresh, path) == 0) return true;
  unlink(fresh);
  return false;
}

/* proc.c -- see proc.h. */
#include "tool/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t tool_file_text(const char* path, char* text, size_t size) {
  text[0] = '\0';
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t length = 0;
  ssize_t got = 0;
  while (length < size - 1 && (got = read(fd, text + length, size - 1 - length)) > 0) length += (size_t)got;
  const int error = errno;
  close(fd);
  text[length] = '\0';
  errno = error;
  return got < 0 && length == 0 ? -1 : (ssize_t)length;
}

static void name_of(pid_t pid, const char* name, char path[PATH_MAX]) {
  snprintf(path, PATH_MAX, "/proc/%ld/%s", (long)pid, name);
}

ssize_t tool_proc_text(pid_t pid, const char* name, char* text, size_t size) {
  char path[PATH_MAX];
  name_of(pid, name, path);
  return tool_file_text(path, text, size);
}

char* tool_proc_whole(pid_t pid, const char* name, size_t* length) {
  for (size_t size = TOOL_PROC_TEXT;; size *= 2) {
    char* const text = malloc(size);
    if (text == NULL) return NULL;
    const ssize_t got = tool_proc_text(pid, name, text, size);
    *length = got > 0 ? (size_t)got : 0;
    if (got >= 0 && *length < size - 1) return text;
    free(text);
    if (got < 0) return NULL;
  }
}

bool tool_text_number(const char* text, const char* word, uint64_t* number) {
  const size_t length = strlen(word);
  for (const char* line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, word, length) != 0) continue;
    const char* const digits = line + length + strspn(line + length, " \t");
    *number = strtoull(digits, NULL, 10);
    return *digits >= '0' && *digits <= '9';
  }
  return false;
}

bool tool_file_number(const char* path, uint64_t* number) {
  char text[64];
  return tool_file_text(path, text, sizeof text) > 0 && tool_text_number(text, "", number);
}

bool tool_proc_exists(pid_t pid) { return kill(pid, 0) == 0 || errno == EPERM; }

/* Or so it seems to who may not see it. */
static bool has_program(pid_t thread) {
  char path[PATH_MAX], program[2];
  name_of(thread, "exe", path);
  return readlink(path, program, sizeof program) >= 0 || errno != ENOENT;
}

pid_t tool_proc_living(pid_t pid) {
  char path[PATH_MAX];
  pid_t living = pid;
  if (has_program(pid)) return pid;
  name_of(pid, "task", path);
  DIR* const folder = opendir(path);
  for (struct dirent* entry; folder != NULL && living == pid && (entry = readdir(folder)) != NULL;) {
    const pid_t thread = tool_proc_number(entry->d_name);
    if (thread != 0 && has_program(thread)) living = thread;
  }
  if (folder != NULL) closedir(folder);
  return living;
}

pid_t tool_proc_number(const char* text) {
  const size_t length = strlen(text);
  if (length == 0 || length > 9 || strspn(text, "0123456789") != length) return 0;
  return (pid_t)strtol(text, NULL, 10);
}

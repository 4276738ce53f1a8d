/* link_order.c -- see link_order.h. The dynamic linker's list is found as a debugger finds it: by the program's headers, its
 * dynamic section, and the structure that DT_DEBUG leads to. All of it is another process' memory: nothing is believed but that
 * it has an end, which is given it here. */
#include "tool/link_order.h"

#include "tool/proc.h"
#include "tool/program.h"
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES_MOST = 4096, HEADERS_MOST = 64, DYNAMIC_MOST = 256 };

static bool copy(pid_t pid, void* to, uintptr_t at, size_t n) {
  const struct iovec local = {to, n};
  const struct iovec remote = {(void*)at, n};
  return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)n;
}

/* A text at an address; read bit by bit, as the memory behind it may not be there. */
static bool copy_text(pid_t pid, char* to, uintptr_t at, size_t size) {
  enum { STEP = 64 };
  for (size_t n = 0; n < size; n += STEP - (at + n) % STEP) {
    const size_t step = STEP - (at + n) % STEP;
    if (!copy(pid, to + n, at + n, n + step < size ? step : size - n)) return false;
    if (memchr(to + n, '\0', n + step < size ? step : size - n) != NULL) return true;
  }
  to[size - 1] = '\0';
  return true;
}

/* ---- the dynamic linker's list ---- */

/* Where the program's headers are, and how many. */
static uintptr_t headers_at(pid_t pid, size_t* count) {
  size_t length;
  char* const text = tool_proc_whole(pid, "auxv", &length);
  uintptr_t at = 0;
  *count = 0;
  for (size_t i = 0; text != NULL && i + sizeof(ElfW(auxv_t)) <= length; i += sizeof(ElfW(auxv_t))) {
    ElfW(auxv_t) entry;
    memcpy(&entry, text + i, sizeof entry);
    if (entry.a_type == AT_PHDR) at = entry.a_un.a_val;
    if (entry.a_type == AT_PHNUM) *count = entry.a_un.a_val;
  }
  free(text);
  if (*count > HEADERS_MOST) *count = HEADERS_MOST;
  return at;
}

/* Where the dynamic linker's structure is; 0: there is none. */
static uintptr_t debug_at(pid_t pid) {
  ElfW(Phdr) headers[HEADERS_MOST];
  size_t count;
  const uintptr_t at = headers_at(pid, &count);
  if (at == 0 || count == 0 || !copy(pid, headers, at, count * sizeof headers[0])) return 0;
  uintptr_t bias = 0;
  uintptr_t dynamic = 0;
  for (size_t i = 0; i < count; i++) {
    if (headers[i].p_type == PT_PHDR) bias = at - headers[i].p_vaddr;
    if (headers[i].p_type == PT_DYNAMIC) dynamic = headers[i].p_vaddr;
  }
  for (size_t i = 0; dynamic != 0 && i < DYNAMIC_MOST; i++) {
    ElfW(Dyn) entry;
    if (!copy(pid, &entry, bias + dynamic + i * sizeof entry, sizeof entry) || entry.d_tag == DT_NULL) return 0;
    if (entry.d_tag == DT_DEBUG) return entry.d_un.d_ptr;
  }
  return 0;
}

/* ---- files ---- */

static bool add(tool_link_order_t* order, const char* path) {
  for (size_t i = 0; i < order->count; i++)
    if (strcmp(order->each[i].path, path) == 0) return true;
  tool_linked_t* const more = realloc(order->each, (order->count + 1) * sizeof *more);
  if (more == NULL) return false;
  order->each = more;
  more[order->count] = (tool_linked_t){0};
  snprintf(more[order->count++].path, PATH_MAX, "%s", path);
  return true;
}

static bool read_list(pid_t pid, const char* program, tool_link_order_t* order) {
  struct r_debug debug;
  struct link_map map;
  char name[PATH_MAX];
  const uintptr_t at = debug_at(pid);
  if (at == 0 || !copy(pid, &debug, at, sizeof debug)) return false;
  uintptr_t next = (uintptr_t)debug.r_map;
  for (unsigned i = 0; next != 0 && i < FILES_MOST; i++, next = (uintptr_t)map.l_next) {
    if (!copy(pid, &map, next, sizeof map)) return false;
    if (map.l_name == NULL || !copy_text(pid, name, (uintptr_t)map.l_name, sizeof name)) name[0] = '\0';
    if (i == 0)
      add(order, program);
    else if (name[0] == '/') /* not the system's own, which has no file */
      add(order, name);
  }
  return order->count > 0;
}

/* The files that are mapped as code, as they lie in memory, the program first. */
static bool read_mappings(pid_t pid, const char* program, tool_link_order_t* order) {
  size_t length;
  char* const text = tool_proc_whole(pid, "maps", &length);
  if (text == NULL) return false;
  add(order, program);
  for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
    *end = '\0';
    const char* const path = strchr(line, '/');
    if (path != NULL && strstr(line, " r-xp ") != NULL) add(order, path);
  }
  free(text);
  return true;
}

/* What each file says; a process' files are reached by way of its own root. */
static void examine(pid_t pid, tool_linked_t* linked, bool is_program) {
  char path[PATH_MAX];
  tool_program_t file;
  if (is_program)
    snprintf(path, sizeof path, "/proc/%ld/exe", (long)pid);
  else
    snprintf(path, sizeof path, "/proc/%ld/root%.4000s", (long)pid, linked->path);
  if (!tool_program_examine(path, &file) && (is_program || !tool_program_examine(linked->path, &file))) return;
  linked->exports_malloc = file.exports_malloc;
  linked->holds_mica = file.holds_mica;
  linked->sanitizer = file.sanitizer;
  snprintf(linked->version, sizeof linked->version, "%s", file.version);
  snprintf(linked->variant, sizeof linked->variant, "%s", file.variant);
}

bool tool_link_order_read(pid_t pid, tool_link_order_t* order) {
  char name[PATH_MAX];
  char program[PATH_MAX];
  *order = (tool_link_order_t){0};
  snprintf(name, sizeof name, "/proc/%ld/exe", (long)pid);
  const ssize_t length = readlink(name, program, sizeof program - 1);
  if (length <= 0) return false;
  program[length] = '\0';
  order->is_certain = read_list(pid, program, order);
  if (!order->is_certain && !read_mappings(pid, program, order)) return false;
  for (size_t i = 0; i < order->count; i++) examine(pid, &order->each[i], i == 0);
  return order->count > 0;
}

void tool_link_order_free(tool_link_order_t* order) {
  free(order->each);
  *order = (tool_link_order_t){0};
}

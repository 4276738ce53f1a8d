/* program.c -- see program.h. The file's tables are libelf's; whatever they hold, no more than their bytes is read. */
#include "tool/program.h"

#include "api/roots.h"
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- where it is ---- */

static bool may_run(const char* path) {
  struct stat status;
  if (stat(path, &status) != 0) return false;
  if (!S_ISREG(status.st_mode)) {
    errno = EACCES;
    return false;
  }
  return access(path, X_OK) == 0;
}

bool tool_program_find(const char* command, char path[PATH_MAX]) {
  if (strchr(command, '/') != NULL) {
    if (snprintf(path, PATH_MAX, "%s", command) < PATH_MAX) return may_run(path);
    errno = ENAMETOOLONG;
    return false;
  }
  const char* at = getenv("PATH");
  if (at == NULL) at = "/bin:/usr/bin";
  int why = ENOENT;
  for (; command[0] != '\0'; at++) {
    const size_t length = strcspn(at, ":");
    const char* const slash = length > 0 ? "/" : "";
    if (snprintf(path, PATH_MAX, "%.*s%s%s", (int)length, at, slash, command) < PATH_MAX && may_run(path)) return true;
    if (errno == EACCES) why = EACCES;
    at += length;
    if (*at == '\0') break;
  }
  errno = why;
  return false;
}

/* ---- its rights ---- */

/* Why a program of this file runs with more rights than the caller, as the kernel decides it; NULL: it does not. */
static const char* raising(const char* file, const struct stat* status) {
  char word[64];
  struct statvfs system;
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) return NULL;
  if (statvfs(file, &system) == 0 && (system.f_flag & ST_NOSUID) != 0) return NULL;
  if ((status->st_mode & S_ISUID) != 0 && status->st_uid != getuid()) return "setuid";
  if ((status->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && status->st_gid != getgid()) return "setgid";
  if (getuid() != 0 && getxattr(file, "security.capability", word, sizeof word) > 0) return "file capabilities";
  return NULL;
}

/* ---- its symbols ---- */

typedef struct runtime_s {
  const char* symbol; /* that every program of the sanitizer defines or calls */
  const char* name;
} runtime_t;
static const runtime_t runtimes[] = {
    {"__asan_init", "AddressSanitizer"}, {"__hwasan_init", "HWAddressSanitizer"}, {"__tsan_init", "ThreadSanitizer"},
    {"__msan_init", "MemorySanitizer"},  {"__lsan_init", "LeakSanitizer"},
};

static void note_symbol(tool_program_t* program, const char* name, const GElf_Sym* symbol, bool is_dynamic) {
  const bool is_here = symbol->st_shndx != SHN_UNDEF;
  const bool is_global = GELF_ST_BIND(symbol->st_info) != STB_LOCAL;
  for (unsigned i = 0; i < sizeof runtimes / sizeof runtimes[0]; i++)
    if (program->sanitizer == NULL && strcmp(name, runtimes[i].symbol) == 0 &&
        (is_here || GELF_ST_BIND(symbol->st_info) == STB_GLOBAL))
      program->sanitizer = runtimes[i].name;
  if (is_here && strcmp(name, "mica_where") == 0) program->holds_mica = true; /* one that has no note, too */
  if (!is_here || !is_global || strcmp(name, "malloc") != 0) return;
  program->defines_malloc = true;
  if (is_dynamic && GELF_ST_VISIBILITY(symbol->st_other) == STV_DEFAULT) program->exports_malloc = true;
}

static void read_symbols(Elf* elf, Elf_Scn* section, const GElf_Shdr* header, tool_program_t* program) {
  Elf_Data* const data = elf_getdata(section, NULL);
  if (data == NULL || header->sh_entsize == 0 || data->d_size / header->sh_entsize > INT_MAX) return;
  const int count = (int)(data->d_size / header->sh_entsize);
  for (int i = 0; i < count; i++) {
    GElf_Sym symbol;
    if (gelf_getsym(data, i, &symbol) == NULL) return;
    const char* const name = elf_strptr(elf, header->sh_link, symbol.st_name);
    if (name != NULL) note_symbol(program, name, &symbol, header->sh_type == SHT_DYNSYM);
  }
}

static void read_needed(Elf* elf, Elf_Scn* section, const GElf_Shdr* header, tool_program_t* program) {
  Elf_Data* const data = elf_getdata(section, NULL);
  GElf_Dyn entry;
  for (int i = 0; data != NULL && gelf_getdyn(data, i, &entry) != NULL && entry.d_tag != DT_NULL; i++) {
    if (entry.d_tag != DT_NEEDED || program->needed_count == TOOL_NEEDED_MOST) continue;
    const char* const name = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
    if (name != NULL) snprintf(program->needed[program->needed_count++], TOOL_WORD, "%s", name);
  }
}

static void read_sections(Elf* elf, tool_program_t* program) {
  Elf_Scn* section = NULL;
  while ((section = elf_nextscn(elf, section)) != NULL) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == NULL) continue;
    if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB) read_symbols(elf, section, &header, program);
    if (header.sh_type == SHT_DYNAMIC) read_needed(elf, section, &header, program);
  }
}

/* ---- its segments ---- */

static void read_notes(Elf* elf, const GElf_Phdr* header, tool_program_t* program) {
  Elf_Data* const data = elf_getdata_rawchunk(elf, (int64_t)header->p_offset, header->p_filesz,
                                              header->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
  size_t at = 0;
  size_t name;
  size_t content;
  GElf_Nhdr note;
  while (data != NULL && (at = gelf_getnote(data, at, &note, &name, &content)) > 0) {
    const char* const bytes = data->d_buf;
    if (note.n_type != MICA_NOTE_TYPE || note.n_namesz != sizeof MICA_NOTE_NAME ||
        note.n_descsz < sizeof(mica_note_t) || memcmp(bytes + name, MICA_NOTE_NAME, sizeof MICA_NOTE_NAME) != 0)
      continue;
    mica_note_t found;
    memcpy(&found, bytes + content, sizeof found);
    program->holds_mica = true;
    snprintf(program->version, TOOL_WORD, "%.*s", MICA_ROOTS_WORD, found.version);
    snprintf(program->variant, TOOL_WORD, "%.*s", MICA_ROOTS_WORD, found.variant);
  }
}

static void read_segments(Elf* elf, tool_program_t* program) {
  size_t count = 0;
  size_t size = 0;
  const char* const file = elf_rawfile(elf, &size);
  elf_getphdrnum(elf, &count);
  for (size_t i = 0; i < count && i < INT_MAX; i++) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, (int)i, &header) == NULL) return;
    if (header.p_offset > size || header.p_filesz > size - header.p_offset) continue;
    if (header.p_type == PT_NOTE) read_notes(elf, &header, program);
    if (header.p_type == PT_INTERP)
      snprintf(program->interpreter, PATH_MAX, "%.*s", (int)(header.p_filesz < PATH_MAX ? header.p_filesz : 0),
               file + header.p_offset);
  }
}

/* ---- the file ---- */

/* The processor of this very program, as its files name it. */
static bool is_native(Elf* elf) {
  GElf_Ehdr theirs;
  GElf_Ehdr ours;
  const int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  Elf* const self = fd >= 0 ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
  const bool known = self != NULL && gelf_getehdr(self, &ours) != NULL && gelf_getehdr(elf, &theirs) != NULL;
  const bool same = known && theirs.e_machine == ours.e_machine && gelf_getclass(elf) == gelf_getclass(self) &&
                    theirs.e_ident[EI_DATA] == ours.e_ident[EI_DATA];
  elf_end(self);
  if (fd >= 0) close(fd);
  return same;
}

static void read_elf(Elf* elf, tool_program_t* program) {
  GElf_Ehdr header;
  if (elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == NULL) return;
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return;
  program->kind = TOOL_FILE_FOREIGN;
  if (!is_native(elf)) return;
  read_segments(elf, program);
  read_sections(elf, program);
  const bool is_library = header.e_type == ET_DYN && program->interpreter[0] == '\0' && program->needed_count > 0;
  program->kind = program->interpreter[0] != '\0' || is_library ? TOOL_FILE_DYNAMIC : TOOL_FILE_STATIC;
}

/* What reads the script, in file: the program that its first line names, or the shell, if it names none. */
static bool reads_script(int fd, char file[PATH_MAX]) {
  char line[PATH_MAX];
  const ssize_t length = pread(fd, line, sizeof line - 1, 0);
  if (length < 4 || memcmp(line, ELFMAG, SELFMAG) == 0) return false;
  if (line[0] != '#' || line[1] != '!') {
    snprintf(file, PATH_MAX, "/bin/sh");
    return true;
  }
  line[length] = '\0';
  const char* const name = line + 2 + strspn(line + 2, " \t");
  snprintf(file, PATH_MAX, "%.*s", (int)strcspn(name, " \t\r\n"), name);
  return file[0] == '/';
}

/* env, by which most scripts name their reader, is no reader itself. */
static void pass_env(int fd, char file[PATH_MAX]) {
  char line[PATH_MAX];
  const char* const name = strrchr(file, '/') + 1;
  const ssize_t length = pread(fd, line, sizeof line - 1, 0);
  if (strcmp(name, "env") != 0 || length <= 0) return;
  line[length] = '\0';
  line[strcspn(line, "\n")] = '\0';
  const char* word = strstr(line, "env") + 3;
  word += strspn(word, " \t");
  if (strncmp(word, "-S", 2) == 0) word += 2 + strspn(word + 2, " \t");
  char command[PATH_MAX];
  char found[PATH_MAX];
  snprintf(command, sizeof command, "%.*s", (int)strcspn(word, " \t"), word);
  if (tool_program_find(command, found)) snprintf(file, PATH_MAX, "%s", found);
}

/* Programs that are known to do so, by their names. */
static bool opens_deeply(const char* file) {
  static const char* const known[] = {"php", "php[0-9]*", "php-fpm*", "php-cgi*", "phpdbg*", "apache2", "httpd"};
  const char* const slash = strrchr(file, '/');
  for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
    if (fnmatch(known[i], slash != NULL ? slash + 1 : file, 0) == 0) return true;
  return false;
}

bool tool_program_examine(const char* path, tool_program_t* program) {
  *program = (tool_program_t){0};
  snprintf(program->path, PATH_MAX, "%s", path);
  snprintf(program->file, PATH_MAX, "%s", path);
  elf_version(EV_CURRENT);
  for (unsigned times = 0;; times++) {
    struct stat status;
    const int fd = open(program->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* which may be a pipe */
    const bool there = stat(program->file, &status) == 0;
    if (there && !S_ISREG(status.st_mode)) {
      if (fd >= 0) close(fd);
      errno = EACCES; /* as exec says */
      return false;
    }
    if (there) program->raises = raising(program->file, &status);
    if (fd < 0) return program->raises != NULL;         /* such a file may often be run, and not read */
    if (times < 4 && reads_script(fd, program->file)) { /* the system passes over such bits of a script */
      pass_env(fd, program->file);
      program->is_script = true;
      close(fd);
      continue;
    }
    Elf* const elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    if (elf != NULL) read_elf(elf, program);
    elf_end(elf);
    close(fd);
    program->opens_deeply = opens_deeply(program->file);
    return true;
  }
}

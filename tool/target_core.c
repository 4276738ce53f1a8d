/* target_core.c -- a core: its memory, its list of files and its threads, as libelf reads them (target.h).
 *
 * The file is read, never mapped: it may shrink meanwhile. Of a core that was cut off nothing is shown. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/target_kinds.h"

enum { MAPPINGS_MOST = 1 << 20, THREADS_MOST = 1 << 20 };

/* ---- memory ---- */

static int by_address(const void* a, const void* b) {
  const core_part_t *x = a, *y = b;
  return x->at < y->at ? -1 : x->at > y->at;
}

static const core_part_t* part_at(const target_core_t* core, uintptr_t at) {
  size_t low = 0, high = core->part_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (at < core->parts[middle].at)
      high = middle;
    else if (at - core->parts[middle].at >= core->parts[middle].size)
      low = middle + 1;
    else
      return &core->parts[middle];
  }
  return NULL;
}

bool target_core_part(const target_t* target, uintptr_t at, target_mapping_t* mapping) {
  const core_part_t* part = part_at(&target->core, at);
  if (part == NULL) return false;
  *mapping = (target_mapping_t){part->at, part->at + part->size, 0, true, part->writable, ""};
  return true;
}

static bool read_file(int file, char* to, uint64_t offset, size_t n) {
  while (n != 0) {
    const ssize_t got = pread(file, to, n, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    offset += (uint64_t)got;
    n -= (size_t)got;
  }
  return true;
}

bool target_core_read(const target_t* target, void* to, uintptr_t at, size_t n) {
  for (char* out = to; n != 0;) {
    const core_part_t* part = part_at(&target->core, at);
    if (part == NULL || at - part->at >= part->there) return false;
    const uint64_t from = at - part->at, left = part->there - from;
    const size_t now = left < n ? (size_t)left : n;
    if (!read_file(target->core.file, out, part->offset + from, now)) return false;
    out += now;
    at += now;
    n -= now;
  }
  return true;
}

/* ---- notes ---- */

/* A number of the list of files, which is in the machine's words. */
static uint64_t word_at(const char* at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

static const core_part_t* part_of(const target_t* target, uintptr_t at) { return part_at(&target->core, at); }

/* count, page size, {from, to, offset in pages} of each, then the names one behind the other. */
static void take_files(target_t* target, const char* text, size_t size) {
  enum { WORD = 8, ROW = 3 * WORD };
  if (size < 2 * WORD || target->mappings != NULL) return;
  const uint64_t count = word_at(text), page = word_at(text + WORD);
  if (count > MAPPINGS_MOST || count > (size - 2 * WORD) / ROW) return;
  const char* rows = text + 2 * WORD;
  const size_t behind = 2 * WORD + count * ROW;
  target->names = malloc(size - behind + 1);
  target->mappings = calloc(count + 1, sizeof *target->mappings);
  if (target->names == NULL || target->mappings == NULL) return;
  memcpy(target->names, text + behind, size - behind);
  char *name = target->names, *end = name + (size - behind);
  *end = '\0';
  for (uint64_t i = 0; i < count && name < end; i++, name += strlen(name) + 1) {
    target_mapping_t* m = &target->mappings[target->mapping_count];
    *m = (target_mapping_t){word_at(rows + i * ROW),
                            word_at(rows + i * ROW + WORD),
                            word_at(rows + i * ROW + 2 * (size_t)WORD) * page,
                            true,
                            false,
                            name};
    const core_part_t* part = part_of(target, m->from);
    m->writable = part != NULL && part->writable;
    if (m->from < m->to && (target->mapping_count == 0 || m->from >= m[-1].to)) target->mapping_count++;
  }
}

static void take_thread(target_t* target, const char* text, size_t size) {
  struct elf_prstatus status;
  if (size < sizeof status || target->thread_count >= THREADS_MOST) return;
  memcpy(&status, text, sizeof status);
  pid_t* more = realloc(target->threads, (target->thread_count + 1) * sizeof *more);
  if (more == NULL) return;
  target->threads = more;
  more[target->thread_count++] = status.pr_pid;
}

static void take_program(target_t* target, const char* text, size_t size) {
  struct elf_prpsinfo info;
  if (size < sizeof info) return;
  memcpy(&info, text, sizeof info);
  target->pid = info.pr_pid;
  if (target->program[0] == '\0') snprintf(target->program, sizeof target->program, "%.16s", info.pr_fname);
}

static void take_auxiliary(target_t* target, const char* text, size_t size) {
  for (size_t at = 0; at + 16 <= size; at += 16)
    if (word_at(text + at) == AT_PHDR) target->core.program_headers = word_at(text + at + 8);
}

static void take_notes(target_t* target, Elf* elf, const GElf_Phdr* header) {
  Elf_Data* data = elf_getdata_rawchunk(elf, (int64_t)header->p_offset, header->p_filesz, ELF_T_NHDR);
  if (data == NULL) return;
  GElf_Nhdr note;
  size_t name, content;
  for (size_t at = 0, next; (next = gelf_getnote(data, at, &note, &name, &content)) > at; at = next) {
    const char* text = (const char*)data->d_buf + content;
    if (note.n_type == NT_FILE) take_files(target, text, note.n_descsz);
    if (note.n_type == NT_PRSTATUS) take_thread(target, text, note.n_descsz);
    if (note.n_type == NT_PRPSINFO) take_program(target, text, note.n_descsz);
    if (note.n_type == NT_AUXV) take_auxiliary(target, text, note.n_descsz);
  }
}

/* ---- opening ---- */

/* Of the kind of machine that this very program is for. */
static bool is_ours(const GElf_Ehdr* header) {
  GElf_Ehdr ours;
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const bool known = file >= 0 && pread(file, &ours, sizeof ours, 0) == (ssize_t)sizeof ours;
  if (file >= 0) close(file);
  return known && header->e_ident[EI_CLASS] == ours.e_ident[EI_CLASS] &&
         header->e_ident[EI_DATA] == ours.e_ident[EI_DATA] && header->e_machine == ours.e_machine;
}

/* The parts of memory. False: the file ends before they do; wanted: where the last ends. */
static bool take_parts(target_t* target, Elf* elf, size_t count, uint64_t size, uint64_t* wanted) {
  target_core_t* core = &target->core;
  GElf_Phdr header;
  *wanted = 0;
  for (size_t i = 0; i < count; i++) {
    if (gelf_getphdr(elf, (int)i, &header) == NULL) return false;
    if (header.p_filesz != 0 && header.p_offset + header.p_filesz > *wanted)
      *wanted = header.p_offset + header.p_filesz;
    if (header.p_filesz > size || header.p_offset > size - header.p_filesz) return false;
    if (header.p_type != PT_LOAD || header.p_memsz == 0 || header.p_vaddr + header.p_memsz < header.p_vaddr) continue;
    const uint64_t there = header.p_filesz < header.p_memsz ? header.p_filesz : header.p_memsz;
    core->parts[core->part_count++] =
        (core_part_t){header.p_vaddr, header.p_memsz, header.p_offset, there, (header.p_flags & PF_W) != 0};
  }
  qsort(core->parts, core->part_count, sizeof *core->parts, by_address);
  return true;
}

/* Its program: what the first program header lies in. */
static void name_program(target_t* target) {
  const target_mapping_t* of = target_mapping_at(target, target->core.program_headers);
  if (of != NULL && of->name[0] == '/') snprintf(target->program, sizeof target->program, "%s", of->name);
}

static bool take(target_t* target, Elf* elf, const char* path, uint64_t size, char error[TARGET_ERROR]) {
  GElf_Ehdr header;
  GElf_Phdr part;
  size_t count;
  uint64_t wanted;
  if (elf == NULL || elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == NULL || header.e_type != ET_CORE)
    return target_wrong(error, "%s is no core", path);
  if (!is_ours(&header)) return target_wrong(error, "%s is a core of another kind of machine", path);
  if (elf_getphdrnum(elf, &count) != 0 || count == 0) return target_wrong(error, "%s is a core without contents", path);
  target->core.parts = calloc(count, sizeof *target->core.parts);
  if (target->core.parts == NULL) return target_wrong(error, "there is no memory");
  if (!take_parts(target, elf, count, size, &wanted))
    return target_wrong(error, "%s is cut off: it has %llu bytes of %llu or more", path, (unsigned long long)size,
                        (unsigned long long)wanted);
  for (size_t i = 0; i < count; i++)
    if (gelf_getphdr(elf, (int)i, &part) != NULL && part.p_type == PT_NOTE) take_notes(target, elf, &part);
  name_program(target);
  return true;
}

bool target_core_open(target_t* target, const char* path, char error[TARGET_ERROR]) {
  struct stat about;
  snprintf(target->name, sizeof target->name, "core %s", path);
  target->core.file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (target->core.file < 0 || fstat(target->core.file, &about) != 0)
    return target_wrong(error, "%s cannot be read: %s", path, strerror(errno));
  if (!S_ISREG(about.st_mode)) return target_wrong(error, "%s is no core", path);
  elf_version(EV_CURRENT);
  Elf* elf = elf_begin(target->core.file, ELF_C_READ, NULL);
  const bool well = take(target, elf, path, (uint64_t)about.st_size, error);
  elf_end(elf);
  return well;
}

void target_core_close(target_t* target) {
  if (target->core.file >= 0) close(target->core.file);
  free(target->core.parts);
}

/* target_note.c -- where mica is in a target: its note in the first page of an ELF file, and the roots that it leads to.
 *
 * A core may lack the files' pages: then they are read from the files, if those are there; whether they are the same the roots
 * tell, which are in memory. */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "api/layout.h"
#include "tool/target_kinds.h"

enum { HEADERS_MOST = 128, NOTES_MOST = 65536, FIRST = 4096 };

/* An ELF file in memory. */
typedef struct image_s {
  target_t* target;
  uintptr_t base;
  uint64_t bias; /* what is added to addresses of the file */
  const char* path;
  char first[FIRST]; /* a copy of its first page, which as a rule has all that is looked for; */
  size_t have;       /* so many bytes of it */
} image_t;

static bool read_memory(const image_t* image, void* to, uintptr_t at, size_t n) {
  const uintptr_t offset = at - image->base;
  if (offset >= image->have || n > image->have - offset) return target_read(image->target, to, at, n);
  memcpy(to, image->first + offset, n);
  return true;
}

/* Bytes of the file, from the beginning: of its first page in memory, or of itself. */
static bool read_image(const image_t* image, void* to, uint64_t offset, size_t n) {
  if (read_memory(image, to, image->base + offset, n)) return true;
  if (image->target->by != 0 || image->path[0] != '/') return false;
  const int file = open(image->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return false;
  const bool well = pread(file, to, n, (off_t)offset) == (ssize_t)n;
  close(file);
  return well;
}

static size_t rounded(size_t n, size_t to) { return (n + to - 1) & ~(to - 1); }

/* mica's among these notes. at: where they lie in memory; set to where its content does. */
static bool pick(const char* notes, size_t size, size_t align, uintptr_t* at, mica_note_t* note) {
  Elf64_Nhdr header;
  for (size_t here = 0; here + sizeof header <= size;) {
    memcpy(&header, notes + here, sizeof header);
    const size_t name = here + sizeof header;
    if (header.n_namesz > size || header.n_descsz > size) return false;
    const size_t content = rounded(name + header.n_namesz, align), end = content + header.n_descsz;
    if (end > size) return false;
    if (header.n_type == MICA_NOTE_TYPE && header.n_namesz == sizeof MICA_NOTE_NAME &&
        memcmp(notes + name, MICA_NOTE_NAME, sizeof MICA_NOTE_NAME) == 0 && header.n_descsz >= sizeof *note) {
      memcpy(note, notes + content, sizeof *note);
      *at += content;
      return true;
    }
    here = rounded(end, align);
  }
  return false;
}

static bool find_in(image_t* image, const Elf64_Phdr* header, uintptr_t* at, mica_note_t* note) {
  char notes[NOTES_MOST];
  if (header->p_type != PT_NOTE || header->p_filesz > sizeof notes) return false;
  *at = (uintptr_t)(image->bias + header->p_vaddr);
  if (!read_memory(image, notes, *at, header->p_filesz) &&
      !read_image(image, notes, header->p_offset, header->p_filesz))
    return false;
  return pick(notes, header->p_filesz, header->p_align == 8 ? 8 : 4, at, note);
}

/* The note of the ELF file that begins at base. */
static bool find_note(image_t* image, uintptr_t* at, mica_note_t* note) {
  Elf64_Ehdr file;
  Elf64_Phdr headers[HEADERS_MOST];
  if (!read_image(image, &file, 0, sizeof file) || memcmp(file.e_ident, ELFMAG, SELFMAG) != 0) return false;
  if (file.e_ident[EI_CLASS] != ELFCLASS64 || file.e_phentsize != sizeof *headers || file.e_phnum > HEADERS_MOST)
    return false;
  if (file.e_type != ET_DYN && file.e_type != ET_EXEC) return false;
  if (!read_image(image, headers, file.e_phoff, file.e_phnum * sizeof *headers)) return false;
  image->bias = image->base;
  for (unsigned i = 0; i < file.e_phnum; i++)
    if (headers[i].p_type == PT_LOAD && headers[i].p_offset == 0) image->bias = image->base - headers[i].p_vaddr;
  for (unsigned i = 0; i < file.e_phnum; i++)
    if (find_in(image, &headers[i], at, note)) return true;
  return false;
}

/* ---- the roots ---- */

static uint64_t layout_of(const mica_note_t* note) { return note->layout[0] | (uint64_t)note->layout[1] << 32; }

static bool has_arenas(target_t* target, const mica_roots_t* roots) {
  unsigned count;
  return TARGET_READ(target, count, roots->arena_count) && count != 0;
}

/* The note's words stand in lines and in quotation marks. */
static void make_word(char* word) {
  for (; *word != '\0'; word++)
    if (*word <= ' ' || *word >= 127 || *word == '"' || *word == '\\') *word = '?';
}

/* The best that was found so far; of several the one that is in use. */
static void take(const image_t* image, uintptr_t at, const mica_note_t* note) {
  target_t* target = image->target;
  int64_t distance;
  mica_roots_t roots;
  memcpy(&distance, note->distance, sizeof distance);
  const uintptr_t roots_at = at + (uintptr_t)distance;
  memset(&roots, 0, sizeof roots);
  if (layout_of(note) == MICA_LAYOUT && !TARGET_READ(target, roots, roots_at)) memset(&roots, 0, sizeof roots);
  if (target->roots_at != 0 && (roots.size == 0 || !has_arenas(target, &roots))) return;
  target->roots_at = roots_at;
  target->roots = roots;
  target->note = *note;
  target->note.version[MICA_ROOTS_WORD - 1] = target->note.variant[MICA_ROOTS_WORD - 1] = '\0';
  make_word(target->note.version);
  make_word(target->note.variant);
  snprintf(target->library, sizeof target->library, "%s", image->path);
}

static void try_base(target_t* target, uintptr_t base, const char* path) {
  image_t image = {.target = target, .base = base, .path = path};
  uintptr_t at;
  if (target_read(target, image.first, base, FIRST)) image.have = FIRST;
  mica_note_t note;
  if (find_note(&image, &at, &note)) take(&image, at, &note);
}

static void try_all(target_t* target) {
  for (size_t i = 0; i < target->base_count; i++) try_base(target, target->bases[i], "");
  for (size_t i = 0; i < target->mapping_count; i++) {
    const target_mapping_t* m = &target->mappings[i];
    if (m->offset == 0 && m->readable && m->name[0] != '\0' && m->name[0] != '[') try_base(target, m->from, m->name);
  }
  if (target->mapping_count != 0) return;
  for (size_t i = 0; i < target->core.part_count; i++) try_base(target, target->core.parts[i].at, "");
}

static bool other_build(const target_t* target, char error[TARGET_ERROR]) {
  const mica_note_t* note = &target->note;
  if (strcmp(note->version, MICA_VERSION_STRING) != 0)
    return target_wrong(error, "%s runs mica %s, this command reads %s", target->name, note->version,
                        MICA_VERSION_STRING);
  return target_wrong(error,
                      "%s runs another build of mica %s (layout %016" PRIx64 ", this command reads %016" PRIx64 ")",
                      target->name, note->version, layout_of(note), (uint64_t)MICA_LAYOUT);
}

bool target_find_roots(target_t* target, char error[TARGET_ERROR]) {
  target->roots_at = 0;
  try_all(target);
  if (target->roots_at == 0) {
    if (!target_is_alive(target)) return target_wrong(error, "%s ended while it was read", target->name);
    return target_wrong(error, "%s does not run mica", target->name);
  }
  const mica_roots_t* roots = &target->roots;
  if (layout_of(&target->note) != MICA_LAYOUT) return other_build(target, error);
  if (!target_is_alive(target)) return target_wrong(error, "%s ended while it was read", target->name);
  if (roots->size == sizeof *roots && roots->layout == MICA_LAYOUT && (uintptr_t)roots->self == target->roots_at)
    return true;
  if (target->by != 0)
    return target_wrong(error, "%s has only just begun, or ended: mica has not started in it", target->name);
  return target_wrong(error, "%s has not the memory that mica's data are in", target->name);
}

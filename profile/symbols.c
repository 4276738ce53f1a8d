/* symbols.c -- see symbols.h. A file is only believed as far as its size reaches: a damaged one gives no names. */
#include "profile/symbols.h"

#include "base/calls.h"
#include "segment/os.h"
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void mica_symbols_begin(mica_symbols_t* symbols) { memset(symbols, 0, sizeof *symbols); }

static void forget(mica_symbols_t* symbols) {
  if (symbols->file != NULL) munmap((void*)(uintptr_t)symbols->file, symbols->size);
  mica_symbols_begin(symbols);
}

void mica_symbols_end(mica_symbols_t* symbols) { forget(symbols); }

/* ---- the mapping ---- */

static uint64_t hex(const char** at) {
  uint64_t n = 0;
  for (;; (*at)++) {
    const char c = **at;
    if (c >= '0' && c <= '9')
      n = n * 16 + (uint64_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      n = n * 16 + (uint64_t)(c - 'a' + 10);
    else
      return n;
  }
}

/* "from-to rwxp offset device inode path"; false: `at` is not in it. */
static bool read_line(mica_symbols_t* symbols, const char* line, uintptr_t at) {
  const uintptr_t from = (uintptr_t)hex(&line);
  if (*line++ != '-') return false;
  const uintptr_t to = (uintptr_t)hex(&line);
  if (at < from || at >= to || strlen(line) < 6) return false;
  line += 6; /* the rights, with the blanks around them */
  symbols->from = from;
  symbols->to = to;
  symbols->offset = hex(&line);
  const char* const path = strpbrk(line, "/[");
  strncpy(symbols->path, path != NULL ? path : "", sizeof symbols->path - 1);
  return true;
}

/* Looks through the mappings, a line at a time; of a line that is too long its beginning. */
static void find_mapping(mica_symbols_t* symbols, uintptr_t at) {
  char line[MICA_SYMBOL_PATH + 100], bytes[1024];
  size_t length = 0;
  const int file = mica_call_open("/proc/self/maps");
  if (file < 0) return;
  for (long n; (n = mica_call_read(file, bytes, sizeof bytes)) > 0;)
    for (long i = 0; i < n; i++) {
      if (bytes[i] != '\n') {
        if (length < sizeof line - 1) line[length++] = bytes[i];
        continue;
      }
      line[length] = '\0';
      length = 0;
      if (!read_line(symbols, line, at)) continue;
      mica_call_close(file);
      return;
    }
  mica_call_close(file);
}

static void map_file(mica_symbols_t* symbols) {
  struct stat is;
  if (symbols->path[0] != '/') return;
  const int file = mica_call_open(symbols->path);
  if (file < 0) return;
  if (fstat(file, &is) == 0 && S_ISREG(is.st_mode) && (size_t)is.st_size >= sizeof(ElfW(Ehdr))) {
    void* const there = mmap(NULL, (size_t)is.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (there != MAP_FAILED) {
      symbols->file = there;
      symbols->size = (size_t)is.st_size;
    }
  }
  mica_call_close(file);
}

/* ---- the file ---- */

/* n items of that size at an offset of the file; NULL: they are not all there. */
static const void* part_of(const mica_symbols_t* symbols, uint64_t offset, uint64_t n, size_t size) {
  if (offset > symbols->size || n > (symbols->size - offset) / size) return NULL;
  return symbols->file + offset;
}

/* The address that the file gives to a byte of its own; false: it is in no segment. */
static bool virtual_address(const mica_symbols_t* symbols, const ElfW(Ehdr) * head, uint64_t offset,
                            uint64_t* address) {
  const ElfW(Phdr)* const parts = part_of(symbols, head->e_phoff, head->e_phnum, sizeof *parts);
  for (unsigned i = 0; parts != NULL && i < head->e_phnum; i++)
    if (parts[i].p_type == PT_LOAD && offset >= parts[i].p_offset && offset - parts[i].p_offset < parts[i].p_filesz) {
      *address = offset - parts[i].p_offset + parts[i].p_vaddr;
      return true;
    }
  return false;
}

/* The function of a table that has the address; NULL: none. */
static const char* search(const mica_symbols_t* symbols, const ElfW(Shdr) * table, const ElfW(Shdr) * names,
                          uint64_t address, uint64_t* inside) {
  const uint64_t n = table->sh_size / sizeof(ElfW(Sym));
  const ElfW(Sym)* const symbol = part_of(symbols, table->sh_offset, n, sizeof *symbol);
  const char* const text = part_of(symbols, names->sh_offset, names->sh_size, 1);
  if (symbol == NULL || text == NULL || names->sh_size == 0 || text[names->sh_size - 1] != '\0') return NULL;
  for (uint64_t i = 0; i < n; i++) {
    if ((symbol[i].st_info & 15) != STT_FUNC || symbol[i].st_shndx == SHN_UNDEF) continue;
    if (address - symbol[i].st_value >= symbol[i].st_size || symbol[i].st_name >= names->sh_size) continue;
    *inside = address - symbol[i].st_value;
    return text + symbol[i].st_name;
  }
  return NULL;
}

/* All functions' names, or those that others may use. */
static const char* name_of(const mica_symbols_t* symbols, const ElfW(Ehdr) * head, uint64_t address, uint64_t* inside) {
  const ElfW(Shdr)* const section = part_of(symbols, head->e_shoff, head->e_shnum, sizeof *section);
  const char* found = NULL;
  for (unsigned i = 0; section != NULL && i < head->e_shnum && found == NULL; i++)
    if ((section[i].sh_type == SHT_SYMTAB || section[i].sh_type == SHT_DYNSYM) && section[i].sh_link < head->e_shnum)
      found = search(symbols, &section[i], &section[section[i].sh_link], address, inside);
  return found;
}

void mica_symbols_put(mica_symbols_t* symbols, mica_text_t* text, uintptr_t at) {
  if (at < symbols->from || at >= symbols->to) {
    forget(symbols);
    find_mapping(symbols, at);
    map_file(symbols);
  }
  uint64_t address = at, inside = 0;
  const ElfW(Ehdr)* const head = (const void*)symbols->file;
  if (symbols->path[0] == '\0') {
    mica_text_hex(text, at);
    return;
  }
  const bool known = head != NULL && memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 &&
                     virtual_address(symbols, head, at - symbols->from + symbols->offset, &address);
  if (!known) address = at - symbols->from + symbols->offset;
  const char* const name = known ? name_of(symbols, head, address, &inside) : NULL;
  mica_text_add(text, name != NULL ? name : "?");
  if (name != NULL) mica_text_add(text, "+");
  if (name != NULL) mica_text_hex(text, inside);
  mica_text_add(text, " (");
  mica_text_add(text, symbols->path);
  mica_text_add(text, "+");
  mica_text_hex(text, address);
  mica_text_add(text, ")");
}

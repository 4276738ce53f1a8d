/* locked_instruction.h -- whether the instruction at an address of a traced program is a locked operation. x86-64 only.
 *
 * For the tracers: bench/locked.c and tests/golden/count.c. Whoever includes it has asked for the system's full interface
 * (_GNU_SOURCE) before. */
#ifndef MICA_BENCH_LOCKED_INSTRUCTION_H
#define MICA_BENCH_LOCKED_INSTRUCTION_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>

enum { LONGEST_INSTRUCTION = 15 };

/* Read from the memory of a traced program; returns how many bytes could be read. */
static inline size_t read_traced(pid_t program, uint64_t address, void* into, size_t size) {
  struct iovec here = {into, size};
  struct iovec there = {(void*)(uintptr_t)address, size};
  ssize_t n = process_vm_readv(program, &here, 1, &there, 1, 0);
  return n < 0 ? 0 : (size_t)n;
}

/* Read the instruction at `address` and what follows it; what lies behind the end of a mapping stays 0. */
static inline size_t read_instruction(pid_t program, uint64_t address, unsigned char code[LONGEST_INSTRUCTION + 1]) {
  memset(code, 0, LONGEST_INSTRUCTION + 1);
  size_t length = LONGEST_INSTRUCTION;
  while (length > 0 && read_traced(program, address, code, length) != length) length--;
  return length;
}

/* A lock prefix, or an xchg with memory, which implies one. */
static inline int is_locked_code(const unsigned char* code, size_t length) {
  size_t i = 0;
  while (i < length && code[i] != 0 && strchr("\x66\x67\xF2\xF3\x2E\x36\x3E\x26\x64\x65", code[i]) != NULL) i++;
  if (code[i] == 0xF0) return 1;
  if ((code[i] & 0xF0) == 0x40) i++;
  return (code[i] == 0x86 || code[i] == 0x87) && (code[i + 1] & 0xC0) != 0xC0;
}

static inline int is_locked_at(pid_t program, uint64_t address) {
  unsigned char code[LONGEST_INSTRUCTION + 1];
  size_t length = read_instruction(program, address, code);
  return is_locked_code(code, length);
}

#endif

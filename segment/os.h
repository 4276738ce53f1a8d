/* os.h -- the only way to the operating system's memory. Every call may fail; errno is untouched by all of them.
 *
 * Memory is private, readable, writable, zero when fresh, and not reserved: pages cost nothing until touched. An unmapping
 * that the system refuses (it may, when it has to split a mapping) is remembered and tried again later, so that nothing
 * is lost. Any thread, any time. */
#ifndef MICA_OS_H
#define MICA_OS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum mica_os_call_e {
  MICA_OS_MMAP,
  MICA_OS_MUNMAP,
  MICA_OS_MADVISE,
  MICA_OS_MREMAP,
  MICA_OS_MPROTECT
} mica_os_call_t;

/* For tests: asked before every system call; true makes the call fail. It is not made, but for an mremap to a fixed
 * address, which unmaps the target before it fails, as some kernels' does. */
typedef bool mica_os_fault_t(mica_os_call_t call);
void mica_os_set_fault(mica_os_fault_t* fault);

/* Bytes in an OS page of the running system: from MICA_OS_PAGE to MICA_SLICE. */
size_t mica_os_page(void);

/* size bytes with (address + offset) % align == 0; align a power of two of at least an OS page. They are at `near` if that is
 * aligned and free, and anywhere if it is 0. NULL: not to be had. */
void* mica_os_map(uintptr_t near, size_t size, size_t align, size_t offset);

/* An address far from where the system puts mappings for which nobody names an address, and different in every process: what
 * lies there can grow. 0: a checker decides where memory lies. */
uintptr_t mica_os_place(void);

/* size bytes at exactly addr, where nothing is mapped yet. */
bool mica_os_map_at(void* addr, size_t size);

/* As mica_os_map without a place and an offset, of another kind of memory. */
typedef enum mica_os_kind_e {
  MICA_OS_ORDINARY,
  MICA_OS_COMMITTED, /* counted by the system at once, so that it may refuse now rather than kill later */
  MICA_OS_HUGE_2M, /* in OS pages of 2 MiB, or of 1 GiB, that the administrator has set aside: never short of memory when */
  MICA_OS_HUGE_1G, /* touched, and not to be given back in parts. size: a multiple of theirs, align as well */
} mica_os_kind_t;
void* mica_os_map_kind(size_t size, size_t align, mica_os_kind_t kind);

/* Asks for large OS pages under the mapping, where there are any. */
bool mica_os_advise_huge(void* addr, size_t size);

/* The memory, whole OS pages, may be read and written. */
bool mica_os_allow(void* addr, size_t size);

/* Gives a mapping, or a part of one, back. */
void mica_os_unmap(void* addr, size_t size);

/* Likewise. False: it is as it was. */
bool mica_os_try_unmap(void* addr, size_t size);

/* The memory is zero afterwards and costs nothing until touched again. False: nothing changed. */
bool mica_os_purge(void* addr, size_t size);

/* A mapping made longer where it is. */
bool mica_os_extend(void* addr, size_t size, size_t new_size);

/* The OS pages of a mapping, or of a part of one, move to a place of the system's choice, `near` if it is free. The old place
 * stays mapped, and is zero. NULL: nothing changed. */
void* mica_os_move_away(void* from, size_t size, void* near);

/* They move to `to`, where more_size bytes are mapped that lose their own: they are one mapping then, zero at its end. The old
 * place is not mapped any more. False: nothing has moved, but what lies at `to` may not be mapped any more. */
bool mica_os_move_onto(void* from, size_t size, void* to, size_t more_size);

/* Whether something is mapped in this OS page; true where the system does not tell. */
bool mica_os_is_mapped(void* at);

/* Memory that is mapped becomes as if it had just been: zero, and one mapping with what lies beside it; large: in large OS
 * pages where there are any. */
typedef enum mica_os_renewed_e {
  MICA_OS_RENEWED,
  MICA_OS_UNCHANGED,
  MICA_OS_GONE, /* it is lost: what lies there now is not ours */
} mica_os_renewed_t;
mica_os_renewed_t mica_os_renew(void* addr, size_t size, bool large);

/* Milliseconds of a clock that only goes forward, cheaply. The one place where policy reads the time. */
uint64_t mica_os_clock(void);

/* For tests: the clock that is read from now on; NULL: the system's. A test that judges what happens in a second moves the
 * clock itself, however long it takes. */
typedef uint64_t mica_os_clock_t(void);
void mica_os_set_clock(mica_os_clock_t* clock);

#endif

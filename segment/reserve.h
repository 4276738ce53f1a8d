/* reserve.h -- reservations: memory that the program asks for beforehand, or brings along, as segments of arenas.
 *
 *   a reservation    a number and a range of addresses: one or more whole segments, side by side, over any number of windows
 *   exclusive        its memory is only for those who ask for this reservation (mica_hint_t.only)
 *   pinned           its memory never goes back to the system: huge OS pages, and memory that the program brought along without
 *                    a way to commit it
 *
 * Each window that it lies in needs its head, 640 KiB at the window's base: in the memory itself, or mapped where the base is
 * free. A window whose arena is there already takes more segments, if they are of the same kind. A window whose base is
 * somebody else's cannot be used; memory in it is left out. Reservations are for ever, like arenas: nothing of one is ever
 * unmapped once it has a number.
 *
 * Lock-free; any thread, any time. */
#ifndef MICA_RESERVE_H
#define MICA_RESERVE_H
#include <mica/arenas.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MICA_RESERVES_MAX = 4096 };
/* No machine has more addresses. */
#define MICA_RESERVE_MOST ((size_t)1 << 47)

/* Memory that the program brings along. */
typedef struct mica_brought_s {
  char* start;
  size_t size;
  bool committed;
  bool pinned;
  bool zero;
  bool exclusive;
  mi_commit_fun_t* commit; /* NULL: none */
  void* commit_arg;
} mica_brought_t;

/* Memory from the system, size rounded up to segments; commit: counted by the system at once; large: in large OS pages where
 * there are any. The reservation's number; 0: not to be had, and nothing is changed. */
uint32_t mica_reserve_memory(size_t size, bool commit, bool large, bool exclusive);

/* Up to that many GiB in huge OS pages, as many as there are; without any, in ordinary ones, and a warning says so. *huge: GiB
 * in huge pages. */
uint32_t mica_reserve_huge(size_t gib, bool exclusive, size_t* huge);

/* The program's memory: its whole segments. 0: none of it can be used, and a warning says why. */
uint32_t mica_reserve_brought(const mica_brought_t* brought);

/* The reservation behind an id of the public interface; 0: no such. And back. */
uint32_t mica_reserve_number(mi_arena_id_t id);
mi_arena_id_t mica_reserve_id(uint32_t number);

/* The range of a reservation; NULL and 0 of no such. */
void* mica_reserve_area(uint32_t number, size_t* size);

#endif

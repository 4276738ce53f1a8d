/* profile_switch.c -- profile_switch PID: the switch of a process' profiler, by the command's own function, as two starters move it
 * that have both read it before either wrote. Exit status 0: what each wrote is seen. */
#include <stdio.h>

#include "profile/profile.h"
#include "profile/table.h"
#include "tool/profile_copy.h"

static uintptr_t epoch_at(target_t* target) {
  return (uintptr_t)target_roots(target)->profile + offsetof(mica_profile_table_t, epoch);
}

/* Sets it from that epoch on, and gives the one that is there then; 0: it could not. */
static uint32_t set_from(target_t* target, uint32_t epoch, uint64_t every) {
  uint32_t now;
  if (!target_write(target, epoch_at(target), &epoch, sizeof epoch) || !tool_profile_set(target, every)) return 0;
  return TARGET_READ(target, now, epoch_at(target)) && now != epoch && now != MICA_EPOCH_NONE ? now : 0;
}

int main(int argc, char** argv) {
  char error[TARGET_ERROR] = "which process?";
  target_t* const target = argc == 2 ? target_open(argv[1], error) : NULL;
  uint64_t every;
  uint32_t before;
  if (target == NULL || !TARGET_READ(target, before, epoch_at(target))) {
    printf("%s\n", error);
    return 1;
  }
  const uint32_t one = set_from(target, before, 1 << 20), other = set_from(target, before, 2 << 20);
  const uint32_t last = set_from(target, MICA_EPOCH_NONE - 1, 4 << 20), first = set_from(target, 0, 8 << 20);
  const bool well = one != 0 && other != 0 && one != other && last != 0 && first != 0;
  if (!well) printf("epoch %u became %u and %u, the last %u, the first %u\n", before, one, other, last, first);
  if (!tool_profile_every(target, &every) || every != 8 << 20) return 1;
  target_close(target);
  return well ? 0 : 1;
}

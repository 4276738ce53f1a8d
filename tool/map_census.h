/* map_census.h -- a census as a snapshot for the map. One thread. */
#ifndef TOOL_MAP_CENSUS_H
#define TOOL_MAP_CENSUS_H
#include "tool/census.h"
#include "tool/map_snapshot.h"

/* Fills an empty snapshot; the census was taken with CENSUS_ALL. The blocks of `looked` pages are looked at one by one: of all
 * pages if there are so few, else of some of every region. resident: bytes of the process, 0: not known. False: no memory. */
bool map_from_census(map_snapshot_t* snapshot, const census_t* census, uint32_t looked, uint64_t resident);

#endif

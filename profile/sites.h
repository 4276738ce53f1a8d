/* sites.h -- the sites that samples came from: found, made, looked through. Any thread, any time. */
#ifndef MICA_SITES_H
#define MICA_SITES_H
#include "profile/table.h"
#include <stdbool.h>

/* The number of the stack's site, which is made if there is none. 0: no room. depth: up to MICA_PROFILE_DEPTH. */
uint32_t mica_site_of(const uintptr_t* frames, unsigned depth);

/* The site of a number that mica_site_of returned. */
mica_site_t* mica_site_at(uint32_t number);

/* Calls visit(site, arg) for each site, until it returns false. */
typedef bool mica_site_visit_t(mica_site_t* site, void* arg);
void mica_sites_visit(mica_site_visit_t* visit, void* arg);

#endif

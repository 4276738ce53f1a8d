/* vacate.h -- the memory of free blocks goes back to the system while other blocks of their pages are in use.
 *
 * What page/vacant.h says may be vacant is given back, an OS page at least, of pages that the caller owns and of those that
 * nobody does. Memory that cannot go back in parts is left alone: of windows that are pinned, or that the program commits.
 * A page is looked through only if a block has come home to it since the last time. Any thread; nobody waits. */
#ifndef MICA_VACATE_H
#define MICA_VACATE_H
#include "heap/theap.h"

/* One trim. */
typedef struct mica_vacating_s {
  size_t os_page;
  size_t bytes; /* given back so far */
  bool refused; /* the system does not take any: it is not asked any more */
} mica_vacating_t;

mica_vacating_t mica_vacating_begin(void);

/* An owned page, whose owner's list may be empty afterwards; all pages of a theap that the caller runs, its bins' order
 * included; all that nobody owns. What others have pushed is not collected. */
void mica_vacate_page(mica_vacating_t* vacating, mica_page_t* page);
void mica_vacate_theap(mica_vacating_t* vacating, mica_theap_t* theap);
void mica_vacate_abandoned(mica_vacating_t* vacating);

#endif

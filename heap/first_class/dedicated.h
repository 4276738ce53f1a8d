/* dedicated.h -- the pages of a sub-heap that hold blocks of a class: dedicated to it from birth to its end.
 *
 * For the thread that runs the sub-heap, or that ends its heap. */
#ifndef MICA_DEDICATED_H
#define MICA_DEDICATED_H
#include "heap/theap.h"

/* Some of the bin's full pages by turns; one into which others have freed enough becomes ready. */
void mica_dedicated_look(mica_theap_t* theap, mica_bin_t* bin);

/* Before a page is made: empty pages of other classes go back. */
void mica_dedicated_reap(mica_theap_t* theap, unsigned class);

/* Every page, and every block in it, is gone. Lists are empty afterwards. */
void mica_dedicated_destroy(mica_theap_t* theap);

/* Every page is given up, its blocks live on; then it is no sub-heap any more. */
void mica_dedicated_release(mica_theap_t* theap);

#endif

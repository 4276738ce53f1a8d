/* own_data.h -- tells the checker of a watched variant which data are mica's own. */
#ifndef MICA_OWN_DATA_H
#define MICA_OWN_DATA_H

/* Once, before a second thread can allocate: with the first arena. The words that a thread shares before that are told of
 * too late to matter, as no other has looked at them yet. */
void mica_track_own_data(void);

#endif

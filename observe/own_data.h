/* own_data.h -- tells the checker of a tracked variant which data are mica's own. */
#ifndef MICA_OWN_DATA_H
#define MICA_OWN_DATA_H

/* Once, before a second thread can allocate: with the first arena. Words that a thread wrote before that are
 * announced in time, as no other has looked at them yet. */
void mica_track_own_data(void);

#endif

/* leaks.h -- what is still allocated at the program's end, by stack, for people. */
#ifndef MICA_LEAKS_H
#define MICA_LEAKS_H

/* Writes it to stderr, what takes most bytes first. Exact where every allocation was a sample. Allocates nothing. */
void mica_leaks_print(void);

#endif

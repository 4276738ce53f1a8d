/* journal.h -- the access log: one line for each request, in the form that most servers write. */
#ifndef WEBSERVER_JOURNAL_H
#define WEBSERVER_JOURNAL_H
#include "request.h"

/* Appends to that file from now on; "": lines are made and dropped. false: it cannot be opened; errno says why. */
bool journal_start(const char* path);
void journal_stop(void);

/* The line of a request that ends. Without memory for it there is none. */
void journal_write(struct request* request);

#endif

/* dates.h -- dates as HTTP writes them: "Sun, 06 Nov 1994 08:49:37 GMT". */
#ifndef WEBSERVER_DATES_H
#define WEBSERVER_DATES_H
#include "memory.h"

#include <time.h>

/* The date in the request's memory; NULL: no memory. */
char* dates_text(struct memory* memory, time_t when);

/* The moment that the text says; false: it says none. */
bool dates_read(const char* text, time_t* when);

/* Milliseconds of a clock that only goes on. */
long long dates_clock(void);

#endif

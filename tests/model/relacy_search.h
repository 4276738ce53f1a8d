/* relacy_search.h -- what relacy.cpp supplies of a model's situation, and relacy_search.cpp searches. */
#ifndef RELACY_SEARCH_H
#define RELACY_SEARCH_H
unsigned situation_threads();
void* situation_begin();                        /* a model, set up */
void situation_thread(void* model, int thread); /* what this thread of it does */
void situation_end(void* model);                /* when all threads are done: it is checked, and goes */
#endif

/* ids.c -- what owner ids are counted from, and the one that a thread runs (theap.h). */
#include "heap/theap.h"

const mica_theap_t mica_theap_empty;
const mica_theap_t mica_theap_gone;
MICA_TLS mica_ids_t mica_ids;

/* settings.h -- what the command line says. Set before any thread is started, and not after. */
#ifndef WEBSERVER_SETTINGS_H
#define WEBSERVER_SETTINGS_H
#include "cache.h"

struct settings {
  const char* root;
  const char* address;
  const char* memory; /* way */
  size_t pool_block;  /* bytes, 0: a pool's own */
  const char* log;    /* "": none */
  unsigned port;      /* 0: any */
  unsigned threads;
  unsigned timeout; /* seconds that a connection may be silent */
  size_t longest_uri;
  struct cache_settings cache;
};
extern struct settings settings;

/* Reads it; ends the program with a message and status 2 if it is wrong. */
void settings_read(int argc, char** argv);

#endif

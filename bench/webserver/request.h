/* request.h -- a request from its first line to its end: all that is known of it, in memory of its own. */
#ifndef WEBSERVER_REQUEST_H
#define WEBSERVER_REQUEST_H
#include "pairs.h"

#include <microhttpd.h>

/* Belongs to the thread that serves the connection. Whatever may be NULL, is, if it was not come to. */
struct request {
  struct memory memory; /* this lies in it, too */
  char* uri;            /* as it came */
  char* client;         /* address */
  char* method;
  char* version;
  struct pairs headers, query, cookies;
  char* path;          /* of the file, below the root */
  struct pairs answer; /* headers */
  char* tag;
  char* changed; /* a date */
  unsigned status;
  unsigned long long length; /* of the answer's body */
  size_t uploaded;
  bool has_begun; /* the head was seen */
};

/* A request with that target. NULL: no memory. */
struct request* request_begin(struct MHD_Connection* connection, const char* uri);

/* Takes what the head says: method, version, headers, query, cookies. false: no memory. */
bool request_collect(struct request* request, struct MHD_Connection* connection, const char* method,
                     const char* version);

/* Writes the log's line and gives all memory back. */
void request_end(struct request* request, enum MHD_RequestTerminationCode how);

#endif

/* request.c -- see request.h. */
#include "request.h"

#include "counters.h"
#include "journal.h"
#include "text.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static char* client_of(struct memory* memory, struct MHD_Connection* connection) {
  char address[INET6_ADDRSTRLEN] = "-";
  const union MHD_ConnectionInfo* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const struct sockaddr* from = info == NULL ? NULL : info->client_addr;
  if (from != NULL && from->sa_family == AF_INET) {
    inet_ntop(AF_INET, &((const struct sockaddr_in*)(const void*)from)->sin_addr, address, sizeof address);
  } else if (from != NULL && from->sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &((const struct sockaddr_in6*)(const void*)from)->sin6_addr, address, sizeof address);
  }
  return text_copy_all(memory, address);
}

/* Piece by piece. */
static void release_all(struct request* request) {
  struct memory* memory = &request->memory;
  pairs_release(&request->answer, memory);
  pairs_release(&request->cookies, memory);
  pairs_release(&request->query, memory);
  pairs_release(&request->headers, memory);
  memory_release(memory, request->changed);
  memory_release(memory, request->tag);
  memory_release(memory, request->path);
  memory_release(memory, request->version);
  memory_release(memory, request->method);
  memory_release(memory, request->client);
  memory_release(memory, request->uri);
}

static void give_back(struct request* request) {
  if (memory_is_by_piece(&request->memory)) release_all(request);
  struct memory memory = request->memory;
  memory_release(&memory, request);
  memory_end(&memory);
  counters_add(PIECES_GOT, memory.got);
  counters_add(PIECES_RELEASED, memory.released);
  counters_add(PIECES_BYTES, memory.bytes);
  counters_add(REQUESTS_ENDED, 1);
}

struct request* request_begin(struct MHD_Connection* connection, const char* uri) {
  struct memory memory;
  if (!memory_begin(&memory)) return NULL;
  counters_add(REQUESTS_BEGUN, 1);
  struct request* request = memory_get(&memory, sizeof *request);
  if (request == NULL) {
    memory_end(&memory);
    counters_add(REQUESTS_ENDED, 1);
    return NULL;
  }
  *request = (struct request){.memory = memory};
  request->uri = text_copy_all(&request->memory, uri);
  request->client = client_of(&request->memory, connection);
  if (request->uri != NULL && request->client != NULL) return request;
  give_back(request);
  return NULL;
}

struct collection {
  struct request* request;
  bool failed;
};

static enum MHD_Result collect_header(void* collection, enum MHD_ValueKind kind, const char* name, const char* value) {
  (void)kind;
  struct collection* c = collection;
  c->failed = !pairs_add(&c->request->headers, &c->request->memory, name, value == NULL ? "" : value);
  return c->failed ? MHD_NO : MHD_YES;
}

bool request_collect(struct request* request, struct MHD_Connection* connection, const char* method,
                     const char* version) {
  struct memory* memory = &request->memory;
  request->method = text_copy_all(memory, method);
  request->version = text_copy_all(memory, version);
  if (request->method == NULL || request->version == NULL) return false;
  struct collection collection = {request, false};
  MHD_get_connection_values(connection, MHD_HEADER_KIND, collect_header, &collection);
  if (collection.failed) return false;
  const char* query = strchr(request->uri, '?');
  if (query != NULL && !pairs_split(&request->query, memory, query + 1, '&')) return false;
  const char* cookies = pairs_find(&request->headers, "Cookie");
  return cookies == NULL || pairs_split(&request->cookies, memory, cookies, ';');
}

void request_end(struct request* request, enum MHD_RequestTerminationCode how) {
  journal_write(request);
  if (how == MHD_REQUEST_TERMINATED_WITH_ERROR && request->status == 0) {
    counters_add(ANSWERS_REFUSED, 1); /* libmicrohttpd has answered itself, a head that is too long or none, say */
  } else if (how != MHD_REQUEST_TERMINATED_COMPLETED_OK || request->status == 0) {
    counters_add(VANISHED, 1);
  } else if (request->status == 304) {
    counters_add(ANSWERS_SAME, 1);
  } else if (request->status < 300) {
    counters_add(ANSWERS_FULL, 1);
  } else {
    counters_add(ANSWERS_REFUSED, 1);
  }
  give_back(request);
}

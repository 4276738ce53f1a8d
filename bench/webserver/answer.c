/* answer.c -- see answer.h.
 *
 * A body is pages of the cache, which its response holds until it was sent or given up, or a file from the disk. */
#include "answer.h"

#include "cache.h"
#include "conditions.h"
#include "counters.h"
#include "dates.h"
#include "figures.h"
#include "mime.h"
#include "settings.h"
#include "text.h"
#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file as it is answered with: out of the cache, or open. */
struct found {
  struct entry* entry; /* NULL: from the disk */
  int fd;              /* -1: closed, or the response's */
  struct file_state state;
};

static void release_found(struct found* found) {
  if (found->entry != NULL) cache_release(found->entry);
  if (found->fd >= 0) close(found->fd);
  *found = (struct found){.fd = -1};
}

static bool add(struct request* request, const char* name, const char* value) {
  return value != NULL && pairs_add(&request->answer, &request->memory, name, value);
}

/* Queues the response, with the headers that were collected for it, and gives it out of hand. */
static enum MHD_Result queue(struct request* request, struct MHD_Connection* connection, unsigned status,
                             struct MHD_Response* response) {
  if (response == NULL) return MHD_NO;
  enum MHD_Result result = MHD_YES;
  for (const struct pair* pair = request->answer.first; pair != NULL && result == MHD_YES; pair = pair->next) {
    result = MHD_add_response_header(response, pair->name, pair->value);
  }
  if (result == MHD_YES) result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  request->status = status;
  return result;
}

/* ---- Instead of a file ---- */

static const char* reason(unsigned status) {
  switch (status) {
  case 301: return "moved\n";
  case 400: return "a request that is none\n";
  case 403: return "forbidden\n";
  case 404: return "not found\n";
  case 405: return "only GET and HEAD\n";
  case 413:
  case 414: return "too long\n";
  case 416: return "no such part\n";
  default: return "busy, try again\n";
  }
}

enum MHD_Result answer_status(struct request* request, struct MHD_Connection* connection, unsigned status) {
  const char* text = reason(status);
  struct MHD_Response* response =
      MHD_create_response_from_buffer(strlen(text), (void*)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
  if (response == NULL) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
  if (request != NULL) {
    request->length = strlen(text);
    return queue(request, connection, status, response);
  }
  enum MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

/* The same after headers of the file were collected, which are none of this answer's. */
static enum MHD_Result answer_instead(struct request* request, struct MHD_Connection* connection, unsigned status) {
  pairs_release(&request->answer, &request->memory);
  return answer_status(request, connection, status);
}

enum MHD_Result answer_method(struct request* request, struct MHD_Connection* connection) {
  return answer_status(request, connection, add(request, "Allow", "GET, HEAD") ? 405 : 503);
}

/* The folder's address ends with a /. */
static enum MHD_Result answer_moved(struct request* request, struct MHD_Connection* connection) {
  char* address = url_escaped(&request->memory, request->path);
  char* with_end = address == NULL ? NULL : text_joined(&request->memory, address, "/");
  bool is_added = add(request, "Location", with_end);
  memory_release(&request->memory, with_end);
  memory_release(&request->memory, address);
  return answer_status(request, connection, is_added ? 301 : 503);
}

/* ---- A file ---- */

/* Sets request->path to the file's. 0, or the status to refuse with. */
static unsigned find_path(struct request* request) {
  const char* start;
  size_t length;
  unsigned status;
  if (strlen(request->uri) > settings.longest_uri) return 414;
  if (!url_target(request->uri, &start, &length)) return 400;
  request->path = url_path(&request->memory, start, length, &status);
  if (request->path == NULL) return status;
  size_t path_length = strlen(request->path);
  if (path_length == 0 || request->path[path_length - 1] == '/') {
    char* index = text_joined(&request->memory, request->path, "index.html");
    memory_release(&request->memory, request->path);
    request->path = index;
    if (index == NULL) return 503;
  }
  return 0;
}

/* From the cache, or into it, or from the disk. */
static enum files_found find_file(const char* path, struct found* found) {
  *found = (struct found){.entry = cache_find(path), .fd = -1};
  if (found->entry != NULL) {
    counters_add(CACHE_HITS, 1);
    found->state = found->entry->state;
    return FILES_OK;
  }
  enum files_found opened = files_open(path, &found->fd, &found->state);
  if (opened != FILES_OK) return opened;
  counters_add(CACHE_MISSES, 1);
  found->entry = cache_load(path, found->fd, &found->state);
  if (found->entry == NULL) {
    counters_add(CACHE_PASSED, 1);
    return FILES_OK;
  }
  close(found->fd);
  found->fd = -1;
  return FILES_OK;
}

static bool add_headers(struct request* request, const struct found* found) {
  const struct timespec* changed = &found->state.changed;
  request->tag = text_printed(&request->memory, "\"%llx-%llx\"",
                              (unsigned long long)changed->tv_sec * 1000000000u + (unsigned long long)changed->tv_nsec,
                              (unsigned long long)found->state.size);
  request->changed = dates_text(&request->memory, changed->tv_sec);
  return add(request, "ETag", request->tag) && add(request, "Last-Modified", request->changed) &&
         add(request, "Accept-Ranges", "bytes") && add(request, "Cache-Control", "max-age=60, must-revalidate");
}

static void release_held(void* entry) { cache_release(entry); }

/* A response of a part of an entry's pages; it has the caller's hold, even if it fails. */
static struct MHD_Response* from_pages(struct request* request, struct entry* entry, struct range range) {
  size_t first = entry->page_size == 0 ? 0 : (size_t)range.start / entry->page_size;
  size_t end = entry->page_size == 0 ? 0 : ((size_t)(range.start + range.length) - 1) / entry->page_size + 1;
  if (range.length == 0) end = first;
  struct MHD_IoVec* parts = memory_get(&request->memory, (end - first + 1) * sizeof *parts);
  struct MHD_Response* response = NULL;
  size_t skipped = (size_t)range.start - first * entry->page_size, left = (size_t)range.length;
  for (size_t i = first; parts != NULL && i < end; i++) {
    size_t length = entry->page_size - skipped < left ? entry->page_size - skipped : left;
    parts[i - first] = (struct MHD_IoVec){entry->contents[i] + skipped, length};
    left -= length;
    skipped = 0;
  }
  if (parts != NULL) {
    response = MHD_create_response_from_iovec(parts, (unsigned)(end - first), release_held, entry);
  }
  memory_release(&request->memory, parts);
  if (response == NULL) cache_release(entry);
  return response;
}

/* The file, or the part that is wanted. What was found becomes the response's. */
static enum MHD_Result answer_contents(struct request* request, struct MHD_Connection* connection, struct found* found,
                                       unsigned status, struct range range) {
  struct MHD_Response* response;
  if (found->entry != NULL) {
    response = from_pages(request, found->entry, range);
    found->entry = NULL;
  } else {
    response = MHD_create_response_from_fd_at_offset64(range.length, found->fd, range.start);
    if (response != NULL) found->fd = -1;
  }
  if (response == NULL) return answer_instead(request, connection, 503);
  request->length = status == 304 || strcmp(request->method, "HEAD") == 0 ? 0 : range.length;
  return queue(request, connection, status, response);
}

static enum MHD_Result answer_found(struct request* request, struct MHD_Connection* connection, struct found* found) {
  if (!add_headers(request, found)) return answer_instead(request, connection, 503);
  struct version version = {request->tag, found->state.changed.tv_sec};
  struct range range = {0, found->state.size};
  bool failed, is_same = conditions_has(&request->headers, &request->memory, &version, &failed);
  if (failed) return answer_instead(request, connection, 503);
  /* Nothing is sent of it, but for how long it is. */
  if (is_same) return answer_contents(request, connection, found, 304, range);
  unsigned status = 200;
  if (strcmp(request->method, "GET") == 0) { /* of a HEAD no range is asked */
    status = conditions_range(&request->headers, &version, found->state.size, &range);
  }
  if (status == 416) pairs_release(&request->answer, &request->memory);
  if (status != 200) {
    char* text = status == 416 ? text_printed(&request->memory, "bytes */%llu", (unsigned long long)found->state.size)
                               : text_printed(&request->memory, "bytes %llu-%llu/%llu", (unsigned long long)range.start,
                                              (unsigned long long)(range.start + range.length - 1),
                                              (unsigned long long)found->state.size);
    bool is_added = add(request, "Content-Range", text);
    memory_release(&request->memory, text);
    if (!is_added) return answer_instead(request, connection, 503);
    if (status == 416) return answer_status(request, connection, 416);
  }
  const char* type = mime_of(&request->memory, request->path);
  if (!add(request, "Content-Type", type)) return answer_instead(request, connection, 503);
  return answer_contents(request, connection, found, status, range);
}

enum MHD_Result answer_file(struct request* request, struct MHD_Connection* connection) {
  unsigned status = find_path(request);
  if (status != 0) return answer_status(request, connection, status);
  struct found found;
  enum files_found opened = find_file(request->path, &found);
  if (opened == FILES_FOLDER) return answer_moved(request, connection);
  if (opened != FILES_OK) return answer_status(request, connection, (unsigned)opened);
  enum MHD_Result result = answer_found(request, connection, &found);
  release_found(&found);
  return result;
}

/* ---- The server's figures ---- */

enum MHD_Result answer_figures(struct MHD_Connection* connection) {
  char* text = figures_text();
  if (text == NULL) return MHD_NO;
  struct MHD_Response* response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
  if (response == NULL) {
    free(text);
    return MHD_NO;
  }
  MHD_add_response_header(response, "Content-Type", "application/json");
  MHD_add_response_header(response, "Cache-Control", "no-store");
  enum MHD_Result result = MHD_queue_response(connection, 200, response);
  MHD_destroy_response(response);
  return result;
}

/* main.c -- a web server for static files, to see a request's memory at work; see --help for its options.
 *
 * libmicrohttpd's threads poll, read and send; each serves its connections by the functions here. The port is printed when
 * the server listens. /.stats tells its figures, as JSON. SIGTERM or SIGINT ends it: with status 0 if everything was given
 * back, else with 3 and a line that says what was not. */
#include "answer.h"
#include "cache.h"
#include "counters.h"
#include "journal.h"
#include "memory.h"
#include "settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_UPLOAD = 8 << 20, MOST_CONNECTIONS = 4096, CONNECTION_BYTES = 16 << 10 };

/* Stand for requests that have none of their own: for the figures, and without memory. */
static char figures_wanted, no_memory;

static bool is_real(const void* request) {
  return request != NULL && request != &figures_wanted && request != &no_memory;
}

/* The request line has come: a request begins, and ends in when_completed. */
static void* when_begun(void* unused, const char* uri, struct MHD_Connection* connection) {
  (void)unused;
  if (strcmp(uri, "/.stats") == 0) return &figures_wanted;
  struct request* request = request_begin(connection, uri);
  return request == NULL ? (void*)&no_memory : request;
}

static void when_completed(void* unused, struct MHD_Connection* connection, void** request,
                           enum MHD_RequestTerminationCode how) {
  (void)unused;
  (void)connection;
  if (is_real(*request)) request_end(*request, how);
  *request = NULL;
}

static void when_connected(void* unused, struct MHD_Connection* connection, void** context,
                           enum MHD_ConnectionNotificationCode what) {
  (void)unused;
  (void)connection;
  (void)context;
  counters_add(what == MHD_CONNECTION_NOTIFY_STARTED ? CONNECTIONS_BEGUN : CONNECTIONS_ENDED, 1);
}

/* Escapes stay: url.c decodes them, once. */
static size_t leave_escapes(void* unused, struct MHD_Connection* connection, char* text) {
  (void)unused;
  (void)connection;
  return strlen(text);
}

/* The head has come, then parts of a body, then the end of the request. */
static enum MHD_Result when_ready(void* unused, struct MHD_Connection* connection, const char* url, const char* method,
                                  const char* version, const char* upload, size_t* upload_size, void** of_request) {
  (void)unused;
  (void)url;
  (void)upload;
  if (*of_request == &no_memory) return answer_status(NULL, connection, 503);
  if (*of_request == &figures_wanted) return answer_figures(connection);
  struct request* request = *of_request;
  bool is_served = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
  if (!request->has_begun) {
    request->has_begun = true;
    if (!request_collect(request, connection, method, version)) return answer_status(request, connection, 503);
    const char* length = pairs_find(&request->headers, "Content-Length");
    if (length != NULL && strtoull(length, NULL, 10) > LONGEST_UPLOAD) return answer_status(request, connection, 413);
    /* Who waits to be told whether to send a body is told now. */
    bool waits = pairs_find(&request->headers, "Expect") != NULL;
    return waits && !is_served ? answer_method(request, connection) : MHD_YES;
  }
  if (*upload_size != 0) {
    request->uploaded += *upload_size;
    *upload_size = 0;
    return request->uploaded <= LONGEST_UPLOAD ? MHD_YES : MHD_NO;
  }
  return is_served ? answer_file(request, connection) : answer_method(request, connection);
}

/* A client that speaks no HTTP is not worth a line. */
__attribute__((format(printf, 2, 0))) static void be_silent(void* unused, const char* format, va_list args) {
  (void)unused;
  (void)format;
  (void)args;
}

static struct MHD_Daemon* start_daemon(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)settings.port)};
  if (inet_pton(AF_INET, settings.address, &address.sin_addr) != 1) return NULL;
  /* One thread is no pool to libmicrohttpd. */
  unsigned pool = settings.threads > 1 ? settings.threads : 0;
  return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, (uint16_t)settings.port, NULL, NULL,
                          when_ready, NULL, MHD_OPTION_EXTERNAL_LOGGER, be_silent, NULL, MHD_OPTION_SOCK_ADDR,
                          (struct sockaddr*)&address, MHD_OPTION_THREAD_POOL_SIZE, pool,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_LIMIT,
                          (unsigned)MOST_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, settings.timeout,
                          MHD_OPTION_URI_LOG_CALLBACK, when_begun, NULL, MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes,
                          NULL, MHD_OPTION_NOTIFY_COMPLETED, when_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
                          when_connected, NULL, MHD_OPTION_END);
}

static _Noreturn void fail(const char* what) {
  fprintf(stderr, "webserver: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* Says what was not given back. 0: everything was. */
static int leftovers(void) {
  long long requests = (long long)(counters_sum(REQUESTS_BEGUN) - counters_sum(REQUESTS_ENDED));
  long long pieces = (long long)(counters_sum(PIECES_GOT) - counters_sum(PIECES_RELEASED));
  struct memory_figures memory;
  memory_look(&memory);
  if (requests == 0 && pieces == 0 && memory.pools == 0 && store_used() == 0) return 0;
  fprintf(stderr, "webserver: left over: %lld requests, %lld pieces, %zu pools, %zu bytes of the store\n", requests,
          pieces, memory.pools, store_used());
  return 3;
}

int main(int argc, char** argv) {
  settings_read(argc, argv);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);
  signal(SIGPIPE, SIG_IGN);
  if (!files_start(settings.root)) fail(settings.root);
  if (!journal_start(settings.log)) fail(settings.log);
  if (!memory_start(settings.memory, settings.pool_block)) fail("--memory: no such way, or no memory");
  if (!cache_start(&settings.cache)) fail("cache");
  struct MHD_Daemon* daemon = start_daemon();
  if (daemon == NULL) fail("cannot listen");
  const union MHD_DaemonInfo* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  printf("port %u\n", info == NULL ? 0u : (unsigned)info->port);
  fflush(stdout);
  int signal_number;
  sigwait(&ends, &signal_number);
  MHD_stop_daemon(daemon);
  cache_stop();
  int status = leftovers();
  store_stop();
  memory_stop();
  journal_stop();
  files_stop();
  return status;
}

/* service.c -- a service that shows what it has allocated, by HTTP:
 *
 *   /metrics      for Prometheus
 *   /heap.json    every figure, as JSON
 *   /pprof/heap   the heap's profile: go tool pprof, google-pprof, jeprof and mica report read it
 *
 *   cc -o service service.c $(pkg-config --cflags --libs libmicrohttpd mica)
 *   ./service 8080            0: any port that is free. It listens on this machine only, says where, and ends when its input does
 */
#include <arpa/inet.h>
#include <mica.h>
#include <mica/profile.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each gives a text in a block of its own. */
static char* metrics(void) { return mi_stats_get_prometheus(0, NULL); }
static char* heap_json(void) { return mi_stats_get_json(0, NULL); }
static char* profile(void) { return mi_profile_get_text(0, NULL); }

static const struct {
  const char* path;
  const char* type;
  char* (*text)(void);
} pages[] = {
    {"/metrics", "text/plain; version=0.0.4", metrics},
    {"/heap.json", "application/json", heap_json},
    {"/pprof/heap", "text/plain", profile},
};

static enum MHD_Result answer(struct MHD_Connection* to, unsigned status, const char* type, char* text) {
  struct MHD_Response* response = MHD_create_response_from_buffer_with_free_callback(strlen(text), text, mi_free);
  if (response == NULL) {
    mi_free(text);
    return MHD_NO;
  }
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
  const enum MHD_Result result = MHD_queue_response(to, status, response);
  MHD_destroy_response(response);
  return result;
}

static enum MHD_Result serve(void* arg, struct MHD_Connection* to, const char* path, const char* method,
                             const char* version, const char* data, size_t* size, void** request) {
  (void)arg, (void)method, (void)version, (void)data, (void)size, (void)request;
  for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
    if (strcmp(path, pages[i].path) != 0) continue;
    char* text = pages[i].text();
    return text != NULL ? answer(to, MHD_HTTP_OK, pages[i].type, text) : MHD_NO;
  }
  char* text = mi_strdup("there are /metrics, /heap.json and /pprof/heap\n");
  return text != NULL ? answer(to, MHD_HTTP_NOT_FOUND, "text/plain", text) : MHD_NO;
}

int main(int argc, char** argv) {
  const long port = argc == 2 ? strtol(argv[1], NULL, 10) : -1;
  if (port < 0 || port > 65535) {
    fprintf(stderr, "usage: service PORT\n");
    return 2;
  }
  const struct sockaddr_in here = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  mi_profile_start(0); /* a sample in 512 KiB */
  struct MHD_Daemon* daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, (uint16_t)port, NULL, NULL, serve, NULL,
                                               MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_END);
  if (daemon == NULL) {
    perror("service: cannot listen");
    return 1;
  }
  printf("http://127.0.0.1:%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
  fflush(stdout);
  while (getchar() != EOF) {
  }
  MHD_stop_daemon(daemon);
  return 0;
}

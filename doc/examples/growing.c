/* growing.c -- a service that grows, for notes/looking-inside.md: four threads answer questions from a table of sessions. One
 * way out of answer() forgets what it had made.
 *
 *   cc -g -O1 growing.c -o growing -lpthread && mica run ./growing [SECONDS] */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 4, SESSIONS = 512, REFUSED = 50 /* one answer in so many is */ };

typedef struct session_s {
  char* name;
  char* page; /* what was answered last */
} session_t;

typedef struct worker_s {
  session_t sessions[SESSIONS];
  unsigned seed;
  pthread_t thread;
} worker_t;

static int seconds;

static char* copy(const char* text) {
  char* const to = malloc(strlen(text) + 1);
  return to != NULL ? strcpy(to, text) : NULL;
}

static void set_name(session_t* session, unsigned number) {
  char text[64];
  snprintf(text, sizeof text, "session %u", number);
  free(session->name);
  session->name = copy(text);
}

static char* make_page(const session_t* session, size_t bytes) {
  char* const page = malloc(bytes);
  if (page != NULL) snprintf(page, bytes, "<title>%s</title>", session->name != NULL ? session->name : "");
  return page;
}

static void answer(session_t* session, unsigned seed) {
  char* const page = make_page(session, 200 + seed % 3000);
  if (page == NULL) return;
  if (seed % REFUSED == 0) return; /* a refused client's page: nobody has it any more */
  free(session->page);
  session->page = page;
}

static void* work(void* arg) {
  worker_t* const w = arg;
  const time_t end = time(NULL) + seconds;
  for (unsigned n = 0; time(NULL) < end; n++) {
    session_t* const session = &w->sessions[rand_r(&w->seed) % SESSIONS];
    if (n % 8 == 0) set_name(session, n);
    answer(session, (unsigned)rand_r(&w->seed));
    if (n % 64 == 0) usleep(1000);
  }
  return NULL;
}

int main(int argc, char** argv) {
  static worker_t workers[WORKERS];
  seconds = argc > 1 ? atoi(argv[1]) : 60;
  for (unsigned i = 0; i < WORKERS; i++) {
    workers[i].seed = i;
    pthread_create(&workers[i].thread, NULL, work, &workers[i]);
  }
  for (unsigned i = 0; i < WORKERS; i++) pthread_join(workers[i].thread, NULL);
  return 0;
}

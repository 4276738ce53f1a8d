/* team.h -- a number of threads that do one thing together, begun and ended by barriers, the main thread among them.
 *
 * Used by the programs of bench/ only. Not part of what is measured: starting and joining lie outside of the barriers. */
#ifndef MICA_BENCH_TEAM_H
#define MICA_BENCH_TEAM_H
#include "measure.h"

#include <pthread.h>

enum { TEAM_MOST = 64 };

/* prepare may be NULL; work is what is timed. Both get the number of the thread, 0 to count - 1, and the common context. */
struct team {
  size_t count;
  void (*prepare)(size_t number, void* context);
  void (*work)(size_t number, void* context);
  void* context;
  struct measured begun; /* when all were ready */
  double wall;           /* seconds from there until the last has done its work */
  pthread_barrier_t together;
};

struct team_member {
  struct team* team;
  size_t number;
};

static inline void* team_run(void* member_of_team) {
  const struct team_member* member = member_of_team;
  struct team* t = member->team;
  if (t->prepare != NULL) t->prepare(member->number, t->context);
  pthread_barrier_wait(&t->together);
  if (member->number == 0) t->begun = measured_begin();
  pthread_barrier_wait(&t->together); /* nobody begins before the clock has been read */
  t->work(member->number, t->context);
  pthread_barrier_wait(&t->together);
  if (member->number == 0) t->wall = wall_seconds() - t->begun.wall;
  return NULL;
}

/* Run the team to its end; the main thread is number 0, so that a team of one is a program of one thread. */
static inline void team_go(struct team* t) {
  static struct team_member members[TEAM_MOST];
  pthread_t ids[TEAM_MOST];
  if (t->count == 0 || t->count > TEAM_MOST) give_up("the number of threads is 1 to 64");
  pthread_barrier_init(&t->together, NULL, (unsigned)t->count);
  for (size_t i = 0; i < t->count; i++) members[i] = (struct team_member){t, i};
  for (size_t i = 1; i < t->count; i++) {
    if (pthread_create(&ids[i], NULL, team_run, &members[i]) != 0) give_up("pthread_create");
  }
  team_run(&members[0]);
  for (size_t i = 1; i < t->count; i++) pthread_join(ids[i], NULL);
}

/* The result line: wall time of the work, multiplied as in report_wall. */
static inline void team_report(const struct team* t, double factor) { report(&t->begun, t->wall * factor); }

#endif

/* dying.h -- what a child writes to stderr before it ends by SIGABRT. */
#ifndef MICA_TESTS_DYING_H
#define MICA_TESTS_DYING_H
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child calls act(arg), which must not return alive. */
static inline void dying_words(void (*act)(void* arg), void* arg, char* words, size_t size) {
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  const pid_t pid = fork();
  cr_assert_geq(pid, 0);
  if (pid == 0) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(SIGABRT, SIG_DFL);
    dup2(ends[1], STDERR_FILENO);
    act(arg);
    _exit(0);
  }
  close(ends[1]);
  size_t have = 0;
  for (ssize_t n; have + 1 < size && (n = read(ends[0], words + have, size - 1 - have)) > 0;) have += (size_t)n;
  words[have] = '\0';
  close(ends[0]);
  int status = 0;
  cr_assert_eq(waitpid(pid, &status, 0), pid);
  cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "no abort for %p: status %d, \"%s\"", arg, status,
            words);
}

#endif

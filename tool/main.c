/* main.c -- the program `mica`: its table of commands, its help, its version.
 *
 * Invariant: a row's usage is what doc/mica.1 says of the command (tests/tool/command.sh compares them). */
#include "tool/commands.h"
#include "tool/say.h"
#include <mica/base.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

typedef struct command_s {
  const char* name;
  int (*function)(int argc, char** argv);
  const char* help;  /* one line */
  const char* usage; /* what stands behind the name, a line for each form */
  bool looks;        /* it reads the memory of a process, and is over soon */
} command_t;

static const command_t commands[] = {
    {"run", tool_run, "run a program on mica",
     "[--stats] [--profile[=FILE]] [--leaks] [--limit SIZE] [--variant VARIANT] COMMAND [ARGUMENT...]", false},
    {"stat", tool_stat, "what a process or a core file has in use: totals, classes, heaps, threads, arenas",
     "PID|CORE [--json|--prometheus] [--watch SECONDS]", true},
    {"top", tool_top, "all processes of the user that run on mica, live; or one", "[PID] [--once] [--interval SECONDS]",
     false},
    {"map", tool_map, "a picture of a process' memory, or a core file's, as one HTML file",
     "PID|CORE [-o FILE] [--base SNAPSHOT] [--blocks PAGES]", true},
    {"where", tool_where, "what lies at an address, and whose it is", "PID|CORE ADDRESS...", true},
    {"profile", tool_profile, "sample the allocations of a process: begin, end, or write what was found",
     "PID [--start[=BYTES]|--stop|--dump] [-o FILE]", true},
    {"report", tool_report, "read profiles: call sites, growth, leaks, flame graphs, pprof's format",
     "FILE... [OPTION...]", false},
    {"doctor", tool_doctor, "whether mica is in use in a process, or would be, and what stands in its way",
     "PID|COMMAND [--json]", false},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const command_t* find(const char* name) {
  for (unsigned i = 0; i < COMMANDS; i++)
    if (strcmp(commands[i].name, name) == 0) return &commands[i];
  return NULL;
}

/* How many letters have to be put in, left out or exchanged to make the other of the one (after Levenshtein); that is cut. */
static unsigned distance(const char* one, const char* other) {
  enum { MOST = 16 };
  unsigned row[MOST + 1];
  const unsigned width = (unsigned)strnlen(one, MOST);
  for (unsigned i = 0; i <= width; i++) row[i] = i;
  for (unsigned k = 0; other[k] != '\0'; k++) {
    unsigned diagonal = row[0]++;
    for (unsigned i = 0; i < width; i++) {
      const unsigned same = diagonal + (one[i] != other[k]);
      diagonal = row[i + 1];
      const unsigned step = (row[i] < diagonal ? row[i] : diagonal) + 1;
      row[i + 1] = same < step ? same : step;
    }
  }
  return row[width];
}

static int unknown(const char* name) {
  const command_t* nearest = &commands[0];
  for (unsigned i = 1; i < COMMANDS; i++)
    if (distance(name, commands[i].name) < distance(name, nearest->name)) nearest = &commands[i];
  fprintf(stderr, "mica: no command '%s'; the nearest is '%s' (mica help)\n", name, nearest->name);
  return TOOL_MISUSED;
}

static void print_usage(const command_t* command, FILE* to) {
  fprintf(to, "usage: mica %s %s\n%s\n", command->name, command->usage, command->help);
}

static int help(int argc, char** argv) {
  if (argc > 2) {
    fprintf(stderr, "mica: help takes one command, not '%s'\n", argv[2]);
    return TOOL_MISUSED;
  }
  if (argc == 2) {
    const command_t* const command = find(argv[1]);
    if (command == NULL) return unknown(argv[1]);
    print_usage(command, stdout);
    return TOOL_DONE;
  }
  printf("usage: mica COMMAND [ARGUMENT...]\n\n");
  for (unsigned i = 0; i < COMMANDS; i++) printf("  %-9s %s\n", commands[i].name, commands[i].help);
  printf("  %-9s %s\n\nman 1 mica says more.\n", "help", "this text, or a command's usage");
  return TOOL_DONE;
}

/* Where it may, as root may, a look goes before other programs: while it waits for a processor what it has read
 * grows old, and if the kernel has the lock of the process' mappings for it, then the process waits as well. */
static void go_first(void) { (void)setpriority(PRIO_PROCESS, 0, -20); }

static int act(int argc, char** argv) {
  if (argc < 2) {
    fputs("mica: which command? (mica help)\n", stderr);
    return TOOL_MISUSED;
  }
  const char* const name = argv[1];
  if (strcmp(name, "--version") == 0) {
    puts("mica " MICA_VERSION_STRING);
    return TOOL_DONE;
  }
  if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
    return help(argc - 1, argv + 1);
  const command_t* const command = find(name);
  if (command == NULL) return unknown(name);
  /* The script says itself what its options are. */
  if (argc == 3 && strcmp(argv[2], "--help") == 0 && command->function != tool_report) {
    print_usage(command, stdout);
    return TOOL_DONE;
  }
  if (command->looks) go_first();
  return command->function(argc - 1, argv + 1);
}

/* What was printed and could not be written is told of as well. */
int main(int argc, char** argv) {
  const int status = act(argc, argv);
  if (fflush(stdout) == 0 && !ferror(stdout)) return status;
  return status == TOOL_DONE ? tool_wrong(argv[1], "stdout cannot be written to") : status;
}

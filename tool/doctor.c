/* doctor.c -- `mica doctor`: looks at a process, or at a program that is not run, and says what it found, a line each. */
#include "tool/doctor.h"

#include "tool/commands.h"
#include "tool/proc.h"
#include "tool/say.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char* const me = "doctor";

/* This program's own environment, in the form of a process' file. */
static char* own_environment(size_t* length) {
  *length = 0;
  for (char** at = environ; *at != NULL; at++) *length += strlen(*at) + 1;
  char* const text = malloc(*length + 1);
  char* end = text;
  for (char** at = environ; text != NULL && *at != NULL; at++) end = stpcpy(end, *at) + 1;
  if (text == NULL) *length = 0;
  return text;
}

static int of_process(tool_findings_t* findings, pid_t pid) {
  size_t length = 0;
  const pid_t living = tool_proc_living(pid);
  char* const environment = tool_proc_whole(living, "environ", &length);
  tool_doctor_process(findings, pid, living, environment, length);
  tool_doctor_options(findings, environment, length);
  tool_doctor_limits(findings, living, environment, length);
  tool_doctor_system(findings);
  tool_doctor_looking(findings, living);
  free(environment);
  return TOOL_DONE;
}

static int of_program(tool_findings_t* findings, const char* command) {
  char path[PATH_MAX];
  tool_program_t* const program = malloc(sizeof *program);
  size_t length = 0;
  if (program == NULL) return tool_wrong(me, "there is no memory");
  if (!tool_program_find(command, path) || !tool_program_examine(path, program)) {
    free(program);
    return tool_wrong(me, "%s: %s", command, errno == ENOENT ? "there is no such program" : strerror(errno));
  }
  char* const environment = own_environment(&length);
  tool_doctor_file(findings, program);
  tool_doctor_options(findings, environment, length);
  tool_doctor_limits(findings, getpid(), environment, length);
  tool_doctor_system(findings);
  free(environment);
  free(program);
  return TOOL_DONE;
}

int tool_doctor(int argc, char** argv) {
  static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
  bool as_json = false;
  opterr = 0;
  for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
    if (option != 'j') return tool_bad_option(argv, option);
    as_json = true;
  }
  if (argv[optind] == NULL) return tool_misused(me, "which process, or which program?");
  if (argv[optind + 1] != NULL) return tool_misused(me, "one process or program, not '%s', too", argv[optind + 1]);
  const char* const subject = argv[optind];
  const pid_t pid = tool_proc_number(subject);
  if (pid != 0 && !tool_proc_exists(pid)) return tool_wrong(me, "there is no process %s", subject);
  tool_findings_t findings = {0};
  int status = pid != 0 ? of_process(&findings, pid) : of_program(&findings, subject);
  if (status == TOOL_DONE && findings.no_memory) status = tool_wrong(me, "there is no memory");
  if (status == TOOL_DONE) {
    tool_findings_print(&findings, subject, as_json);
    if (tool_findings_worst(&findings) == TOOL_BAD) status = TOOL_WRONG;
  }
  tool_findings_free(&findings);
  return status;
}

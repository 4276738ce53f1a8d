/* doctor.h -- the parts of `mica doctor`, each of which adds its findings. Used by doctor*.c only. One thread. */
#ifndef TOOL_DOCTOR_H
#define TOOL_DOCTOR_H
#include "tool/findings.h"
#include "tool/program.h"
#include <sys/types.h>

/* A program's file: what its malloc will be (doctor_file.c). */
void tool_doctor_file(tool_findings_t* findings, const tool_program_t* program);

/* A process: whose malloc it has, and in what order (doctor_process.c). living: the thread by whose number it is asked for
 * (tool_proc_living). environment: its variables as it was started with them, each with a zero behind it, or NULL: not
 * known. */
void tool_doctor_process(tool_findings_t* findings, pid_t pid, pid_t living, const char* environment, size_t length);

/* The options of mica's in such an environment (doctor_options.c). */
void tool_doctor_options(tool_findings_t* findings, const char* environment, size_t length);

/* What is wrong with the text of the setting MICA_<name> (doctor_settings.c): a static text; NULL: nothing. */
const char* tool_doctor_setting(const char* name, const char* text);

/* The value of a variable in such an environment; NULL: it has none of that name. */
const char* tool_doctor_variable(const char* environment, size_t length, const char* name);

/* What bounds a process' memory (doctor_limits.c); pid may be this program's own: then of what it would start. */
void tool_doctor_limits(tool_findings_t* findings, pid_t pid, const char* environment, size_t length);

/* What the system does with memory, and whether it lets one process look into another (doctor_system.c). */
void tool_doctor_system(tool_findings_t* findings);
void tool_doctor_looking(tool_findings_t* findings, pid_t pid);

#endif

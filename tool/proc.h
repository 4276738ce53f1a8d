/* proc.h -- what the system says of a process and of itself, as files. One thread. */
#ifndef TOOL_PROC_H
#define TOOL_PROC_H
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { TOOL_PROC_TEXT = 16384 };

/* The file as a text of at most size - 1 bytes, and a zero. Its length; -1: it cannot be read, errno says why, and text is
 * "". */
ssize_t tool_file_text(const char* path, char* text, size_t size);

/* The same of /proc/PID/NAME. */
ssize_t tool_proc_text(pid_t pid, const char* name, char* text, size_t size);

/* The whole file /proc/PID/NAME, however long, and a zero; to be freed. NULL: it cannot be read, errno says why. */
char* tool_proc_whole(pid_t pid, const char* name, size_t* length);

/* The number behind the word at the beginning of a line ("VmSize:"); false: there is no such line, or no number in it. */
bool tool_text_number(const char* text, const char* word, uint64_t* number);

/* The number in a file that holds nothing else; false: there is none. */
bool tool_file_number(const char* path, uint64_t* number);

/* Whether there is such a process. */
bool tool_proc_exists(pid_t pid);

/* The thread by whose number what belongs to the process' memory is asked for: the first, which has the process' own, unless it
 * has ended and others go on. */
pid_t tool_proc_living(pid_t pid);

/* The number that a text is, and nothing else, of a process; 0: it is none. */
pid_t tool_proc_number(const char* text);

#endif

/* commands.h -- the commands of the program `mica`, each a function.
 *
 * Each is called once, by main.c, as a main function: argv[0] is the command's name, the rest what stands behind it, and NULL.
 * The result is the exit status: TOOL_DONE; TOOL_WRONG, where what was looked at is wrong or cannot be looked at; TOOL_MISUSED,
 * where the words behind the command are. In both cases one line on stderr has said what (say.h). One thread. */
#ifndef TOOL_COMMANDS_H
#define TOOL_COMMANDS_H

enum { TOOL_DONE = 0, TOOL_WRONG = 1, TOOL_MISUSED = 2 };

int tool_run(int argc, char** argv);
int tool_stat(int argc, char** argv);
int tool_top(int argc, char** argv);
int tool_map(int argc, char** argv);
int tool_where(int argc, char** argv);
int tool_profile(int argc, char** argv);
int tool_doctor(int argc, char** argv);
int tool_report(int argc, char** argv);

#endif

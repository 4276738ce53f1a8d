/* doctor_system.c -- `mica doctor`: what the system does with memory, and whether this program may look into another. */
#include "tool/doctor.h"
#include "tool/proc.h"
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

/* The word in brackets is what is chosen. */
static void find_huge_pages(tool_findings_t* findings) {
  char text[256];
  if (tool_file_text("/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof text) <= 0) return;
  const char* const begin = strchr(text, '[');
  const char* const word = begin != NULL ? begin + 1 : text;
  const bool always = strncmp(word, "always", 6) == 0;
  tool_find(findings, always ? TOOL_LOOK : TOOL_OK, "huge pages", always ? "madvise is the usual choice" : NULL,
            "transparent ones: %.*s%s", (int)strcspn(word, "]\n"), word,
            always ? ": memory that is given back in part may stay resident by 2 MiB" : "");
}

static void find_overcommit(tool_findings_t* findings) {
  char text[TOOL_PROC_TEXT];
  uint64_t mode;
  uint64_t limit = 0;
  uint64_t used = 0;
  if (!tool_file_number("/proc/sys/vm/overcommit_memory", &mode)) return;
  if (mode != 2) {
    tool_find(findings, TOOL_OK, "overcommit", NULL, "%s",
              mode == 0 ? "by the kernel's own judgement (0)" : "always (1)");
    return;
  }
  tool_file_text("/proc/meminfo", text, sizeof text);
  tool_text_number(text, "CommitLimit:", &limit);
  tool_text_number(text, "Committed_AS:", &used);
  tool_find(findings, used >= limit - limit / 20 ? TOOL_BAD : TOOL_LOOK, "overcommit", "see vm.overcommit_ratio",
            "strict (2): %.1f of %.1f MiB are promised; what is mapped counts, whether it is used or not",
            (double)used / 1024, (double)limit / 1024);
}

void tool_doctor_system(tool_findings_t* findings) {
  find_huge_pages(findings);
  find_overcommit(findings);
}

void tool_doctor_looking(tool_findings_t* findings, pid_t pid) {
  char byte[1];
  uint64_t scope = 0;
  /* At an address where nothing is: who may look is told of the address, who may not of that. */
  const struct iovec local = {byte, sizeof byte};
  const struct iovec remote = {NULL, sizeof byte};
  if (process_vm_readv(pid, &local, 1, &remote, 1, 0) >= 0 || errno == EFAULT) {
    tool_find(findings, TOOL_OK, "looking", NULL, "stat, top, map, where and profile may read its memory");
    return;
  }
  tool_file_number("/proc/sys/kernel/yama/ptrace_scope", &scope);
  tool_find(findings, TOOL_LOOK, "looking",
            scope > 0 ? "ask as root, or set kernel.yama.ptrace_scope to 0" : "ask as its user, or as root",
            "stat, top, map, where and profile may not read its memory: %s", strerror(errno));
}

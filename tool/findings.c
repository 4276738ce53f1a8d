/* findings.c -- see findings.h. */
#include "tool/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { JSON_VERSION = 1 };

static const char* const verdicts[] = {[TOOL_OK] = "ok", [TOOL_LOOK] = "look", [TOOL_BAD] = "wrong"};

void tool_findings_free(tool_findings_t* findings) {
  for (size_t i = 0; i < findings->count; i++) free(findings->each[i].text);
  free(findings->each);
  *findings = (tool_findings_t){0};
}

/* One more place, of 16 that come at a time. */
static bool widen(tool_findings_t* findings) {
  enum { AT_ONCE = 16 };
  if (findings->count % AT_ONCE != 0) return true;
  tool_finding_t* const more = realloc(findings->each, (findings->count + AT_ONCE) * sizeof *more);
  if (more != NULL) findings->each = more;
  return more != NULL;
}

void tool_find(tool_findings_t* findings, tool_verdict_t verdict, const char* about, const char* advice,
               const char* format, ...) {
  char* text = NULL;
  va_list arguments;
  va_start(arguments, format);
  const bool written = vasprintf(&text, format, arguments) >= 0;
  va_end(arguments);
  if (written && widen(findings)) {
    findings->each[findings->count++] = (tool_finding_t){verdict, about, advice, text};
    return;
  }
  free(written ? text : NULL);
  findings->no_memory = true;
}

tool_verdict_t tool_findings_worst(const tool_findings_t* findings) {
  tool_verdict_t worst = TOOL_OK;
  for (size_t i = 0; i < findings->count; i++)
    if (findings->each[i].verdict > worst) worst = findings->each[i].verdict;
  return worst;
}

/* A text for people: what would move the cursor becomes a question mark. */
static void print_plain(const char* text) {
  for (; *text != '\0'; text++) putchar((unsigned char)*text < ' ' || *text == 127 ? '?' : *text);
}

/* A text of JSON's. Bytes above 127 are taken for characters of Latin 1, whatever they are: names of files have no encoding. */
static void print_quoted(const char* text) {
  putchar('"');
  for (; *text != '\0'; text++) {
    const unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      printf("\\%c", c);
    else if (c < ' ' || c > '~')
      printf("\\u%04x", c);
    else
      putchar(c);
  }
  putchar('"');
}

static void print_json(const tool_findings_t* findings, const char* subject) {
  printf("{\n  \"version\": %d,\n  \"subject\": ", JSON_VERSION);
  print_quoted(subject);
  printf(",\n  \"verdict\": \"%s\",\n  \"findings\": [", verdicts[tool_findings_worst(findings)]);
  for (size_t i = 0; i < findings->count; i++) {
    const tool_finding_t* const finding = &findings->each[i];
    printf("%s\n    {\"verdict\": \"%s\", \"about\": \"%s\", \"text\": ", i > 0 ? "," : "", verdicts[finding->verdict],
           finding->about);
    print_quoted(finding->text);
    if (finding->advice != NULL) {
      printf(", \"advice\": ");
      print_quoted(finding->advice);
    }
    putchar('}');
  }
  printf("\n  ]\n}\n");
}

void tool_findings_print(const tool_findings_t* findings, const char* subject, bool as_json) {
  if (as_json) {
    print_json(findings, subject);
    return;
  }
  for (size_t i = 0; i < findings->count; i++) {
    const tool_finding_t* const finding = &findings->each[i];
    printf("%-5s  %-11s  ", verdicts[finding->verdict], finding->about);
    print_plain(finding->text);
    printf("%s%s\n", finding->advice != NULL ? "; " : "", finding->advice != NULL ? finding->advice : "");
  }
}

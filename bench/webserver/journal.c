/* journal.c -- see journal.h. A line is one write to a file opened for appending, so lines of several threads do not mix. */
#include "journal.h"

#include "text.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static int file = -1;

bool journal_start(const char* path) {
  if (path[0] == 0) return true;
  file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  return file >= 0;
}

void journal_stop(void) {
  if (file >= 0) close(file);
  file = -1;
}

/* Text between quotes that came from the client: nothing in it ends the quotes or the line. */
static void add_quoted(struct text* line, const char* from) {
  text_add(line, "\"");
  for (const char* at = from == NULL ? "-" : from; *at != 0; at++) {
    unsigned char c = (unsigned char)*at;
    if (c < ' ' || c == '"' || c == '\\' || c >= 0x7F) {
      text_print(line, "\\x%02x", (unsigned)c);
    } else {
      text_add_char(line, *at);
    }
  }
  text_add(line, "\"");
}

static void add_date(struct text* line) {
  char date[64];
  time_t now = time(NULL);
  struct tm parts;
  if (gmtime_r(&now, &parts) == NULL || strftime(date, sizeof date, " - - [%d/%b/%Y:%H:%M:%S +0000] ", &parts) == 0) {
    date[0] = 0;
  }
  text_add(line, date);
}

void journal_write(struct request* request) {
  struct memory* memory = &request->memory;
  struct text first = text_in(memory), line = text_in(memory);
  text_add(&first, request->method == NULL ? "-" : request->method);
  text_add_char(&first, ' ');
  text_add(&first, request->uri);
  text_add_char(&first, ' ');
  text_add(&first, request->version == NULL ? "-" : request->version);
  text_add(&line, request->client);
  add_date(&line);
  add_quoted(&line, text_end(&first));
  text_print(&line, " %u %llu ", request->status, request->length);
  add_quoted(&line, pairs_find(&request->headers, "Referer"));
  text_add_char(&line, ' ');
  add_quoted(&line, pairs_find(&request->headers, "User-Agent"));
  text_add_char(&line, '\n');
  const char* whole = text_end(&line);
  /* A log that cannot be written is no reason to stop serving. */
  if (whole != NULL && file >= 0 && write(file, whole, line.length) < 0) line.broken = true;
  text_release(&first);
  text_release(&line);
}

/* top_screen.c -- see top_screen.h.
 *
 * Two views: all processes, one of them selected; and one process, as lines that scroll. A view is text that each look makes
 * anew; a key only changes which part of it is shown. */
#include "tool/top_screen.h"
#include "tool/commands.h"
#include "tool/say.h"
#include "tool/top_text.h"
#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>

enum { NOTHING_MOST = 100 };

typedef struct screen_s {
  top_list_t list;
  top_key_t by;
  pid_t selected; /* it keeps its place whatever the order; 0: the first */
  pid_t inside;   /* the process that is shown; 0: all of them */
  size_t offset;  /* the first line that is shown, of those that scroll */
  char* text;     /* what is shown of one process */
  char error[TARGET_ERROR];
} screen_t;

/* ---- what is shown ---- */

static void look_inside(screen_t* s) {
  size_t length;
  free(s->text);
  s->text = NULL;
  top_row_t* row = top_find(&s->list, s->inside, s->error);
  census_t* census = row == NULL ? NULL : top_look(row, s->error);
  FILE* to = census == NULL ? NULL : open_memstream(&s->text, &length);
  if (to != NULL) {
    top_put_process(to, row, census);
    fclose(to);
  }
  census_free(census);
}

static void look(screen_t* s) {
  s->error[0] = '\0';
  if (s->inside != 0)
    look_inside(s);
  else
    top_refresh(&s->list, false);
}

static size_t selected_row(const screen_t* s) {
  for (size_t i = 0; i < s->list.count; i++)
    if (s->list.rows[i].pid == s->selected) return i;
  return 0;
}

static void put_line(int y, const char* text, size_t length) {
  const size_t most = (size_t)(COLS > 0 ? COLS : 1);
  mvaddnstr(y, 0, text, (int)(length < most ? length : most));
}

/* A line that a function writes. */
static void put_row(int y, const screen_t* s, size_t i) {
  char* text = NULL;
  size_t length;
  FILE* to = open_memstream(&text, &length);
  if (to == NULL) return;
  top_put_row(to, &s->list.rows[i]);
  if (fclose(to) == 0) put_line(y, text, length);
  free(text);
}

static void put_heads(int y, const screen_t* s) {
  char* text = NULL;
  size_t length;
  FILE* to = open_memstream(&text, &length);
  if (to == NULL) return;
  top_put_heads(to, s->by);
  attron(A_BOLD);
  if (fclose(to) == 0) put_line(y, text, length);
  attroff(A_BOLD);
  free(text);
}

static void draw_all(screen_t* s) {
  enum { FIRST = 2 };
  char title[128];
  const int room = LINES - FIRST - 1;
  top_sort(&s->list, s->by);
  const size_t selected = selected_row(s);
  if (selected < s->offset) s->offset = selected;
  if (room > 0 && selected >= s->offset + (size_t)room) s->offset = selected - (size_t)room + 1;
  snprintf(title, sizeof title, "mica top: %zu process%s", s->list.count, s->list.count == 1 ? "" : "es");
  put_line(0, title, strlen(title));
  put_heads(1, s);
  for (int y = 0; y < room && s->offset + (size_t)y < s->list.count; y++) {
    const size_t i = s->offset + (size_t)y;
    if (i == selected) attron(A_REVERSE);
    put_row(FIRST + y, s, i);
    if (i == selected) attroff(A_REVERSE);
  }
}

static void draw_inside(const screen_t* s) {
  if (s->text == NULL) {
    put_line(0, s->error, strlen(s->error));
    return;
  }
  size_t line = 0;
  for (const char* at = s->text; *at != '\0'; line++) {
    const size_t length = strcspn(at, "\n");
    if (line >= s->offset && line - s->offset < (size_t)(LINES > 1 ? LINES - 1 : 0))
      put_line((int)(line - s->offset), at, length);
    at += length + (at[length] == '\n');
  }
}

static void draw(screen_t* s) {
  static const char all[] = "sort: r b p d c w g, i by number   up, down: select   Enter: into a process   q: quit";
  static const char one[] = "up, down: scroll   c, t: to classes, to threads   Backspace: back to all   q: quit";
  erase();
  if (s->inside != 0)
    draw_inside(s);
  else
    draw_all(s);
  const char* keys = s->inside != 0 ? one : all;
  attron(A_DIM);
  put_line(LINES - 1, keys, strlen(keys));
  attroff(A_DIM);
  refresh();
}

/* ---- keys ---- */

static void scroll_lines(screen_t* s, int by) {
  size_t lines = 0;
  for (const char* at = s->text; at != NULL && *at != '\0'; at++) lines += *at == '\n';
  const long to = (long)s->offset + by;
  s->offset = to < 0 ? 0 : (size_t)to >= lines ? (lines > 0 ? lines - 1 : 0) : (size_t)to;
}

/* To the table of threads. */
static void scroll_to_threads(screen_t* s) {
  const char* threads = s->text == NULL ? NULL : strstr(s->text, "THREAD");
  s->offset = 0;
  for (const char* at = s->text; threads != NULL && at != threads; at++) s->offset += *at == '\n';
}

static void select_row(screen_t* s, int by) {
  const long last = (long)s->list.count - 1;
  if (last < 0) return;
  long to = (long)selected_row(s) + by;
  to = to < 0 ? 0 : to > last ? last : to;
  s->selected = s->list.rows[to].pid;
}

static void go(screen_t* s, int by) {
  if (s->inside != 0)
    scroll_lines(s, by);
  else
    select_row(s, by);
}

static void enter(screen_t* s) {
  if (s->inside != 0 || s->list.count == 0) return;
  s->inside = s->selected = s->list.rows[selected_row(s)].pid;
  s->offset = 0;
  look(s);
}

static void leave(screen_t* s) {
  if (s->inside == 0) return;
  s->inside = 0;
  s->offset = 0;
  look(s);
}

static void sort_by(screen_t* s, int letter) {
  for (unsigned k = 0; k < TOP_KEYS; k++)
    if (top_letter((top_key_t)k) == letter) s->by = (top_key_t)k;
}

/* False: quit. */
static bool obey(screen_t* s, int key) {
  switch (key) {
  case 'q': return false;
  case KEY_UP:
  case 'k': go(s, -1); break;
  case KEY_DOWN:
  case 'j': go(s, 1); break;
  case KEY_PPAGE: go(s, -(LINES - 3)); break;
  case KEY_NPAGE: go(s, LINES - 3); break;
  case KEY_ENTER:
  case '\n':
  case '\r': enter(s); break;
  case KEY_BACKSPACE:
  case 127:
  case 8:
  case 27: leave(s); break;
  case ' ': look(s); break;
  default:
    if (s->inside == 0) sort_by(s, key);
    if (s->inside != 0 && key == 'c') s->offset = 0;
    if (s->inside != 0 && key == 't') scroll_to_threads(s);
  }
  return true;
}

int top_screen(pid_t pid, int interval) {
  screen_t s = {.by = TOP_RESIDENT, .inside = pid, .selected = pid};
  setlocale(LC_CTYPE, "");
  SCREEN* terminal = newterm(NULL, stdout, stdin);
  if (terminal == NULL) return tool_wrong("top", "this terminal is not known (TERM); try --once");
  cbreak();
  noecho();
  keypad(stdscr, TRUE);
  set_escdelay(50);
  curs_set(0);
  int nothing = 0; /* reads that ended at once: the terminal is gone */
  for (bool goes_on = true; goes_on;) {
    look(&s);
    const int64_t next = top_now() + (int64_t)interval * 1000;
    for (int64_t left = interval; goes_on && left > 0; left = (next - top_now()) / 1000) {
      draw(&s);
      timeout((int)left);
      const int key = getch();
      nothing = key == ERR && next - top_now() > 20000 ? nothing + 1 : 0;
      goes_on = key == ERR ? nothing < NOTHING_MOST : obey(&s, key);
    }
  }
  endwin();
  delscreen(terminal);
  free(s.text);
  top_free(&s.list);
  return TOOL_DONE;
}

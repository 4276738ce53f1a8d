/* top_text.h -- what `mica top` shows, as text. A line for each process; or all classes and threads of one. One thread. */
#ifndef TOOL_TOP_TEXT_H
#define TOOL_TOP_TEXT_H
#include "tool/top_list.h"

/* The heads of columns, and a row, without newlines; by: the column that rows are sorted by gets a star. */
void top_put_heads(FILE* to, top_key_t by);
void top_put_row(FILE* to, const top_row_t* row);

/* The letter that sorts by the key. */
char top_letter(top_key_t key);

/* All of it, each line with a newline. A table's heads come in front of it. */
void top_put_process(FILE* to, const top_row_t* row, const census_t* census);

#endif

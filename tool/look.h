/* look.h -- one look at the present target, by the library's own sources (look.c). */
#ifndef TOOL_LOOK_H
#define TOOL_LOOK_H

/* Before mica_where_look, and again when the target may have changed: what they begin with is read. */
void look_begin(void);

#endif

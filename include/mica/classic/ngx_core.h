/* ngx_core.h -- what comes second in a program written to nginx's pool interface: return codes, common types, and its names for
 * the C library's functions on memory and text. It leads to the pool (ngx_palloc.h). Names and meaning are those of nginx. */
#ifndef MICA_CLASSIC_NGX_CORE_H
#define MICA_CLASSIC_NGX_CORE_H
#include "ngx_config.h"

/* What functions return. */
#define NGX_OK 0
#define NGX_ERROR -1
#define NGX_AGAIN -2
#define NGX_BUSY -3
#define NGX_DONE -4
#define NGX_DECLINED -5
#define NGX_ABORT -6

#define LF ((unsigned char)'\n')
#define CR ((unsigned char)'\r')
#define CRLF "\r\n"

#define ngx_abs(value) (((value) >= 0) ? (value) : -(value))
#define ngx_max(a, b) (((a) < (b)) ? (b) : (a))
#define ngx_min(a, b) (((a) > (b)) ? (b) : (a))

/* An open file. */
typedef int ngx_fd_t;
#define NGX_INVALID_FILE -1

/* A log, which a pool carries about for the program: nothing here writes to it or looks at it. */
typedef struct ngx_log_s {
  ngx_uint_t log_level;
  ngx_uint_t connection;
  void* data;
  char* action;
} ngx_log_t;

/* A text of len bytes; no 0 need follow it. */
typedef struct {
  size_t len;
  unsigned char* data;
} ngx_str_t;

/* Initializers, and assignments, from a literal and of nothing. */
#define ngx_string(text) \
  { sizeof(text) - 1, (unsigned char*)(text) }
#define ngx_null_string \
  { 0, NULL }
#define ngx_str_set(str, text) ((str)->len = sizeof(text) - 1, (str)->data = (unsigned char*)(text))
#define ngx_str_null(str) ((str)->len = 0, (str)->data = NULL)

/* On memory: n bytes. ngx_cpymem and ngx_copy return the end of what was written. */
#define ngx_memzero(buf, n) ((void)memset(buf, 0, n))
#define ngx_memset(buf, c, n) ((void)memset(buf, c, n))
#define ngx_memcpy(dst, src, n) ((void)memcpy(dst, src, n))
#define ngx_cpymem(dst, src, n) (((unsigned char*)memcpy(dst, src, n)) + (n))
#define ngx_copy ngx_cpymem
#define ngx_memmove(dst, src, n) ((void)memmove(dst, src, n))
#define ngx_movemem(dst, src, n) (((unsigned char*)memmove(dst, src, n)) + (n))
#define ngx_memcmp(a, b, n) memcmp(a, b, n)

/* On text, which may be of unsigned char. */
#define ngx_tolower(c) ((unsigned char)((c) >= 'A' && (c) <= 'Z' ? (c) | 0x20 : (c)))
#define ngx_toupper(c) ((unsigned char)((c) >= 'a' && (c) <= 'z' ? (c) & ~0x20 : (c)))
#define ngx_strlen(s) strlen((const char*)(s))
#define ngx_strcmp(a, b) strcmp((const char*)(a), (const char*)(b))
#define ngx_strncmp(a, b, n) strncmp((const char*)(a), (const char*)(b), n)
#define ngx_strstr(a, b) strstr((const char*)(a), (const char*)(b))
#define ngx_strchr(s, c) strchr((const char*)(s), (int)(c))

#include "ngx_palloc.h"
#endif

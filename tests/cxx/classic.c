/* classic.c -- the classic interfaces, all macros and functions of theirs, in C and in C++, in each standard, free of warnings.
 * Built only, not run; tests/plain/nginx_pool.c and mp_pool.c are programs that use them. */
#include <ngx_config.h>
#include <ngx_core.h>

#include <mp_pool.h>

#include <mica.h>

int use_nginx(u_char* text, size_t n);
int use_mp(void);

static void handler(void* data) { *(ngx_int_t*)data = NGX_ERROR; }

static ngx_inline ngx_int_t codes(ngx_flag_t flag) {
  return flag ? NGX_AGAIN + NGX_BUSY + NGX_DONE : NGX_ABORT - NGX_OK - NGX_DECLINED;
}

static ngx_uint_t words(u_char* p, u_char* q, size_t n) {
  ngx_str_t a = ngx_string("a text"), b = ngx_null_string;
  ngx_str_set(&b, CRLF);
  ngx_str_null(&a);
  ngx_memset(p, CR, n);
  ngx_memcpy(p, q, n);
  ngx_memmove(p, q, n);
  ngx_memzero(p, n);
  p = ngx_copy(ngx_cpymem(p, q, n), q, n);
  p = ngx_movemem(p, q, n);
  *p = ngx_tolower(*q);
  *q = ngx_toupper(*p);
  *ngx_align_ptr(p, 64) = LF;
  return (ngx_memcmp(p, q, n) == 0) + ngx_strlen(p) + (ngx_strcmp(p, "x") == 0) + (ngx_strncmp(p, q, n) == 0) +
         (ngx_strstr(p, q) != NULL) + (ngx_strchr(p, 'x') != NULL) + ngx_align(a.len, NGX_ALIGNMENT) +
         ngx_max(a.len, b.len) + ngx_min(a.len, n) + (ngx_uint_t)ngx_abs(codes(1));
}

int use_nginx(u_char* text, size_t n) {
  ngx_log_t log = {0, 0, NULL, NULL};
  struct ngx_pool_s* pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE + NGX_MIN_POOL_SIZE, &log);
  struct ngx_pool_cleanup_s* c = ngx_pool_cleanup_add(pool, sizeof(ngx_pool_cleanup_file_t));
  ngx_pool_cleanup_pt handlers[3] = {handler, ngx_pool_cleanup_file, ngx_pool_delete_file};
  ngx_pool_cleanup_file_t* file = (ngx_pool_cleanup_file_t*)c->data;
  ngx_str_t str = {n, text};
  void* p = ngx_palloc(pool, NGX_MAX_ALLOC_FROM_POOL);

  ngx_palloc(pool, 1);
  c->handler = handlers[c->handler == ngx_pool_delete_file];
  file->fd = NGX_INVALID_FILE;
  file->name = ngx_pstrdup(pool, &str);
  file->log = pool->log;
  ngx_pool_run_cleanup_file(pool, file->fd);
  p = ngx_pfree(pool, p) == NGX_OK ? ngx_pnalloc(pool, pool->max) : ngx_pcalloc(pool, 1);
  p = p ? ngx_pmemalign(pool, n, NGX_POOL_ALIGNMENT) : ngx_alloc(n, &log);
  ngx_free(ngx_calloc(n, pool->log));
  ngx_free(ngx_memalign(64, n, NULL));
  ngx_reset_pool(pool);
  ngx_destroy_pool(pool);
  return p == NULL && words(text, text, n) == 0;
}

int use_mp(void) {
  struct mp_pool_s* pool = mp_create_pool(MP_PAGE_SIZE);
  mp_pool_t* same = pool;
  char* p = (char*)mp_malloc(pool, mp_align(MP_MAX_ALLOC_FROM_POOL, MP_ALIGNMENT));
  p = (char*)mp_align_ptr(p + 1, 64);
  mp_free(pool, mp_nalloc(same, 1));
  mp_free(pool, mp_calloc(same, 1));
  mp_free(pool, mp_memalign(same, 1, 64));
  mp_monitor_pool(pool, "a pool");
  monitor_mp_poll(pool, p);
  mp_reset_pool(pool);
  mp_destroy_pool(pool);
  return p != NULL;
}

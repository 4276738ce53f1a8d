/* nginx_pool.c -- a program written to nginx's pool interface, and to nothing else: it includes its headers alone, uses every
 * call, and checks contents, counts, orders and what becomes of files. A request is a text that is parsed into a pool.
 *
 * It keeps to what nginx's pool promises: no cleanups are there when a pool is reset, and memory is freed as nginx has it. */
#include <ngx_config.h>
#include <ngx_core.h>

#define EXPECT(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "nginx_pool.c:%d: failed: %s\n", __LINE__, #condition); \
      exit(1); \
    } \
  } while (0)

static ngx_log_t the_log;

static ngx_pool_t* new_pool(size_t size) {
  ngx_pool_t* pool = ngx_create_pool(size, &the_log);
  EXPECT(pool != NULL && pool->log == &the_log);
  return pool;
}

static int is_aligned(const void* p, size_t alignment) { return (uintptr_t)p % alignment == 0; }

static int is_all(const u_char* p, u_char c, size_t n) {
  while (n > 0 && p[n - 1] == c) n--;
  return n == 0;
}

/* ---- requests ---- */

typedef struct header_s {
  ngx_str_t name; /* in small letters */
  ngx_str_t value;
  struct header_s* next;
} header_t;

typedef struct {
  ngx_str_t method;
  ngx_str_t uri;
  ngx_str_t args;
  header_t* headers; /* in their order */
  ngx_uint_t count;
  u_char* seen; /* how often a header began with that letter */
} request_t;

#define METHODS 3
static ngx_str_t methods[METHODS] = {ngx_string("GET"), ngx_string("HEAD"), ngx_string("POST")};

/* The text of request i, with i % 40 headers, into the pool. */
static ngx_str_t write_request(ngx_pool_t* pool, ngx_uint_t i) {
  ngx_str_t text = ngx_null_string;
  size_t room = 128 + 80 * (size_t)(i % 40);
  u_char *p, *method = methods[i % METHODS].data;
  ngx_uint_t n;

  text.data = ngx_palloc(pool, room);
  EXPECT(text.data != NULL && is_aligned(text.data, NGX_ALIGNMENT));
  p = ngx_cpymem(text.data, method, methods[i % METHODS].len);
  p += sprintf((char*)p, " /files/%u.html?page=%u HTTP/1.1" CRLF, (unsigned)i, (unsigned)(i * 7));
  for (n = 0; n < i % 40; n++) {
    p += sprintf((char*)p, "%c-Header-%u: value %u of %u" CRLF, (int)('A' + n % 26), (unsigned)n, (unsigned)(n * n),
                 (unsigned)i);
  }
  p = ngx_cpymem(p, CRLF, sizeof(CRLF) - 1);
  text.len = (size_t)(p - text.data);
  EXPECT(text.len <= room);
  return text;
}

/* What stands before the character; *rest moves behind it. */
static ngx_str_t cut(ngx_pool_t* pool, u_char** rest, u_char* end, u_char before) {
  ngx_str_t word = ngx_null_string;
  u_char* start = *rest;

  while (*rest < end && **rest != before) (*rest)++;
  word.len = (size_t)(*rest - start);
  word.data = ngx_pnalloc(pool, word.len + 1);
  EXPECT(word.data != NULL);
  *ngx_cpymem(word.data, start, word.len) = '\0';
  (*rest)++;
  return word;
}

static request_t* parse(ngx_pool_t* pool, ngx_str_t text) {
  request_t* r = ngx_pcalloc(pool, sizeof(request_t));
  u_char *p = text.data, *end = text.data + text.len;
  header_t **last, *h;
  size_t k;

  EXPECT(r != NULL && r->headers == NULL && r->count == 0 && r->uri.data == NULL);
  r->seen = ngx_pcalloc(pool, 256);
  EXPECT(r->seen != NULL && is_all(r->seen, 0, 256));
  r->method = cut(pool, &p, end, ' ');
  r->uri = cut(pool, &p, end, '?');
  r->args = cut(pool, &p, end, ' ');
  while (p < end && p[-1] != LF) p++;
  for (last = &r->headers; *p != CR; last = &h->next) {
    h = ngx_palloc(pool, sizeof(header_t));
    EXPECT(h != NULL);
    h->name = cut(pool, &p, end, ':');
    r->seen[h->name.data[0]]++;
    for (k = 0; k < h->name.len; k++) h->name.data[k] = ngx_tolower(h->name.data[k]);
    p++;
    h->value = cut(pool, &p, end, CR);
    p++;
    h->next = NULL;
    *last = h;
    r->count++;
  }
  EXPECT(p + 2 == end);
  return r;
}

static void check_request(const request_t* r, ngx_uint_t i) {
  char text[80];
  const header_t* h;
  ngx_uint_t n = 0;

  EXPECT(r->method.len == methods[i % METHODS].len && ngx_strcmp(r->method.data, methods[i % METHODS].data) == 0);
  sprintf(text, "/files/%u.html", (unsigned)i);
  EXPECT(r->uri.len == strlen(text) && ngx_strncmp(r->uri.data, text, r->uri.len) == 0);
  sprintf(text, "page=%u", (unsigned)(i * 7));
  EXPECT(r->args.len == ngx_strlen(r->args.data) && ngx_memcmp(r->args.data, text, r->args.len + 1) == 0);
  for (h = r->headers; h != NULL; h = h->next, n++) {
    sprintf(text, "%c-header-%u", (int)('a' + n % 26), (unsigned)n);
    EXPECT(ngx_strcmp(h->name.data, text) == 0);
    sprintf(text, "value %u of %u", (unsigned)(n * n), (unsigned)i);
    EXPECT(ngx_strcmp(h->value.data, text) == 0 && h->value.len == strlen(text));
  }
  EXPECT(n == i % 40 && r->count == n && r->seen['A'] == (n + 25) / 26);
}

/* A pool for each request, all at once; then one pool that is reset after each. */
static void requests(void) {
  enum { AT_ONCE = 50, IN_TURN = 400 };
  ngx_pool_t *pools[AT_ONCE], *pool;
  request_t* parsed[AT_ONCE];
  ngx_uint_t i;

  for (i = 0; i < AT_ONCE; i++) {
    pools[i] = new_pool(i % 2 ? NGX_DEFAULT_POOL_SIZE : 1024);
    parsed[i] = parse(pools[i], write_request(pools[i], i));
  }
  for (i = 0; i < AT_ONCE; i++) check_request(parsed[i], i);
  for (i = 0; i < AT_ONCE; i++) ngx_destroy_pool(pools[(i * 7) % AT_ONCE]);

  pool = new_pool(2048);
  for (i = 0; i < IN_TURN; i++) {
    check_request(parse(pool, write_request(pool, i)), i);
    EXPECT(pool->log == &the_log);
    ngx_reset_pool(pool);
  }
  ngx_destroy_pool(pool);
}

/* ---- large memory, and what is small ---- */

static void boundary(size_t pool_size) {
  ngx_pool_t* pool = new_pool(pool_size);
  u_char *small, *large, *next;

  EXPECT(pool->max <= NGX_MAX_ALLOC_FROM_POOL && pool->max < pool_size && pool->max > pool_size / 8);
  if (pool_size == NGX_DEFAULT_POOL_SIZE) EXPECT(pool->max == NGX_MAX_ALLOC_FROM_POOL);
  small = ngx_palloc(pool, pool->max);
  large = ngx_palloc(pool, pool->max + 1);
  next = ngx_palloc(pool, pool->max);
  EXPECT(small != NULL && large != NULL && next != NULL);
  ngx_memset(small, 1, pool->max);
  ngx_memset(large, 2, pool->max + 1);
  ngx_memset(next, 3, pool->max);
  EXPECT(is_all(small, 1, pool->max) && is_all(large, 2, pool->max + 1) && is_all(next, 3, pool->max));
  EXPECT(ngx_pfree(pool, small) == NGX_DECLINED && ngx_pfree(pool, next) == NGX_DECLINED);
  EXPECT(ngx_pfree(pool, large) == NGX_OK);
  EXPECT(is_all(small, 1, pool->max) && is_all(next, 3, pool->max));
  ngx_destroy_pool(pool);
}

/* Bodies of requests: some go back early, the others with the pool. */
static void bodies(void) {
  enum { BODIES = 24 };
  ngx_pool_t* pool = new_pool(NGX_DEFAULT_POOL_SIZE);
  u_char* body[BODIES];
  size_t size, i, round;

  for (round = 0; round < 3; round++) {
    for (i = 0; i < BODIES; i++) {
      size = 5000 + i * 7919;
      body[i] = i % 3 ? ngx_palloc(pool, size) : ngx_pcalloc(pool, size);
      EXPECT(body[i] != NULL && (i % 3 || is_all(body[i], 0, size)));
      ngx_memset(body[i], (int)i, size);
    }
    for (i = 0; i < BODIES; i += 2) EXPECT(ngx_pfree(pool, body[i]) == NGX_OK);
    for (i = 1; i < BODIES; i += 2) EXPECT(is_all(body[i], (u_char)i, 5000 + i * 7919));
    if (round == 1) ngx_reset_pool(pool);
  }
  ngx_destroy_pool(pool);
}

/* Buffers for direct input and output, of all alignments. */
static void aligned(void) {
  ngx_pool_t* pool = new_pool(4096);
  u_char* p[2];
  size_t alignment, size, i;

  for (alignment = 16; alignment <= 65536; alignment *= 2) {
    for (size = 100; size < 40000; size *= 5) {
      for (i = 0; i < 2; i++) {
        p[i] = ngx_pmemalign(pool, size, alignment);
        EXPECT(p[i] != NULL && is_aligned(p[i], alignment));
        ngx_memset(p[i], (int)i + 5, size);
      }
      EXPECT(is_all(p[0], 5, size) && is_all(p[1], 6, size));
      EXPECT(ngx_pfree(pool, p[0]) == NGX_OK && is_all(p[1], 6, size));
    }
  }
  ngx_destroy_pool(pool);
}

/* Zeroed memory is zero where other contents were before; text stands close, and is copied. */
static void contents(void) {
  ngx_pool_t* pool = new_pool(1024);
  ngx_str_t text = ngx_string("a text that is copied into the pool, without its end");
  u_char *p, *q, *first = ngx_palloc(pool, 100);
  size_t size, i;

  for (i = 0; i < 20; i++) {
    ngx_reset_pool(pool);
    EXPECT(ngx_palloc(pool, 100) == first); /* the blocks are used again, from the beginning */
    for (size = 1; size < 6000; size += size / 3 + 1) {
      p = i % 2 ? ngx_pcalloc(pool, size) : ngx_pnalloc(pool, size);
      EXPECT(p != NULL && (i % 2 == 0 || is_all(p, 0, size)));
      ngx_memset(p, 0xa5, size);
    }
    p = ngx_pstrdup(pool, &text);
    q = ngx_pnalloc(pool, 3);
    EXPECT(p != NULL && q != NULL && p != text.data);
    ngx_memcpy(q, "xyz", 3);
    EXPECT(ngx_memcmp(p, text.data, text.len) == 0 && ngx_strncmp(q, "xyz", 3) == 0);
    for (size = 1; size < 100; size += 7) {
      EXPECT(ngx_pnalloc(pool, size) != NULL);
      EXPECT(is_aligned(ngx_palloc(pool, size), NGX_ALIGNMENT) && is_aligned(ngx_pcalloc(pool, size), NGX_ALIGNMENT));
    }
  }
  ngx_destroy_pool(pool);
}

static void without_a_pool(void) {
  u_char* p = ngx_alloc(1000, &the_log);
  u_char* q = ngx_calloc(1000, &the_log);
  u_char* r = ngx_memalign(4096, 1000, &the_log);

  EXPECT(p != NULL && q != NULL && r != NULL && is_aligned(r, 4096) && is_all(q, 0, 1000));
  ngx_memset(p, 1, 1000);
  ngx_memset(r, 3, 1000);
  ngx_memmove(p + 10, r, 100);
  EXPECT(is_all(p, 1, 10) && is_all(p + 10, 3, 100) && is_all(p + 110, 1, 890) && is_all(q, 0, 1000));
  ngx_memzero(r, 1000);
  EXPECT(is_all(r, 0, 1000) && ngx_align_ptr(r + 1, 64) == r + 64 && ngx_align(100, 64) == 128);
  ngx_free(p);
  ngx_free(q);
  ngx_free(r);
}

/* ---- cleanups ---- */

static int called[16];
static int calls;

static void note(void* data) {
  EXPECT(calls < 16);
  called[calls++] = *(int*)data;
}

static void cleanups(void) {
  ngx_pool_t* pool = new_pool(1024);
  ngx_pool_cleanup_pt handler = note;
  ngx_pool_cleanup_t* c;
  static int outside = 10;
  int i;

  for (i = 0; i < 10; i++) {
    c = ngx_pool_cleanup_add(pool, sizeof(int));
    EXPECT(c != NULL && c->data != NULL && c->handler == NULL && is_aligned(c->data, NGX_ALIGNMENT));
    *(int*)c->data = i;
    if (i != 4) c->handler = handler; /* what has none is not called */
    EXPECT(ngx_palloc(pool, 300) != NULL);
  }
  c = ngx_pool_cleanup_add(pool, 0);
  EXPECT(c != NULL && c->data == NULL);
  c->data = &outside;
  c->handler = handler;
  c = ngx_pool_cleanup_add(pool, 20000);
  EXPECT(c != NULL && c->data != NULL);
  ngx_memset(c->data, 0, 20000);
  *(int*)c->data = 11;
  c->handler = handler;
  EXPECT(calls == 0);
  ngx_destroy_pool(pool);
  EXPECT(calls == 11 && called[0] == 11 && called[1] == 10 && called[6] == 5 && called[7] == 3 && called[10] == 0);
}

/* ---- files ---- */

#define FILES 4
static char names[FILES][64];

static int is_open(ngx_fd_t fd) { return fcntl(fd, F_GETFD) != -1; }

/* File i, with a cleanup in the pool. */
static ngx_fd_t open_file(ngx_pool_t* pool, int i, ngx_pool_cleanup_pt handler) {
  ngx_pool_cleanup_t* c = ngx_pool_cleanup_add(pool, sizeof(ngx_pool_cleanup_file_t));
  ngx_pool_cleanup_file_t* file;
  ngx_fd_t fd;

  EXPECT(c != NULL);
  strcpy(names[i], "/tmp/nginx_pool.XXXXXX");
  fd = mkstemp(names[i]);
  EXPECT(fd != NGX_INVALID_FILE && write(fd, names[i], 10) == 10);
  file = c->data;
  file->fd = fd;
  file->name = ngx_pnalloc(pool, ngx_strlen(names[i]) + 1);
  EXPECT(file->name != NULL);
  ngx_memcpy(file->name, names[i], ngx_strlen(names[i]) + 1);
  file->log = pool->log;
  c->handler = handler;
  return fd;
}

static void files(void) {
  ngx_pool_t* pool = new_pool(NGX_MIN_POOL_SIZE);
  ngx_fd_t fd[FILES];
  int i, after;

  for (i = 0; i < FILES; i++) fd[i] = open_file(pool, i, i < 2 ? ngx_pool_cleanup_file : ngx_pool_delete_file);
  EXPECT(unlink(names[3]) == 0); /* is gone already, which is no error */
  for (i = 0; i < FILES; i++) EXPECT(is_open(fd[i]));

  ngx_pool_run_cleanup_file(pool, fd[0]);
  EXPECT(!is_open(fd[0]) && is_open(fd[1]));
  ngx_pool_run_cleanup_file(pool, fd[2]); /* is not to be closed by that handler */
  EXPECT(is_open(fd[2]) && access(names[2], F_OK) == 0);
  after = open(names[0], O_RDONLY); /* has the number that was closed, and keeps it */
  EXPECT(after == fd[0]);

  ngx_destroy_pool(pool);
  EXPECT(is_open(after) && !is_open(fd[1]) && !is_open(fd[2]) && !is_open(fd[3]));
  EXPECT(access(names[0], F_OK) == 0 && access(names[1], F_OK) == 0);
  EXPECT(access(names[2], F_OK) == -1 && errno == ENOENT && access(names[3], F_OK) == -1);
  EXPECT(close(after) == 0 && unlink(names[0]) == 0 && unlink(names[1]) == 0);
}

int main(void) {
  requests();
  boundary(NGX_DEFAULT_POOL_SIZE);
  boundary(1024);
  bodies();
  aligned();
  contents();
  without_a_pool();
  cleanups();
  files();
  puts("nginx_pool: ok");
  return 0;
}

/* leaks.c -- see leaks.h. The sites are sorted in memory straight from the system; without that they come as they are found. */
#include "profile/leaks.h"

#include "base/calls.h"
#include "profile/site_sums.h"
#include "profile/sites.h"
#include "profile/symbols.h"
#include "profile/text.h"
#include "segment/os.h"
#include <string.h>

typedef struct list_s {
  const mica_site_t** sites;
  size_t most;
  size_t n;
  size_t count; /* blocks */
  size_t bytes;
} list_t;

static bool note(mica_site_t* site, void* arg) {
  list_t* const list = arg;
  const mica_site_sums_t sums = mica_site_sums(site);
  if (sums.live_count == 0) return true;
  list->count += sums.live_count;
  list->bytes += sums.live_bytes;
  if (list->n < list->most) list->sites[list->n] = site;
  list->n++;
  return true;
}

static size_t bytes_at(const mica_site_t* site) { return mica_site_sums(site).live_bytes; }

/* Shell's sort, the largest first. */
static void sort(const mica_site_t** sites, size_t n) {
  for (size_t gap = n / 2; gap != 0; gap /= 2)
    for (size_t i = gap; i < n; i++) {
      const mica_site_t* const site = sites[i];
      size_t at = i;
      for (; at >= gap && bytes_at(sites[at - gap]) < bytes_at(site); at -= gap) sites[at] = sites[at - gap];
      sites[at] = site;
    }
}

static void put_amount(mica_text_t* text, size_t count, size_t bytes) {
  mica_text_number(text, count);
  mica_text_add(text, count == 1 ? " block, " : " blocks, ");
  mica_text_number(text, bytes);
  mica_text_add(text, " bytes");
}

static void put_site(mica_text_t* text, mica_symbols_t* symbols, const mica_site_t* site) {
  const mica_site_sums_t sums = mica_site_sums(site);
  mica_text_add(text, "mica: ");
  put_amount(text, sums.live_count, sums.live_bytes);
  mica_text_add(text, " from\n");
  for (unsigned i = 0; i < site->depth; i++) {
    mica_text_add(text, "mica:     ");
    mica_symbols_put(symbols, text, site->frame[i] - 1);
    mica_text_add(text, "\n");
    mica_text_line(text);
  }
}

static void to_stderr(const char* piece, void* arg) {
  (void)arg;
  mica_call_write(STDERR_FILENO, piece, strlen(piece));
}

void mica_leaks_print(void) {
  mica_text_t text;
  list_t list = {0};
  mica_symbols_t symbols;
  mica_sites_visit(note, &list);
  const size_t most = list.n, size = (most * sizeof *list.sites / mica_os_page() + 1) * mica_os_page();
  list = (list_t){.sites = mica_os_map(0, size, mica_os_page(), 0)};
  list.most = list.sites != NULL ? most : 0;
  mica_sites_visit(note, &list);
  const size_t n = list.n < list.most ? list.n : list.most;
  mica_text_begin(&text, to_stderr, NULL);
  mica_text_add(&text, "mica: still allocated in process ");
  mica_text_number(&text, (uint64_t)getpid());
  mica_text_add(&text, ": ");
  put_amount(&text, list.count, list.bytes);
  mica_text_add(&text, list.n == 0 ? "\n" : ", by the stack that they came from:\n");
  sort(list.sites, n);
  mica_symbols_begin(&symbols);
  for (size_t i = 0; i < n; i++) put_site(&text, &symbols, list.sites[i]);
  mica_symbols_end(&symbols);
  mica_text_end(&text);
  if (list.sites != NULL) mica_os_unmap(list.sites, size);
}

/* sample_ends.c -- samples are found, by what they have in front of them, and end (sample.h). As in sample.c, the program's
 * function, which may allocate, is called in the thread's default heap. */
#include "heap/callbacks.h"
#include "heap/sample.h"
#include "heap/sample_head.h"

void mica_sample_end(uint32_t number, const void* p) {
  const uintptr_t self = mica_callback_out();
  mica_profile_gone(number, p);
  mica_callback_in(self);
}

/* Of the block at b; NULL: it is no sample, or not one that is at p. */
static mica_sample_head_t* head_at(const mica_page_t* page, void* b, const void* p) {
  mica_sample_head_t* const head = b;
  const char* const start = (char*)b + head->before;
  if (head->before < sizeof *head || head->before >= mica_page_remote(page)->size || (p != NULL && p != start))
    return NULL;
  return mica_profile_is(head->number, start) ? head : NULL;
}

/* Of p, in a page that shared ones lie in. */
static mica_sample_head_t* head_of(const mica_page_t* page, const void* p) {
  if (!mica_classes[mica_page_class(page)].inner) return NULL;
  mica_block_t* const b = mica_page_block(page, p);
  return (const void*)b != p ? head_at(page, b, p) : NULL;
}

size_t mica_sample_usable_slow(const mica_page_t* page, const void* p) {
  if (mica_page_single(page)) return page->sample_usable != 0 ? page->sample_usable : mica_page_usable(page, p);
  const mica_sample_head_t* const head = head_of(page, p);
  return head != NULL ? head->usable : mica_page_usable(page, p);
}

void mica_sample_resized_slow(mica_page_t* page, const void* p, size_t size) {
  const mica_sample_head_t* head = mica_page_single(page) ? NULL : head_of(page, p);
  if (head != NULL) mica_profile_resized(head->number, p, size);
  if (mica_page_single(page) && page->sample != 0) mica_profile_resized(page->sample, p, size);
}

void mica_sample_end_single(mica_page_t* page) {
  const uint32_t number = page->sample;
  if (number == 0) return;
  page->sample = 0;
  mica_sample_end(number, mica_remote_first(mica_page_remote(page)));
}

void mica_sample_freed(const mica_page_t* page, void* b, const void* p) {
  const mica_sample_head_t* const head = head_at(page, b, p);
  if (head != NULL) mica_sample_end(head->number, p);
}

void mica_sample_forget(mica_page_t* page) {
  if (!mica_profile_began() || mica_profile_live() == 0) return;
  if (mica_page_single(page)) {
    mica_sample_end_single(page);
    return;
  }
  if (!mica_classes[mica_page_class(page)].inner) return;
  const mica_remote_t* const r = mica_page_remote(page);
  char* b = mica_remote_first(r);
  for (unsigned i = 0; i < page->capacity; i++, b += r->size) {
    mica_sample_head_t* const head = head_at(page, b, NULL);
    if (head != NULL) mica_sample_end(head->number, b + head->before);
  }
}

void* mica_sample_start_slow(const mica_page_t* page, void* b) {
  const unsigned class = mica_page_class(page);
  if (class >= MICA_CLASSES || !mica_classes[class].inner) return b;
  const mica_sample_head_t* const head = head_at(page, b, NULL);
  return head != NULL ? (char*)b + head->before : b;
}

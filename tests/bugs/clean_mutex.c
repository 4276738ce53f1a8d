/* clean_mutex.c -- no bug: two threads make blocks, two others change and free them; a list under a mutex hands them over. */
#include "tests/bugs/bug.h"

enum { BLOCKS = 300, MAKERS = 2 };

typedef struct item_s {
  struct item_s* next;
  size_t size;
  char text[];
} item_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static item_t* list;
static int making = MAKERS;

static void* make(void* unused) {
  for (size_t i = 0; i < BLOCKS; i++) {
    const size_t size = i * 13 % 3000;
    item_t* item = (item_t*)bug_block(sizeof *item + size);
    item->size = size;
    pthread_mutex_lock(&lock);
    item->next = list;
    list = item;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
  }
  pthread_mutex_lock(&lock);
  making--;
  pthread_cond_broadcast(&more);
  pthread_mutex_unlock(&lock);
  return unused;
}

static item_t* take(void) {
  pthread_mutex_lock(&lock);
  while (list == NULL && making != 0) pthread_cond_wait(&more, &lock);
  item_t* item = list;
  if (item != NULL) list = item->next;
  pthread_mutex_unlock(&lock);
  return item;
}

static void* use(void* unused) {
  for (item_t* item; (item = take()) != NULL; free(item)) {
    for (size_t i = 0; i < item->size; i++) BUG_CHECK(item->text[i] == 7);
    memset(item->text, 8, item->size);
  }
  return unused;
}

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  pthread_t ids[2 * MAKERS];
  for (int i = 0; i < 2 * MAKERS; i++) ids[i] = bug_start(i < MAKERS ? make : use, NULL);
  for (int i = 0; i < 2 * MAKERS; i++) bug_join(ids[i]);
  return 0;
}

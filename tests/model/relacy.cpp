/* relacy.cpp -- a situation of any model as relacy_search.cpp takes it, which says how both are compiled.
 *
 * A model is a header in the common part of C and C++. It supplies THREADS, model_t, model_setup(model_t*),
 * model_thread(model_t*, int) and model_check(model_t*), which is called when all threads are done. It finds MODEL_ASSERT,
 * MODEL_NEW, MODEL_NEW_ARRAY, MODEL_DELETE and MODEL_DELETE_ARRAY defined, and includes the product's headers itself.
 * genmc.c takes the same models. */
#include "relacy_search.h"
#include "relacy_shim.h"

#define MODEL_ASSERT(x) RL_ASSERT(x)
#define MODEL_NEW(T) (new T())
#define MODEL_NEW_ARRAY(T, n) (new T[n])
#define MODEL_DELETE(p) delete (p)
#define MODEL_DELETE_ARRAY(p) delete[](p)
#include MODEL

unsigned situation_threads() { return THREADS; }

void* situation_begin() {
  model_t* m = new model_t();
  model_setup(m);
  return m;
}

void situation_thread(void* model, int thread) { model_thread((model_t*)model, thread); }

void situation_end(void* model) {
  model_check((model_t*)model);
  delete (model_t*)model;
}

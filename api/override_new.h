/* override_new.h -- C++'s replaceable operators new and delete under their names in the object file (Itanium C++ ABI, LP64).
 *
 * How the names are read: nw = new, na = new[], dl = delete, da = delete[]; m = size_t, Pv = void*; St11align_val_t is passed
 * as a size_t, RKSt9nothrow_t as a pointer that is not read. Contracts: [new.delete] of the C++ standard, in override_new.c. */
#ifndef MICA_OVERRIDE_NEW_H
#define MICA_OVERRIDE_NEW_H
#include <stddef.h>

void* _Znwm(size_t size);
void* _Znam(size_t size);
void* _ZnwmRKSt9nothrow_t(size_t size, const void* nothrow);
void* _ZnamRKSt9nothrow_t(size_t size, const void* nothrow);
void* _ZnwmSt11align_val_t(size_t size, size_t alignment);
void* _ZnamSt11align_val_t(size_t size, size_t alignment);
void* _ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void* nothrow);
void* _ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void* nothrow);

void _ZdlPv(void* p);
void _ZdaPv(void* p);
void _ZdlPvm(void* p, size_t size);
void _ZdaPvm(void* p, size_t size);
void _ZdlPvRKSt9nothrow_t(void* p, const void* nothrow);
void _ZdaPvRKSt9nothrow_t(void* p, const void* nothrow);
void _ZdlPvSt11align_val_t(void* p, size_t alignment);
void _ZdaPvSt11align_val_t(void* p, size_t alignment);
void _ZdlPvmSt11align_val_t(void* p, size_t size, size_t alignment);
void _ZdaPvmSt11align_val_t(void* p, size_t size, size_t alignment);
void _ZdlPvSt11align_val_tRKSt9nothrow_t(void* p, size_t alignment, const void* nothrow);
void _ZdaPvSt11align_val_tRKSt9nothrow_t(void* p, size_t alignment, const void* nothrow);

#endif

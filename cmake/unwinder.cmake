# The unwinder that the profiler asks for the stack of calls (profile/stack.c): of the compiler's runtime, libgcc_eh.a, a copy of which is
# in both libraries, and is nobody else's. So libmica.so needs the C library alone; and what a program does in its own unwinder, a
# table of code made at run time for one, which allocates under a lock, is not met by a sample that is taken within.
#
# MICA_UNWINDER: whether there is one. MICA_UNWINDER_ARCHIVE: what is put into libmica.a; empty: the program's link brings it.
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_LINK_OPTIONS -static-libgcc)
check_c_source_compiles("#include <unwind.h>
static _Unwind_Reason_Code note(struct _Unwind_Context* context, void* arg) { (void)context; (void)arg; return _URC_NO_REASON; }
int main(void) { return (int)_Unwind_Backtrace(note, 0); }" MICA_UNWINDER)
unset(CMAKE_REQUIRED_LINK_OPTIONS)
set(MICA_UNWINDER_ARCHIVE)
if(MICA_UNWINDER AND (MICA_SANITIZED OR MICA_VARIANT_SANITIZER))
  # A sanitizer's functions have something to do when an exception passes, and go on with it by the unwinder that they find: it
  # must be the one that threw.
elseif(MICA_UNWINDER)
  set(target)
  if(CMAKE_C_COMPILER_TARGET)
    set(target --target=${CMAKE_C_COMPILER_TARGET})
  endif()
  execute_process(COMMAND ${CMAKE_C_COMPILER} ${target} -print-file-name=libgcc_eh.a
    OUTPUT_VARIABLE archive OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(IS_ABSOLUTE "${archive}" AND EXISTS "${archive}")
    set(MICA_UNWINDER_ARCHIVE ${archive})
  endif()
else() # musl with glibc's compiler
  message(STATUS "mica: no unwinder: profiles are without stacks of calls")
  list(APPEND MICA_PRODUCT_DEFINITIONS MICA_NO_UNWINDER)
endif()

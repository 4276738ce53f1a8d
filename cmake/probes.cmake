# The probes (observe/probe.h): of <sys/sdt.h> inner macros are exchanged (observe/probe_sdt.h), so that one that is made
# otherwise does not compile. Then there are none, as where it is missing.
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_INCLUDES ${PROJECT_SOURCE_DIR})
check_c_source_compiles("#include \"observe/probe.h\"
static __attribute__((noinline)) void call(long a) { __asm__ volatile(\"\" : : \"r\"(a)); }
int main(int argc, char** argv) {
  const long a = argc;
  MICA_PROBE(none);
  MICA_PROBE1(one, a);
  MICA_PROBE2(two, a, argv);
  MICA_PROBE3(three, a, argv, a);
  MICA_PROBE4(four, a, argv, a, a);
  MICA_PROBE_CALL1(call_one, a);
  call(a);
  MICA_PROBE_CALL2(call_two, a, argv);
  call(a);
  MICA_PROBE_CALL3(call_three, a, argv, a);
  call(a);
  return 0;
}" MICA_PROBES)
unset(CMAKE_REQUIRED_INCLUDES)
if(NOT MICA_PROBES)
  message(STATUS "mica: <sys/sdt.h> is not as it was known: there are no probes")
  list(APPEND MICA_PRODUCT_DEFINITIONS MICA_NO_PROBES)
endif()

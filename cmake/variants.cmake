# What the compiler is told: the warnings, the same for all code here, and what makes a variant. A variant's options come behind
# CMAKE_C_FLAGS and those of CMAKE_BUILD_TYPE, so its level of optimization holds: the counted paths (tests/golden) depend on it.
#
# A sanitizer's variant is built with gcc and with clang (build.sh gives each a folder), from the release's code, with a report
# ending the process. AddressSanitizer and ThreadSanitizer own malloc: there the C functions that mica defines have other
# names, in the library and in the tests alike (MICA_RENAMED); operators new and delete are mica's everywhere.

# A parent's own -Werror, or CMAKE_COMPILE_WARNING_AS_ERROR, is not for mica's files: MICA_WERROR decides.
set(MICA_ERRORS -Wno-error)
if(MICA_WERROR)
  set(MICA_ERRORS -Werror)
endif()
set(MICA_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes ${MICA_ERRORS})
set(MICA_CXX_WARNINGS -Wall -Wextra -Wshadow ${MICA_ERRORS})
set(MICA_VARIANTS release debug secure valgrind tsan asan ubsan)
set(MICA_VARIANT_DEFINITIONS)
set(MICA_VARIANT_SANITIZER)
set(MICA_LIBRARY_NAME mica)
# For the product only: a test's assert() stays, whatever CMAKE_BUILD_TYPE says.
set(MICA_PRODUCT_DEFINITIONS NDEBUG)

if(MICA_VARIANT STREQUAL "release")
  set(MICA_VARIANT_OPTIONS -O3)
elseif(MICA_VARIANT STREQUAL "debug")
  set(MICA_VARIANT_OPTIONS -O1 -g -UNDEBUG)
  set(MICA_VARIANT_DEFINITIONS MICA_DEBUG)
  set(MICA_PRODUCT_DEFINITIONS)
elseif(MICA_VARIANT STREQUAL "secure")
  set(MICA_VARIANT_OPTIONS -O3)
  set(MICA_VARIANT_DEFINITIONS MICA_SECURE)
elseif(MICA_VARIANT STREQUAL "valgrind")
  set(MICA_VARIANT_OPTIONS -O2 -g0) # a checker would show what was put in line as calls
  set(MICA_VARIANT_DEFINITIONS MICA_TRACK_VALGRIND)
  set(MICA_LIBRARY_NAME mica-valgrind)
elseif(MICA_VARIANT STREQUAL "tsan")
  set(MICA_VARIANT_SANITIZER -fsanitize=thread)
elseif(MICA_VARIANT STREQUAL "asan")
  set(MICA_VARIANT_SANITIZER -fsanitize=address)
  set(MICA_VARIANT_DEFINITIONS MICA_TRACK_ASAN)
elseif(MICA_VARIANT STREQUAL "ubsan")
  set(MICA_VARIANT_SANITIZER -fsanitize=undefined -fno-sanitize-recover=all)
else()
  list(JOIN MICA_VARIANTS " " variants)
  message(FATAL_ERROR "MICA_VARIANT is '${MICA_VARIANT}': there are ${variants}")
endif()

# A parent's AddressSanitizer (options.cmake) is shown the blocks, too.
if(MICA_SANITIZED MATCHES "[=,]address" AND NOT MICA_VARIANT_DEFINITIONS MATCHES MICA_TRACK)
  list(APPEND MICA_VARIANT_DEFINITIONS MICA_TRACK_ASAN)
endif()

if(MICA_VARIANT_SANITIZER)
  set(MICA_VARIANT_OPTIONS -O2 -g -fno-omit-frame-pointer ${MICA_VARIANT_SANITIZER})
endif()

# The names that tests/house/exports.txt lists, but for C++'s operators, get others: by a header that every C file begins with.
# It includes mica.h itself, where malloc is the name of an attribute, too.
set(MICA_RENAMED)
if(MICA_VARIANT MATCHES "^(tsan|asan)$")
  file(STRINGS ${PROJECT_SOURCE_DIR}/tests/house/exports.txt names REGEX "^[a-z_]")
  list(FILTER names EXCLUDE REGEX "^(_Z|dl)") # C++'s; the loader's, which are in no test
  list(TRANSFORM names REPLACE "(.+)" "#define \\1 renamed_\\1\n")
  list(JOIN names "" names)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/renamed.h CONTENT "#include <mica.h>\n${names}" @ONLY)
  set(MICA_RENAMED "-include ${PROJECT_BINARY_DIR}/renamed.h")
endif()

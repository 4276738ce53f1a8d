# What the compiler is told: the warnings, the same for all code here, and what makes a variant.

set(MICA_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Werror)

if(MICA_VARIANT STREQUAL "release")
  set(MICA_VARIANT_OPTIONS -O3)
  set(MICA_VARIANT_DEFINITIONS)
  # For the product only: a test's assert() stays.
  set(MICA_PRODUCT_DEFINITIONS NDEBUG)
elseif(MICA_VARIANT STREQUAL "debug")
  set(MICA_VARIANT_OPTIONS -O1 -g)
  set(MICA_VARIANT_DEFINITIONS MICA_DEBUG)
  set(MICA_PRODUCT_DEFINITIONS)
else()
  message(FATAL_ERROR "MICA_VARIANT is '${MICA_VARIANT}': there are release and debug")
endif()

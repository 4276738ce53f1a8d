# The sources of the library, by rooms, and what single files need of the compiler.
set(MICA_ROOMS base observe block page segment profile heap stats pool api)
# Left out if MICA_OVERRIDE is off: malloc's family and C++'s operators.
set(MICA_OVERRIDE_FILES "/api/override_[^/]+\\.c$")
# Through which a new-handler's exception passes.
set(MICA_THROWING_FILES "/api/(new_handler|cxx|mi_new)\\.c$")
# In the shared library only.
set(MICA_SHARED_FILES "/api/override_dlopen\\.c$")
# glibc's extras, whose structures its headers define, and its RTLD_DEEPBIND: for another C library there are none.
set(MICA_GLIBC_FILES "/((override|test|test_conformance)_glibc|override_dlopen)\\.c$")
include(CheckSymbolExists)
check_symbol_exists(__GLIBC__ features.h MICA_GLIBC)
# Nobody calls them unless blocks are shown to a checker.
set(MICA_TRACK_FILES "/(tracked|own_data)\\.c$")

set(globs ${MICA_ROOMS} heap/first_class)
list(TRANSFORM globs REPLACE "(.+)" "\\1/*.c;\\1/*.cc")
file(GLOB MICA_SOURCES CONFIGURE_DEPENDS ${globs})
if(NOT MICA_VARIANT_DEFINITIONS MATCHES MICA_TRACK)
  list(FILTER MICA_SOURCES EXCLUDE REGEX ${MICA_TRACK_FILES})
endif()
if(NOT MICA_GLIBC)
  list(FILTER MICA_SOURCES EXCLUDE REGEX ${MICA_GLIBC_FILES})
endif()
if(NOT MICA_OVERRIDE)
  list(FILTER MICA_SOURCES EXCLUDE REGEX ${MICA_OVERRIDE_FILES})
endif()

set(MICA_SHARED_SOURCES ${MICA_SOURCES})
list(FILTER MICA_SHARED_SOURCES INCLUDE REGEX ${MICA_SHARED_FILES})
list(FILTER MICA_SOURCES EXCLUDE REGEX ${MICA_SHARED_FILES})
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(ppc|powerpc)") # no jump leads to another library there
  set(MICA_SHARED_SOURCES)
endif()

foreach(source ${MICA_SOURCES} ${MICA_SHARED_SOURCES})
  set(options)
  if(source MATCHES ${MICA_OVERRIDE_FILES})
    list(APPEND options -fno-builtin -fexceptions -fno-plt) # what is called by name is called without a stub
    if(source MATCHES ${MICA_SHARED_FILES}) # what ends in a call ends in a jump
      list(APPEND options -foptimize-sibling-calls)
    endif()
  elseif(source MATCHES ${MICA_THROWING_FILES})
    list(APPEND options -fexceptions)
  elseif(source MATCHES "/cxx_try\\.cc$") # a sanitizer would need its C++ part in every program for this
    list(APPEND options -fexceptions -fno-sanitize=all)
  endif()
  set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${options}")
endforeach()

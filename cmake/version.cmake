# The version stands in project(VERSION). What else says it is checked here; what follows from it is derived here.
#
# Semantic versions: from 1.0 on, a program built against major.x runs on every later major.y; before that, only the patch level
# promises so much. MICA_SOVERSION, the number in the library's SONAME, is the part that must be equal: libmica.so.0.1, later
# libmica.so.1. MICA_COMPATIBLE is the same rule for find_package(mica VERSION).
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(MICA_SOVERSION 0.${PROJECT_VERSION_MINOR})
  set(MICA_COMPATIBLE SameMinorVersion)
else()
  set(MICA_SOVERSION ${PROJECT_VERSION_MAJOR})
  set(MICA_COMPATIBLE SameMajorVersion)
endif()

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS include/mica/base.h)
file(STRINGS include/mica/base.h version_lines REGEX "^#define MICA_VERSION_")
set(version_wanted
  "#define MICA_VERSION_MAJOR ${PROJECT_VERSION_MAJOR}"
  "#define MICA_VERSION_MINOR ${PROJECT_VERSION_MINOR}"
  "#define MICA_VERSION_PATCH ${PROJECT_VERSION_PATCH}"
  "#define MICA_VERSION_STRING \"${PROJECT_VERSION}\"")
if(NOT version_lines STREQUAL version_wanted)
  list(JOIN version_wanted "\n  " version_wanted)
  message(FATAL_ERROR "CMakeLists.txt says version ${PROJECT_VERSION}; include/mica/base.h has to say\n  ${version_wanted}")
endif()

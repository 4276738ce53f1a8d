# What can be chosen: `cmake -LH` shows each with its text. Read first.
#
# In a project of its own mica builds its tests and is installed; as a part of another one (add_subdirectory, FetchContent) it
# does neither unless asked. A parent may set an option as a plain variable before it adds mica.
set(MICA_TOP_LEVEL OFF)
if(CMAKE_SOURCE_DIR STREQUAL PROJECT_SOURCE_DIR)
  set(MICA_TOP_LEVEL ON)
endif()

# mica_choice NAME DEFAULT HELP VALUE...: an option with more than two values. The parent's variable comes first, in CMake
# before 3.21, too, where set(CACHE) would remove it. Another value ends the configuration; where ON and OFF are two of them,
# CMake's other words for these become ON and OFF.
function(mica_choice name default help)
  if(NOT DEFINED ${name} OR DEFINED CACHE{${name}})
    set(${name} "${default}" CACHE STRING "${help}")
    set_property(CACHE ${name} PROPERTY STRINGS ${default} ${ARGN})
  endif()
  string(TOUPPER "${${name}}" word)
  if(word MATCHES "^(ON|1|Y|YES|TRUE)$")
    set(word ON)
  elseif(word MATCHES "^(OFF|0|N|NO|FALSE)$")
    set(word OFF)
  endif()
  if(word IN_LIST ARGN)
    set(${name} "${word}" PARENT_SCOPE)
  elseif(NOT "${${name}}" STREQUAL default AND NOT "${${name}}" IN_LIST ARGN)
    list(JOIN ARGN ", " values)
    message(FATAL_ERROR "mica: ${name} is '${${name}}': it may be ${values}")
  endif()
endfunction()

mica_choice(MICA_VARIANT ""
  "Which library: release; debug (asserts every invariant); secure (misuse ends the program); valgrind (tells valgrind of each block); for mica's own tests tsan, asan, ubsan. Empty: debug if CMAKE_BUILD_TYPE is Debug, else release"
  release debug secure valgrind tsan asan ubsan)
option(MICA_BUILD_SHARED "Build libmica.so" ON)
option(MICA_BUILD_STATIC "Build libmica.a" ON)
option(MICA_OVERRIDE
  "Replace malloc's family and C++'s operators new and delete. OFF: the libraries define the mi_ and mica_ functions alone, and a block of mi_malloc must go back by mi_free" ON)
option(MICA_DLOPEN
  "Reach thread-local variables by a call, as musl's dlopen demands: slower. Of no use to a library that is linked or preloaded, nor with glibc" OFF)
option(MICA_TESTS "Build the tests, which ctest runs" ${MICA_TOP_LEVEL})
mica_choice(MICA_TESTS_CRITERION AUTO
  "Link the unit tests with Criterion (libcriterion-dev). OFF: with tests/runner; AUTO: whichever is there" AUTO ON OFF)
set(tool OFF)
if(MICA_TOP_LEVEL AND NOT MICA_VARIANT MATCHES "^(tsan|asan|ubsan)$")
  set(tool AUTO)
endif()
mica_choice(MICA_TOOL ${tool}
  "Build the command mica, which runs programs on mica and looks into them. AUTO: where libelf, ncurses and zlib are there (libelf-dev libncurses-dev zlib1g-dev)" AUTO ON OFF)
option(MICA_BENCH "Build the measuring programs" OFF)
option(MICA_INSTALL "Have install rules and, in a project of its own, Debian packages" ${MICA_TOP_LEVEL})
option(MICA_AS_MIMALLOC "Install a libmimalloc.so.3, too, that leads to libmica.so" OFF)
option(MICA_WERROR "A compiler's warning is an error" OFF)

if(NOT MICA_BUILD_SHARED AND NOT MICA_BUILD_STATIC)
  message(FATAL_ERROR "mica: MICA_BUILD_SHARED and MICA_BUILD_STATIC are both OFF; one of them must be ON")
endif()
if(MICA_VARIANT STREQUAL "")
  set(MICA_VARIANT release)
  string(TOLOWER "${CMAKE_BUILD_TYPE}" build_type)
  if(build_type STREQUAL "debug")
    set(MICA_VARIANT debug)
  endif()
endif()

# The sanitizers that the compiler's flags turn on, those of a parent's add_compile_options included. Some own malloc, so mica
# cannot: there are two owners of one name, and the program would die before main. Its mi_ functions go with all of them; they
# are checked like the rest of the program. (A sanitizer that is given to single targets, or after mica was added, is not seen.)
get_directory_property(flags COMPILE_OPTIONS)
get_directory_property(link_flags LINK_OPTIONS)
list(APPEND flags ${link_flags} "${CMAKE_C_FLAGS}" "${CMAKE_CXX_FLAGS}" "${CMAKE_EXE_LINKER_FLAGS}" "${CMAKE_SHARED_LINKER_FLAGS}")
foreach(config ${CMAKE_BUILD_TYPE} ${CMAKE_CONFIGURATION_TYPES})
  string(TOUPPER ${config} config)
  list(APPEND flags "${CMAKE_C_FLAGS_${config}}" "${CMAKE_CXX_FLAGS_${config}}" "${CMAKE_EXE_LINKER_FLAGS_${config}}")
endforeach()
string(REGEX MATCHALL "-fsanitize=[a-z,-]+" MICA_SANITIZED "${flags}")
list(REMOVE_DUPLICATES MICA_SANITIZED)
if(MICA_OVERRIDE AND MICA_SANITIZED MATCHES "[=,](address|thread|memory|hwaddress|leak)")
  message(WARNING "mica: ${MICA_SANITIZED} has a malloc of its own, which cannot be combined with mica's. MICA_OVERRIDE is OFF "
    "in this build: malloc, new and delete are the sanitizer's, the mi_ functions are mica's, and a block of mi_malloc must go "
    "back by mi_free. (-DMICA_OVERRIDE=OFF says so and ends this warning.)")
  set(MICA_OVERRIDE OFF)
endif()

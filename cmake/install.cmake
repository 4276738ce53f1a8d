# What is installed: the public headers, both libraries, the man page, mica.pc, and the package that find_package(mica) reads.
# Everything is found relative to its own place, so the tree may be moved. Components: runtime, what a program needs to run, and
# development, what it needs to be built (packages.cmake makes a Debian package of each); manual, the man page.
#
# The component as-mimalloc is installed by its name (build.sh install --as-mimalloc), or with all else where MICA_AS_MIMALLOC
# is on. Its libmimalloc.so.3 is an empty library with that SONAME which tells the dynamic linker to put libmica.so in its
# place (a filter): programs that were linked with mimalloc 3 run on mica, and whichever names a process asks for, it gets one
# allocator. A link would not do: ldconfig goes by the SONAME. libmimalloc.so, which the linker finds, is a link to libmica.so.
# 2.x's name is not offered: some of its types were others.
include(CMakePackageConfigHelpers)

set(MICA_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/mica)
foreach(at PREFIX FULL_INCLUDEDIR FULL_LIBDIR) # some folders may be absolute ones, outside of the prefix
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_${at} BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
    OUTPUT_VARIABLE MICA_PC_${at})
endforeach()
configure_file(mica.pc.in mica.pc @ONLY)

configure_package_config_file(cmake/mica-config.cmake.in mica-config.cmake INSTALL_DESTINATION ${MICA_CMAKE_DIR})
write_basic_package_version_file(mica-config-version.cmake COMPATIBILITY ${MICA_COMPATIBLE})

install(TARGETS mica mica_static EXPORT mica-targets
  RUNTIME COMPONENT runtime
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
  ARCHIVE COMPONENT development)
# include/ holds public headers only. The classic pools' are found by -I<includedir>/mica/classic.
install(DIRECTORY include/ TYPE INCLUDE COMPONENT development FILES_MATCHING PATTERN "*.h")
install(FILES doc/mica.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3 COMPONENT manual)
install(FILES ${PROJECT_BINARY_DIR}/mica.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
install(EXPORT mica-targets NAMESPACE mica:: DESTINATION ${MICA_CMAKE_DIR} COMPONENT development)
install(FILES ${PROJECT_BINARY_DIR}/mica-config.cmake ${PROJECT_BINARY_DIR}/mica-config-version.cmake
  DESTINATION ${MICA_CMAKE_DIR} COMPONENT development)

set(MICA_ALIAS_DIR ${PROJECT_BINARY_DIR}/mimalloc-name)
file(WRITE ${MICA_ALIAS_DIR}/empty.c "")
add_library(as_mimalloc SHARED ${MICA_ALIAS_DIR}/empty.c)
set_target_properties(as_mimalloc PROPERTIES OUTPUT_NAME mimalloc SOVERSION 3 INSTALL_RPATH $ORIGIN
  LIBRARY_OUTPUT_DIRECTORY ${MICA_ALIAS_DIR})
target_link_options(as_mimalloc PRIVATE -nostdlib LINKER:--filter=lib${MICA_LIBRARY_NAME}.so.${MICA_SOVERSION})
add_dependencies(libmica as_mimalloc)
file(MAKE_DIRECTORY ${MICA_ALIAS_DIR}/link)
file(CREATE_LINK lib${MICA_LIBRARY_NAME}.so ${MICA_ALIAS_DIR}/link/libmimalloc.so SYMBOLIC)
set(unless_wanted EXCLUDE_FROM_ALL)
if(MICA_AS_MIMALLOC)
  set(unless_wanted)
endif()
install(TARGETS as_mimalloc LIBRARY COMPONENT as-mimalloc NAMELINK_SKIP ${unless_wanted})
install(FILES ${MICA_ALIAS_DIR}/link/libmimalloc.so TYPE LIB COMPONENT as-mimalloc ${unless_wanted})

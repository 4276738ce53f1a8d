# What is installed: the public headers, the libraries, the man page, mica.pc, and the package that find_package(mica) reads.
# Everything is found relative to its own place, so the tree may be moved. Components: runtime, what a program needs to run, and
# development, what it needs to be built; tools, the command mica (packages.cmake makes a Debian package of each; what belongs to
# tools is installed by tool/CMakeLists.txt); manual, the man pages.
#
# The component as-mimalloc is installed by its name (build.sh install --as-mimalloc), or with all else where MICA_AS_MIMALLOC
# is on. Its libmimalloc.so.3 is an empty library with that SONAME which tells the dynamic linker to put libmica.so in its
# place (a filter): programs that were linked with mimalloc 3 run on mica, and whichever names a process asks for, it gets one
# allocator. A link would not do: ldconfig goes by the SONAME. libmimalloc.so, which the linker finds, is a link to libmica.so.
# 2.x's name is not offered: some of its types were others.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(MICA_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/mica)
get_filename_component(MICA_FULL_PREFIX ${CMAKE_INSTALL_PREFIX} ABSOLUTE)
set(MICA_PC_FROM ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH MICA_PC_PREFIX ${MICA_PC_FROM} ${MICA_FULL_PREFIX}) # some folders may be absolute ones, outside of it
file(RELATIVE_PATH MICA_PC_INCLUDEDIR ${MICA_PC_FROM} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
file(RELATIVE_PATH MICA_PC_LIBDIR ${MICA_PC_FROM} ${CMAKE_INSTALL_FULL_LIBDIR})
set(MICA_PC_PRIVATE "-pthread")
set(MICA_PC_LIBS "-l${MICA_LIBRARY_NAME}")
if(MICA_OVERRIDE) # wherever they stand in the command, and whether the program itself calls malloc or not
  set(MICA_PC_PRIVATE "-Wl,--undefined=mi_malloc -pthread")
  set(MICA_PC_LIBS "-Wl,--push-state,--no-as-needed -l${MICA_LIBRARY_NAME} -Wl,--pop-state")
endif()
if(NOT MICA_BUILD_SHARED) # whoever links, links libmica.a
  string(APPEND MICA_PC_LIBS " ${MICA_PC_PRIVATE}")
endif()
configure_file(mica.pc.in mica.pc @ONLY)

configure_package_config_file(cmake/mica-config.cmake.in mica-config.cmake INSTALL_DESTINATION ${MICA_CMAKE_DIR})
write_basic_package_version_file(mica-config-version.cmake COMPATIBILITY ${MICA_COMPATIBLE})

target_include_directories(mica INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_include_directories(mica_static INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(TARGETS ${MICA_LIBRARIES} EXPORT mica-targets
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

if(NOT MICA_BUILD_SHARED OR NOT MICA_OVERRIDE)
  if(MICA_AS_MIMALLOC)
    message(WARNING "mica: MICA_AS_MIMALLOC has no effect: there is a libmimalloc.so.3 only where MICA_BUILD_SHARED and MICA_OVERRIDE are ON")
  endif()
  return()
endif()
set(MICA_ALIAS_DIR ${PROJECT_BINARY_DIR}/mimalloc-name)
file(WRITE ${MICA_ALIAS_DIR}/empty.c "")
add_library(mica_as_mimalloc SHARED ${MICA_ALIAS_DIR}/empty.c)
set_target_properties(mica_as_mimalloc PROPERTIES OUTPUT_NAME mimalloc SOVERSION 3 INSTALL_RPATH $ORIGIN
  LIBRARY_OUTPUT_DIRECTORY ${MICA_ALIAS_DIR} ${MICA_TARGET})
target_compile_options(mica_as_mimalloc PRIVATE ${MICA_ERRORS} -fno-lto)
target_link_options(mica_as_mimalloc PRIVATE -nostdlib LINKER:--filter=lib${MICA_LIBRARY_NAME}.so.${MICA_SOVERSION})
add_dependencies(libmica mica_as_mimalloc)
file(MAKE_DIRECTORY ${MICA_ALIAS_DIR}/link)
file(CREATE_LINK lib${MICA_LIBRARY_NAME}.so ${MICA_ALIAS_DIR}/link/libmimalloc.so SYMBOLIC)
set(unless_wanted EXCLUDE_FROM_ALL)
if(MICA_AS_MIMALLOC)
  set(unless_wanted)
endif()
install(TARGETS mica_as_mimalloc LIBRARY COMPONENT as-mimalloc NAMELINK_SKIP ${unless_wanted})
install(FILES ${MICA_ALIAS_DIR}/link/libmimalloc.so TYPE LIB COMPONENT as-mimalloc ${unless_wanted})

# What is installed: the public headers, both libraries, mica.pc, and the package that find_package(mica) reads.
# Everything is found relative to its own place, so the tree may be moved.
include(CMakePackageConfigHelpers)

set(MICA_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/mica)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE MICA_PC_LIBDIR)
string(REGEX REPLACE "[^/]+" ".." MICA_PC_UP "${MICA_PC_LIBDIR}/pkgconfig")
configure_file(mica.pc.in mica.pc @ONLY)

configure_package_config_file(cmake/mica-config.cmake.in mica-config.cmake INSTALL_DESTINATION ${MICA_CMAKE_DIR})
write_basic_package_version_file(mica-config-version.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS mica mica_static EXPORT mica-targets)
install(FILES include/mica.h include/mimalloc.h TYPE INCLUDE)
set(MICA_PUBLIC arenas base blocks heaps hooks options stats)
list(TRANSFORM MICA_PUBLIC REPLACE "(.+)" "include/mica/\\1.h")
install(FILES ${MICA_PUBLIC} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/mica)
install(FILES ${PROJECT_BINARY_DIR}/mica.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(EXPORT mica-targets NAMESPACE mica:: DESTINATION ${MICA_CMAKE_DIR})
install(FILES ${PROJECT_BINARY_DIR}/mica-config.cmake ${PROJECT_BINARY_DIR}/mica-config-version.cmake
  DESTINATION ${MICA_CMAKE_DIR})

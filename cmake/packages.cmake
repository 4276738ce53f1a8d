# The Debian packages that `cpack` makes in a build with prefix /usr: libmica<SOVERSION>, what a program needs to run, and
# libmica-dev, what it needs to be built: the Debian way for a library, so that two SONAMEs can be installed at a time; and
# libmica-tools, the command mica, where that is built. Where the build has debug information (RelWithDebInfo), it goes to
# libmica<SOVERSION>-dbgsym and libmica-tools-dbgsym.
#
# libmica.symbols.in says since which version each symbol is there, so that a packaged program asks for the version that it
# needs. A symbol is added to it by hand, with the version that brings it; tests/house/check_deb.sh tells which are missing.
set(MICA_MAINTAINER "the mica authors <mica@localhost>" CACHE STRING "Who answers for the Debian packages")
set(runtime libmica${MICA_SOVERSION})
set(development libmica-dev)
set(tools libmica-tools)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mica)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_COMPONENTS_ALL runtime development)
if(MICA_TOOL_IS_BUILT)
  list(APPEND CPACK_COMPONENTS_ALL tools)
endif()
set(debug_information OFF)
if(CMAKE_BUILD_TYPE MATCHES "Deb")
  set(debug_information ON)
endif()
set(CPACK_STRIP_FILES OFF)
if(NOT debug_information)
  set(CPACK_STRIP_FILES ON)
endif()
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${MICA_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "malloc replacement without locks")

set(about "mica replaces malloc and its family, and the C++ operators new and delete.
No call waits for another thread, and memory that is freed goes back to the
system in the call that frees it.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${runtime})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "${about}")
set(CPACK_DEBIAN_RUNTIME_DEBUGINFO_PACKAGE ${debug_information})
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME ${development})
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${runtime} (= ${PROJECT_VERSION}-1), libc6-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "pkgconf, cmake")
# Both have a mimalloc.h.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_CONFLICTS libmimalloc-dev)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "${about}
.
This package has what is needed to build programs with it.")

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME ${tools})
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "${runtime} (= ${PROJECT_VERSION}-1)")
set(CPACK_DEBIAN_TOOLS_PACKAGE_RECOMMENDS "python3, binutils")
set(CPACK_DEBIAN_TOOLS_PACKAGE_SUGGESTS "python3-protobuf")
set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TOOLS_DEBUGINFO_PACKAGE ${debug_information})
set(CPACK_DEBIAN_TOOLS_DESCRIPTION "${about}
.
This package has the command mica, which runs programs on it and shows what a
process or a core file has in its memory.")

# Only in the packages: what Debian's policy asks for on top. The dependency of programs that are packaged, ldconfig, and no
# debug information in libmica.a.
set(control ${PROJECT_BINARY_DIR}/control)
file(WRITE ${control}/shlibs "libmica ${MICA_SOVERSION} ${runtime} (>= ${PROJECT_VERSION})\n")
file(WRITE ${control}/triggers "activate-noawait ldconfig\n")
configure_file(cmake/libmica.symbols.in ${control}/symbols @ONLY)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${control}/shlibs ${control}/symbols ${control}/triggers)
if(MICA_TOOL_IS_BUILT) # gdb loads it with the library
  install(FILES tool/gdb/mica_gdb.py RENAME lib${MICA_LIBRARY_NAME}.so.${PROJECT_VERSION}-gdb.py
    DESTINATION ${CMAKE_INSTALL_DATADIR}/gdb/auto-load${CMAKE_INSTALL_FULL_LIBDIR} COMPONENT tools EXCLUDE_FROM_ALL)
endif()
if(debug_information)
  set(archive "\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/lib${MICA_LIBRARY_NAME}.a")
  install(CODE "execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-debug \"${archive}\")"
    COMPONENT development EXCLUDE_FROM_ALL)
endif()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
foreach(component ${CPACK_COMPONENTS_ALL})
  install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${${component}}
    COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()
# Manual pages are compressed there.
find_program(MICA_GZIP gzip)
if(MICA_GZIP)
  foreach(section 3 1)
    execute_process(COMMAND ${MICA_GZIP} -9nc INPUT_FILE ${PROJECT_SOURCE_DIR}/doc/mica.${section}
      OUTPUT_FILE ${PROJECT_BINARY_DIR}/mica.${section}.gz)
  endforeach()
  install(FILES ${PROJECT_BINARY_DIR}/mica.3.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man3
    COMPONENT development EXCLUDE_FROM_ALL)
  install(FILES ${PROJECT_BINARY_DIR}/mica.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
    COMPONENT tools EXCLUDE_FROM_ALL)
endif()
include(CPack)

# map.cmake -- the library mica_map: what writes a map of `mica map`, with the page that is built in; for the program, and for
# tests/tool/map_synthetic.c. It takes its files out of MICA_TOOL_FILES.
set(files tool/map_snapshot.c tool/map_write.c tool/map_earlier.c tool/open.c)
list(REMOVE_ITEM MICA_TOOL_FILES ${files})
list(TRANSFORM files PREPEND ${PROJECT_SOURCE_DIR}/)
set(page ${CMAKE_CURRENT_BINARY_DIR}/map_html.c)
file(GLOB parts CONFIGURE_DEPENDS map*.css map*.js)
add_custom_command(OUTPUT ${page}
  COMMAND ${CMAKE_COMMAND} -DFROM=${CMAKE_CURRENT_SOURCE_DIR}/map.html -DTO=${page} -P ${CMAKE_CURRENT_SOURCE_DIR}/map_embed.cmake
  DEPENDS map.html map_embed.cmake ${parts} VERBATIM)
add_library(mica_map STATIC ${files} ${page})
mica_tool_target(mica_map)
target_link_libraries(mica_map PUBLIC mica_reader z)

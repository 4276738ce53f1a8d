# map_embed.cmake -- makes the page of `mica map` from its parts, and that a C source: cmake -DFROM=map.html -DTO=map_page.c -P.
#
# A line @include FILE@ of FROM becomes FILE. mica_map_page in TO is all of it, with a zero at its end.
get_filename_component(folder ${FROM} DIRECTORY)
file(READ ${FROM} page)
string(REGEX MATCHALL "@include [a-z_.]+@" wanted "${page}")
foreach(line ${wanted})
  string(REGEX REPLACE "@include ([a-z_.]+)@" "\\1" part ${line})
  file(READ ${folder}/${part} text)
  string(REPLACE "${line}" "${text}" page "${page}")
endforeach()
file(WRITE ${TO}.html "${page}")
file(READ ${TO}.html bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${TO} "/* map_html.c -- made by tool/map_embed.cmake. */\n#include \"tool/map_write.h\"\n\nconst unsigned char mica_map_page[] = {\n${bytes}0};\n")

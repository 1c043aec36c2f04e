# cmake -DFROM=DIRECTORY -DTO=FILE.cpp [-DNAMESPACE=NAME] -P embed.cmake: a C++ source with every file of the directory (src/files.hpp says in
# what form).
if(NOT NAMESPACE)
  set(NAMESPACE "conclave::dashboard")
endif()
file(GLOB names RELATIVE "${FROM}" "${FROM}/*")
list(SORT names)
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")
set(items "")
foreach(name IN LISTS names)
  string(REGEX REPLACE "^.*\\." "" kind "${name}")
  if(NOT DEFINED type_${kind})
    message(FATAL_ERROR "${name}: there is no content type for .${kind}")
  endif()
  file(READ "${FROM}/${name}" text)
  string(APPEND items "    {\"${name}\", \"${type_${kind}}\", R\"embedded(${text})embedded\"},\n")
endforeach()
list(LENGTH names count)
file(WRITE "${TO}" "#include \"files.hpp\"\n
#include <array>\n
namespace ${NAMESPACE} {
namespace {\n
constexpr std::array<File, ${count}> all = {{
${items}}};\n
}  // namespace\n
std::span<const File> files() { return all; }\n
}  // namespace ${NAMESPACE}\n")

# perennial_library(NAME SOURCES ... [LINK ...]): a static library of one runtime folder.
function(perennial_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(perennial_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(perennial_${name} PUBLIC perennial_flags ${ARG_LINK})
endfunction()

# perennial_add_connector(NAME SOURCES ... [LINK ...]): a loadable connector with one visible symbol, its manifest and
# mappings and currency profiles beside it, and an object library `connector_NAME` of everything but plugin.cpp, so that tests link the same code.
function(perennial_add_connector name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  set(out "${PERENNIAL_PLUGIN_DIRECTORY}/${name}")

  add_library(connector_${name} STATIC ${ARG_SOURCES})
  set_target_properties(connector_${name} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(connector_${name} PUBLIC perennial_flags perennial_plugin_api ${ARG_LINK})

  add_library(plugin_${name} MODULE plugin.cpp)
  set_target_properties(plugin_${name} PROPERTIES
    PREFIX "" OUTPUT_NAME "${name}" LIBRARY_OUTPUT_DIRECTORY "${out}"
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(plugin_${name} PRIVATE connector_${name})
  target_link_options(plugin_${name} PRIVATE
    "LINKER:--version-script=${CMAKE_SOURCE_DIR}/plugin_api/abi/plugin.map" "LINKER:--exclude-libs,ALL")
  set_target_properties(plugin_${name} PROPERTIES LINK_DEPENDS "${CMAKE_SOURCE_DIR}/plugin_api/abi/plugin.map")

  file(GLOB data CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}"
    connector.json config.schema.json mappings/*.jq currencies/*.json)
  foreach(file IN LISTS data)
    add_custom_command(OUTPUT "${out}/${file}"
      COMMAND ${CMAKE_COMMAND} -E copy_if_different "${CMAKE_CURRENT_SOURCE_DIR}/${file}" "${out}/${file}"
      DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    list(APPEND copies "${out}/${file}")
  endforeach()
  add_custom_target(plugin_${name}_data ALL DEPENDS ${copies})
  add_dependencies(plugin_${name} plugin_${name}_data)
endfunction()

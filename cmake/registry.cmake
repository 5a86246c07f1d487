# sluice_registry(TARGET FOLDER TYPE HEADER): a folder of one-check files → an explicit table, made when configuring.
#
# Every FOLDER/<stem>.cpp must define `extern const TYPE k_<stem>;` (dashes in the stem become underscores). Generates
# "registry/<leaf>.inc" with a declaration line and a table row for each, to be included by the one file that owns the
# table. No static initialiser registers anything; a file without its definition is a link error.
function(sluice_registry target folder type)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.cpp)
  list(SORT files)
  get_filename_component(leaf ${folder} NAME)
  set(declarations "")
  set(rows "")
  foreach(file ${files})
    get_filename_component(stem ${file} NAME_WE)
    string(REPLACE "-" "_" id ${stem})
    string(APPEND declarations "extern const ${type} k_${id};\n")
    string(APPEND rows "&k_${id},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/registry/${leaf}_declarations.inc CONTENT "${declarations}" @ONLY)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/registry/${leaf}_rows.inc CONTENT "${rows}" @ONLY)
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated)
endfunction()

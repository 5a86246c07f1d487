# The tree-sitter core and the grammars, from the npm packages of package-lock.json, as static libraries.
#
# Compiled WITHOUT NDEBUG in every configuration: the external scanners of current YAML and Python grammars overflow
# their 1024-byte state; with assertions that is an abort in a disposable worker, without it is silent corruption.

set(_modules ${SLUICE_THIRD_PARTY_DIR}/node_modules)
if(NOT EXISTS ${_modules}/tree-sitter/vendor/tree-sitter/lib/src/lib.c)
  message(FATAL_ERROR "sluice: third-party sources are missing in ${SLUICE_THIRD_PARTY_DIR}; run cmake/fetch-third-party.sh")
endif()

# name | package | source folder in it | C symbol
set(SLUICE_GRAMMARS
  "bash|tree-sitter-bash|src|tree_sitter_bash"
  "c|tree-sitter-c|src|tree_sitter_c"
  "cpp|tree-sitter-cpp|src|tree_sitter_cpp"
  "csharp|tree-sitter-c-sharp|src|tree_sitter_c_sharp"
  "go|tree-sitter-go|src|tree_sitter_go"
  "hcl|@tree-sitter-grammars/tree-sitter-hcl|src|tree_sitter_hcl"
  "html|tree-sitter-html|src|tree_sitter_html"
  "java|tree-sitter-java|src|tree_sitter_java"
  "javascript|tree-sitter-javascript|src|tree_sitter_javascript"
  "json|tree-sitter-json|src|tree_sitter_json"
  "php|tree-sitter-php|php/src|tree_sitter_php"
  "python|tree-sitter-python|src|tree_sitter_python"
  "ruby|tree-sitter-ruby|src|tree_sitter_ruby"
  "rust|tree-sitter-rust|src|tree_sitter_rust"
  "scala|tree-sitter-scala|src|tree_sitter_scala"
  "toml|@tree-sitter-grammars/tree-sitter-toml|src|tree_sitter_toml"
  "tsx|tree-sitter-typescript|tsx/src|tree_sitter_tsx"
  "typescript|tree-sitter-typescript|typescript/src|tree_sitter_typescript"
  "yaml|@tree-sitter-grammars/tree-sitter-yaml|src|tree_sitter_yaml"
)

function(_sluice_third_party_c target)
  target_compile_options(${target} PRIVATE -w -UNDEBUG -std=gnu11 -fvisibility=hidden -O2)
  if(SLUICE_SANITIZER)
    # Not ours to mend: only memory errors matter here, UBSan's alignment and shift findings do not.
    target_compile_options(${target} PRIVATE -fno-sanitize=undefined)
  endif()
endfunction()

set(_core ${_modules}/tree-sitter/vendor/tree-sitter/lib)
add_library(ts_core STATIC ${_core}/src/lib.c)
_sluice_third_party_c(ts_core)
target_include_directories(ts_core PRIVATE ${_core}/src)
target_include_directories(ts_core SYSTEM PUBLIC ${_core}/include)

file(READ ${SLUICE_THIRD_PARTY_DIR}/package-lock.json _lock)
string(JSON SLUICE_TS_CORE_VERSION GET "${_lock}" packages node_modules/tree-sitter version)
string(JSON SLUICE_TS_CORE_INTEGRITY GET "${_lock}" packages node_modules/tree-sitter integrity)

set(_declarations "")
set(_rows "")
set(SLUICE_GRAMMAR_TARGETS "")
foreach(row ${SLUICE_GRAMMARS})
  string(REPLACE "|" ";" row "${row}")
  list(GET row 0 _name)
  list(GET row 1 _package)
  list(GET row 2 _folder)
  list(GET row 3 _symbol)
  set(_source ${_modules}/${_package}/${_folder})
  set(_files ${_source}/parser.c)
  if(EXISTS ${_source}/scanner.c)
    list(APPEND _files ${_source}/scanner.c)
  endif()
  add_library(ts_${_name} STATIC ${_files})
  _sluice_third_party_c(ts_${_name})
  target_include_directories(ts_${_name} PRIVATE ${_source})
  list(APPEND SLUICE_GRAMMAR_TARGETS ts_${_name})
  string(JSON _version GET "${_lock}" packages node_modules/${_package} version)
  string(JSON _integrity GET "${_lock}" packages node_modules/${_package} integrity)
  string(APPEND _declarations "const TSLanguage* ${_symbol}(void);\n")
  string(APPEND _rows "{\"${_name}\", ${_symbol}, \"${_package}\", \"${_version}\", \"${_integrity}\"},\n")
endforeach()

# Our own grammar; parser.c is generated and committed, and a test fails when it is stale.
set(_own ${CMAKE_SOURCE_DIR}/plugins/grammars/dockerfile/src)
if(EXISTS ${_own}/parser.c)
  add_library(ts_dockerfile STATIC ${_own}/parser.c ${_own}/scanner.c)
  target_compile_options(ts_dockerfile PRIVATE -UNDEBUG -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter
                         -Wno-sign-compare -Wno-unused-but-set-variable)
  target_include_directories(ts_dockerfile PRIVATE ${_own})
  list(APPEND SLUICE_GRAMMAR_TARGETS ts_dockerfile)
  string(APPEND _declarations "const TSLanguage* tree_sitter_dockerfile(void);\n")
  string(APPEND _rows "{\"dockerfile\", tree_sitter_dockerfile, \"sluice\", \"${PROJECT_VERSION}\", \"\"},\n")
endif()

# Included by src/syntax/language.cpp and by nobody else.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/grammar_declarations.inc CONTENT "${_declarations}" @ONLY)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/grammar_table.inc CONTENT "${_rows}" @ONLY)

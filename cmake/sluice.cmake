# One precompiled header of standard headers for all targets: it takes a third off a full build. The presets release and
# dev use it; all others do not, since it hides a missing include.
if(SLUICE_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/pch.cpp CONTENT "")
  add_library(sluice_pch OBJECT ${CMAKE_BINARY_DIR}/generated/pch.cpp)
  target_link_libraries(sluice_pch PRIVATE sluice_warnings)
  target_precompile_headers(sluice_pch PRIVATE <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory>
    <optional> <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector> <tl/expected.hpp>)
endif()

function(_sluice_use_pch target)
  if(TARGET sluice_pch)
    # -fPIC also for programs: CMake gives them -fPIE, and a precompiled header must be used as it was made.
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess;-fPIC>")
    target_precompile_headers(${target} REUSE_FROM sluice_pch)
  endif()
endfunction()

# sluice_library(FOLDER [USES folders…] [LIBS third-party targets…]): the static library of one source folder.
# Third-party libraries are PRIVATE: their headers are visible in their owner folder only.
function(sluice_library folder)
  cmake_parse_arguments(arg "" "" "USES;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/src/attest/sha256\\.cpp$")
  if(NOT sources)
    # A folder of headers only still is a library, so that every folder is used alike.
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/${folder}_empty.cpp CONTENT "")
    set(sources ${CMAKE_BINARY_DIR}/generated/${folder}_empty.cpp)
  endif()
  add_library(sluice_${folder} STATIC ${sources})
  target_include_directories(sluice_${folder} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  list(TRANSFORM arg_USES PREPEND sluice_)
  target_link_libraries(sluice_${folder} PUBLIC ${arg_USES} PRIVATE sluice_warnings ${arg_LIBS})
  _sluice_use_pch(sluice_${folder})
endfunction()

# sluice_unit_test(FOLDER [LIBS…]): the doctest executable of tests/unit/FOLDER, one ctest entry, label `unit`.
function(sluice_unit_test folder)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${folder}/*_test.cpp)
  if(NOT sources OR NOT TARGET sluice_${folder})
    return()
  endif()
  add_executable(test_${folder} ${sources} $<TARGET_OBJECTS:test_main>)
  target_link_libraries(test_${folder} PRIVATE sluice_${folder} ${arg_LIBS} sluice_warnings)
  _sluice_use_pch(test_${folder})
  target_compile_definitions(test_${folder} PRIVATE
    SLUICE_TEST_DATA="${CMAKE_SOURCE_DIR}/tests" SLUICE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME unit.${folder} COMMAND test_${folder})
  set_tests_properties(unit.${folder} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()

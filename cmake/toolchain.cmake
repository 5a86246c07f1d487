# Compilers, warnings (errors on our code), sanitizers, ccache, hardening.

find_program(SLUICE_CCACHE ccache)
if(SLUICE_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${SLUICE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SLUICE_CCACHE})
  if(SLUICE_PCH)
    # What ccache asks for when headers are precompiled.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${SLUICE_CCACHE})
  endif()
endif()

# Debug info of the dev builds is line tables only: full DWARF doubles link time and is seldom wanted.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g1")
# Release keeps assertions out of our code but never out of the grammars (see grammars.cmake).
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")

# Same bytes wherever the tree lies.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffunction-sections -fdata-sections)
add_link_options(-Wl,--gc-sections)

if(NOT SLUICE_SANITIZER AND CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fcf-protection)
  add_link_options(-Wl,-z,relro,-z,now -Wl,--build-id=sha1)
endif()

if(SLUICE_SANITIZER)
  add_compile_options(-O1 -fsanitize=${SLUICE_SANITIZER} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SLUICE_SANITIZER})
endif()
if(SLUICE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SLUICE_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

add_library(sluice_warnings INTERFACE)
set(_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND _warnings -Wlogical-op -Wduplicated-cond)
  if(SLUICE_SANITIZER OR CMAKE_BUILD_TYPE STREQUAL "Release")
    # With optimisation g++ 12 follows std::string and std::vector into libstdc++ and reports what cannot happen there
    # (GCC bugs 105329, 105651). The dev build keeps these on; the sanitizers look for the real thing.
    list(APPEND _warnings -Wno-null-dereference -Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds
         -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
else()
  # SLUICE_TRY is a GNU statement expression, on purpose.
  # libstdc++ 12's stable_sort uses std::get_temporary_buffer, which clang reports where we call it.
  # libseccomp's macros SCMP_A0 … are compound literals of C.
  list(APPEND _warnings -Wno-gnu-statement-expression -Wno-deprecated-declarations -Wno-c99-extensions)
endif()
target_compile_options(sluice_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${_warnings}>)

if(SLUICE_TIDY)
  set(CMAKE_CXX_CLANG_TIDY clang-tidy-19;--quiet)
endif()

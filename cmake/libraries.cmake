# Third-party libraries as imported targets `lib::NAME`, with their headers as SYSTEM. Static archives are preferred:
# the release binary must start in milliseconds and run on machines without our packages.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

set_property(GLOBAL PROPERTY SLUICE_LIBRARY_ROWS "")
find_program(SLUICE_DPKG_QUERY dpkg-query)
# Notes a library for `sluice version`: the Debian package's version and the SHA-256 of the archive that is linked in.
function(_sluice_note_library name package file)
  set(version "unknown")
  if(SLUICE_DPKG_QUERY)
    execute_process(COMMAND ${SLUICE_DPKG_QUERY} -W -f=\${Version} ${package} OUTPUT_VARIABLE version ERROR_QUIET)
  endif()
  set(integrity "")
  if(file MATCHES "\\.a$")
    file(SHA256 ${file} hash)
    set(integrity "sha256-hex:${hash}")
  endif()
  set_property(GLOBAL APPEND_STRING PROPERTY SLUICE_LIBRARY_ROWS
    "{\"${name}\", \"${package}\", \"${version}\", \"${integrity}\"},\n")
endfunction()

# sluice_import(NAME ARCHIVE HEADER [LINK more…]): lib::NAME from an archive and a header that must exist.
function(sluice_import name archive header)
  cmake_parse_arguments(arg "" "" "LINK;PACKAGE" ${ARGN})
  find_library(LIB_${name} NAMES lib${archive}.a ${archive})
  find_path(INC_${name} ${header})
  if(NOT LIB_${name} OR NOT INC_${name})
    message(FATAL_ERROR "sluice: library ${name} is missing; install it (apt-get install ${arg_PACKAGE})")
  endif()
  add_library(lib::${name} INTERFACE IMPORTED GLOBAL)
  if(NOT INC_${name} STREQUAL "/usr/include")
    target_include_directories(lib::${name} SYSTEM INTERFACE ${INC_${name}})
  endif()
  target_link_libraries(lib::${name} INTERFACE ${LIB_${name}} ${arg_LINK})
  _sluice_note_library(${name} ${arg_PACKAGE} ${LIB_${name}})
endfunction()

sluice_import(boost_json boost_json boost/json.hpp PACKAGE libboost-json1.81-dev LINK Threads::Threads)
sluice_import(fyaml fyaml libfyaml.h PACKAGE libfyaml-dev)
sluice_import(crypto crypto openssl/evp.h PACKAGE libssl-dev LINK dl Threads::Threads)
sluice_import(re2 re2 re2/re2.h PACKAGE libre2-dev LINK Threads::Threads)
sluice_import(pcre2 pcre2-8 pcre2.h PACKAGE libpcre2-dev)
sluice_import(zlib z zlib.h PACKAGE zlib1g-dev)
sluice_import(zstd zstd zstd.h PACKAGE libzstd-dev)
sluice_import(seccomp seccomp seccomp.h PACKAGE libseccomp-dev)

# Header-only ones: found once, so that a missing package is one clear line.
foreach(pair "tl/expected.hpp:libexpected-dev" "CLI/CLI.hpp:libcli11-dev" "doctest/doctest.h:doctest-dev"
             "boost/process/v2.hpp:libboost1.81-dev" "fmt/format.h:libfmt-dev")
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 header)
  list(GET pair 1 package)
  string(MAKE_C_IDENTIFIER ${header} id)
  find_path(INC_${id} ${header})
  if(NOT INC_${id})
    message(FATAL_ERROR "sluice: header ${header} is missing; install it (apt-get install ${package})")
  endif()
  _sluice_note_library(${header} ${package} "")
endforeach()

# libfmt header-only: Debian ships no static archive of it.
add_library(lib::fmt INTERFACE IMPORTED GLOBAL)
target_compile_definitions(lib::fmt INTERFACE FMT_HEADER_ONLY)

# The header of PKCS#11 only: modules are loaded at run time, by absolute path (src/attest/pkcs11.cpp).
find_path(INC_pkcs11 p11-kit/pkcs11.h PATH_SUFFIXES p11-kit-1)
if(NOT INC_pkcs11)
  message(FATAL_ERROR "sluice: header p11-kit/pkcs11.h is missing; install it (apt-get install libp11-kit-dev)")
endif()
add_library(lib::pkcs11 INTERFACE IMPORTED GLOBAL)
target_include_directories(lib::pkcs11 SYSTEM INTERFACE ${INC_pkcs11})
target_link_libraries(lib::pkcs11 INTERFACE dl)
_sluice_note_library(pkcs11.h libp11-kit-dev "")

# libgit2 statically, with what Debian built it on. Its GSSAPI needs are met by a stub (src/git/gss_stub.c): Debian has
# no static Kerberos, and Sluice opens local repositories only, so no authentication ever happens.
find_path(INC_git2 git2.h)
find_library(LIB_git2 NAMES libgit2.a)
find_library(LIB_http_parser NAMES libhttp_parser.a)
find_library(LIB_ssh2 NAMES libssh2.a)
find_library(LIB_mbedtls NAMES libmbedtls.a)
find_library(LIB_mbedx509 NAMES libmbedx509.a)
find_library(LIB_mbedcrypto NAMES libmbedcrypto.a)
if(NOT INC_git2 OR NOT LIB_git2 OR NOT LIB_http_parser OR NOT LIB_ssh2 OR NOT LIB_mbedtls)
  message(FATAL_ERROR "sluice: libgit2's static archives are missing; install them (apt-get install libgit2-dev)")
endif()
add_library(lib::git2 INTERFACE IMPORTED GLOBAL)
target_link_libraries(lib::git2 INTERFACE ${LIB_git2} ${LIB_http_parser} ${LIB_ssh2} ${LIB_mbedtls} ${LIB_mbedx509}
    ${LIB_mbedcrypto} lib::pcre2 lib::crypto lib::zlib)
_sluice_note_library(git2 libgit2-dev ${LIB_git2})

# libcurl is loaded at run time by the commands that talk to a registry (src/remote/curl_library.cpp): it brings thirty
# shared libraries along, which would triple the start-up of every other command. Only its headers are needed here.
find_path(INC_curl curl/curl.h)
if(NOT INC_curl)
  message(FATAL_ERROR "sluice: libcurl's headers are missing; install them (apt-get install libcurl4-openssl-dev)")
endif()
add_library(lib::curl INTERFACE IMPORTED GLOBAL)
if(NOT INC_curl STREQUAL "/usr/include" AND NOT INC_curl MATCHES "^/usr/include/")
  target_include_directories(lib::curl SYSTEM INTERFACE ${INC_curl})
endif()
target_link_libraries(lib::curl INTERFACE dl)
_sluice_note_library(curl libcurl4-openssl-dev "")

# Included by src/cli/command_version.cpp and by nobody else.
get_property(_library_rows GLOBAL PROPERTY SLUICE_LIBRARY_ROWS)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/library_table.inc CONTENT "${_library_rows}" @ONLY)

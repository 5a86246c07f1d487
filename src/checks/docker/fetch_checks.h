// The checks that catalog/fetches.cpp and catalog/fetch_sources.cpp share.
#pragma once

#include <string_view>

#include "checks/docker/check_row.h"

namespace sluice::checks::docker {

inline constexpr std::string_view k_download_help =
    "Download to a file, compare it with a checksum that stands in this file, then use it.";
inline constexpr Check k_download_unverified{
    .id = "docker.download-unverified",
    .title = "A download is unpacked or installed without a check",
    .why =
        "The bytes can change between builds without anyone noticing: nothing "
        "compares them with what was reviewed.",
    .help = k_download_help,
    .severity = Severity::medium,
    .profile = Profile::normal,
    .cwe = "CWE-494"};
inline constexpr Check k_download_over_http{.id = "docker.download-over-http",
                                            .title = "Download over plain http",
                                            .why = "Anybody on the way can change the bytes.",
                                            .help = "Use https.",
                                            .severity = Severity::medium,
                                            .profile = Profile::normal,
                                            .cwe = "CWE-319 CWE-494"};

}  // namespace sluice::checks::docker

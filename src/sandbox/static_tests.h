// File, metadata and licence tests: answered from the image's layers and configuration, without a container.
#pragma once

#include "image/file_index.h"
#include "image/image.h"
#include "sandbox/outcome.h"
#include "sandbox/test_spec.h"

namespace sluice::sandbox {

[[nodiscard]] Outcome judge(const FileTest& test, const image::FileIndex& index,
                            const image::ImageConfig& config, const TextMatcher& matcher);
[[nodiscard]] Outcome judge(const MetadataTest& test, const image::ImageConfig& config,
                            const TextMatcher& matcher);
[[nodiscard]] Outcome judge(const LicenceTest& test, const image::FileIndex& index);

// "A=b" lines of an image's configuration as pairs; of two with one name the last counts.
[[nodiscard]] EnvList env_of(const image::ImageConfig& config);

// Mode as Go's os.FileMode prints it: "-rwxr-xr-x", "dtrwxrwxrwx", "Lrwxrwxrwx", "urwxr-xr-x".
[[nodiscard]] std::string go_mode(const image::FileInfo& info);

}  // namespace sluice::sandbox

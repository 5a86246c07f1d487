#include "checks/docker/end_of_life.h"

#include <algorithm>

#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

// image | version or code name, matched at the start of the tag up to "." "-" or its end | end of security
// support. Sources: the projects' own release pages (public facts). Extended paid support is not counted.
struct Row {
  std::string_view image, version, date;
};
constexpr Row k_rows[] = {
    {"debian", "6", "2016-02-29"},
    {"debian", "squeeze", "2016-02-29"},
    {"debian", "7", "2018-05-31"},
    {"debian", "wheezy", "2018-05-31"},
    {"debian", "8", "2020-06-30"},
    {"debian", "jessie", "2020-06-30"},
    {"debian", "9", "2022-06-30"},
    {"debian", "stretch", "2022-06-30"},
    {"debian", "10", "2024-06-30"},
    {"debian", "buster", "2024-06-30"},
    {"ubuntu", "10.04", "2015-04-30"},
    {"ubuntu", "12.04", "2017-04-28"},
    {"ubuntu", "precise", "2017-04-28"},
    {"ubuntu", "14.04", "2019-04-25"},
    {"ubuntu", "trusty", "2019-04-25"},
    {"ubuntu", "16.04", "2021-04-30"},
    {"ubuntu", "xenial", "2021-04-30"},
    {"ubuntu", "18.04", "2023-05-31"},
    {"ubuntu", "bionic", "2023-05-31"},
    {"ubuntu", "20.04", "2025-05-31"},
    {"ubuntu", "focal", "2025-05-31"},
    {"ubuntu", "15.10", "2016-07-28"},
    {"ubuntu", "16.10", "2017-07-20"},
    {"ubuntu", "17.04", "2018-01-13"},
    {"ubuntu", "17.10", "2018-07-19"},
    {"ubuntu", "18.10", "2019-07-18"},
    {"ubuntu", "19.04", "2020-01-23"},
    {"ubuntu", "19.10", "2020-07-17"},
    {"ubuntu", "20.10", "2021-07-22"},
    {"ubuntu", "21.04", "2022-01-20"},
    {"ubuntu", "21.10", "2022-07-14"},
    {"ubuntu", "22.10", "2023-07-20"},
    {"ubuntu", "23.04", "2024-01-25"},
    {"ubuntu", "23.10", "2024-07-11"},
    {"alpine", "2.6", "2014-11-01"},
    {"alpine", "2.7", "2015-11-01"},
    {"alpine", "3.0", "2016-05-01"},
    {"alpine", "3.1", "2016-11-01"},
    {"alpine", "3.2", "2017-05-01"},
    {"alpine", "3.3", "2017-11-01"},
    {"alpine", "3.4", "2018-05-01"},
    {"alpine", "3.5", "2018-11-01"},
    {"alpine", "3.6", "2019-05-01"},
    {"alpine", "3.7", "2019-11-01"},
    {"alpine", "3.8", "2020-05-01"},
    {"alpine", "3.9", "2020-11-01"},
    {"alpine", "3.10", "2021-05-01"},
    {"alpine", "3.11", "2021-11-01"},
    {"alpine", "3.12", "2022-05-01"},
    {"alpine", "3.13", "2022-11-01"},
    {"alpine", "3.14", "2023-05-01"},
    {"alpine", "3.15", "2023-11-01"},
    {"alpine", "3.16", "2024-05-23"},
    {"alpine", "3.17", "2024-11-22"},
    {"alpine", "3.18", "2025-05-09"},
    {"centos", "5", "2017-03-31"},
    {"centos", "6", "2020-11-30"},
    {"centos", "7", "2024-06-30"},
    {"centos", "8", "2021-12-31"},
    {"centos", "latest", "2021-12-31"},
    {"fedora", "38", "2024-05-21"},
    {"fedora", "39", "2024-11-26"},
    {"fedora", "40", "2025-05-13"},
    {"amazonlinux", "1", "2023-12-31"},
    {"opensuse/leap", "15.5", "2024-12-31"},
    {"python", "2", "2020-01-01"},
    {"python", "3.3", "2017-09-29"},
    {"python", "3.4", "2019-03-18"},
    {"python", "3.5", "2020-09-30"},
    {"python", "3.6", "2021-12-23"},
    {"python", "3.7", "2023-06-27"},
    {"python", "3.8", "2024-10-07"},
    {"node", "0", "2016-12-31"},
    {"node", "4", "2018-04-30"},
    {"node", "5", "2016-06-30"},
    {"node", "6", "2019-04-30"},
    {"node", "7", "2017-06-30"},
    {"node", "8", "2019-12-31"},
    {"node", "9", "2018-06-30"},
    {"node", "10", "2021-04-30"},
    {"node", "11", "2019-06-01"},
    {"node", "12", "2022-04-30"},
    {"node", "13", "2020-06-01"},
    {"node", "14", "2023-04-30"},
    {"node", "15", "2021-06-01"},
    {"node", "16", "2023-09-11"},
    {"node", "17", "2022-06-01"},
    {"node", "18", "2025-04-30"},
    {"node", "19", "2023-06-01"},
    {"node", "21", "2024-06-01"},
    {"ruby", "1", "2015-02-23"},
    {"ruby", "2", "2023-03-31"},
    {"ruby", "3.0", "2024-04-23"},
    {"ruby", "3.1", "2025-03-26"},
    {"php", "5", "2018-12-31"},
    {"php", "7", "2022-11-28"},
    {"php", "8.0", "2023-11-26"},
    {"golang", "1.20", "2024-02-06"},
    {"golang", "1.21", "2024-08-13"},
    {"golang", "1.22", "2025-02-11"},
    {"golang", "1.19", "2023-09-06"},
    {"golang", "1.18", "2023-02-01"},
    {"golang", "1.17", "2022-08-02"},
    {"golang", "1.16", "2022-03-15"},
    {"golang", "1.15", "2021-08-16"},
    {"golang", "1.14", "2021-02-16"},
    {"golang", "1.13", "2020-08-11"},
    {"golang", "1.12", "2020-02-25"},
    {"golang", "1.11", "2019-09-03"},
    {"golang", "1.10", "2019-02-25"},
    {"postgres", "9", "2021-11-11"},
    {"postgres", "10", "2022-11-10"},
    {"postgres", "11", "2023-11-09"},
    {"postgres", "12", "2024-11-21"},
    {"mysql", "5", "2023-10-31"},
    {"mongo", "3", "2021-04-30"},
    {"mongo", "4", "2024-02-29"},
    {"redis", "5", "2022-04-27"},
    {"openjdk", "9", "2018-03-31"},
    {"openjdk", "10", "2018-09-30"},
    {"openjdk", "12", "2019-09-30"},
    {"openjdk", "13", "2020-03-31"},
    {"openjdk", "14", "2020-09-30"},
    {"openjdk", "15", "2021-03-31"},
    {"openjdk", "16", "2021-09-30"},
};

// The tag is `version` or goes on behind it with ".", "-" or a code name.
bool tag_is(std::string_view tag, std::string_view version) {
  if (!tag.starts_with(version)) return false;
  return tag.size() == version.size() || tag[version.size()] == '.' || tag[version.size()] == '-';
}

// "python:3.12-buster": the system under a runtime's image.
std::string_view system_suffix(std::string_view tag) {
  for (const std::string_view name : {"wheezy", "jessie", "stretch", "buster"}) {
    if (tag == name || contains(tag, "-" + std::string(name)) || tag.starts_with(std::string(name) + "-"))
      return name;
  }
  return {};
}

std::optional<EndOfLife> find(std::string_view image, std::string_view tag) {
  for (const Row& row : k_rows) {
    if (row.image == image && tag_is(tag, row.version)) return EndOfLife{std::string(row.date)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<EndOfLife> end_of_life(const syntax::dockerfile::ImageName& image) {
  std::string name = lower(image.repository);
  if (name.starts_with("library/")) name.erase(0, 8);
  const std::string registry = lower(image.effective_registry());
  // Mirrors keep the names of the official images: mirror.gcr.io/library/debian,
  // public.ecr.aws/docker/library/debian.
  if (registry != "docker.io") {
    const std::size_t library = name.rfind("library/");
    if (library == std::string::npos) return std::nullopt;
    name.erase(0, library + 8);
  }
  const std::string tag = lower(image.tag.empty() ? "latest" : image.tag);
  if (auto found = find(name, tag)) return found;
  if (const std::string_view system = system_suffix(tag); !system.empty()) return find("debian", system);
  // "node:22-alpine3.14"
  if (const std::size_t alpine = tag.find("alpine3."); alpine != std::string::npos && name != "alpine") {
    return find("alpine", std::string_view(tag).substr(alpine + 6));
  }
  return std::nullopt;
}

}  // namespace sluice::checks::docker

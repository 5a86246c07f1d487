#include "record/lockfile.h"

#include <algorithm>
#include <array>
#include <map>

#include "attest/digest_set.h"
#include "base/bytes.h"
#include "record/lockfile_reader.h"

namespace sluice::record {
namespace {

struct KnownHash {
  std::string_view prefix;  // before "-" or ":"
  std::string_view name;    // of the in-toto digest
  std::size_t bytes;
};
// Strongest first.
constexpr std::array<KnownHash, 6> k_hashes{{{"sha512", "sha512", 64},
                                             {"sha384", "sha384", 48},
                                             {"sha256", "sha256", 32},
                                             {"h1", "dirHash1", 32},
                                             {"sha1", "sha1", 20},
                                             {"md5", "md5", 16}}};

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<LockHash> one_hash(std::string_view text) {
  for (const KnownHash& known : k_hashes) {
    const std::size_t size = known.prefix.size();
    if (!text.starts_with(known.prefix) || text.size() <= size || (text[size] != '-' && text[size] != ':'))
      continue;
    std::string_view value = text.substr(size + 1);
    value = value.substr(0, value.find('?'));  // options of subresource integrity
    if (value.size() == 2 * known.bytes && is_hex(value))
      return LockHash{std::string(known.name), std::string(value)};
    const auto raw = from_base64(value);
    if (raw && raw->size() == known.bytes) return LockHash{std::string(known.name), to_hex(*raw)};
    return std::nullopt;
  }
  for (const KnownHash& known : k_hashes) {
    if (known.prefix != "h1" && text.size() == 2 * known.bytes && is_hex(text))
      return LockHash{std::string(known.name), std::string(text)};
  }
  return std::nullopt;
}

// Package URLs: everything but unreserved characters is escaped; "/" stays where it parts names.
std::string purl_part(std::string_view text, bool slashes) {
  constexpr std::string_view k_digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || (slashes && c == '/');
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', k_digits[byte >> 4U], k_digits[byte & 15U]};
    }
  }
  return out;
}

using Reader = Status (*)(std::string_view, PackageSink&);

Status read_cargo(std::string_view text, PackageSink& sink) {
  return read_toml_lock(text, "cargo", sink);
}
Status read_python_toml(std::string_view text, PackageSink& sink) {
  return read_toml_lock(text, "pypi", sink);
}

struct Format {
  std::string_view name;
  Reader read;
};
constexpr std::array<Format, 11> k_formats{{{"package-lock.json", read_package_lock},
                                            {"npm-shrinkwrap.json", read_package_lock},
                                            {"yarn.lock", read_yarn_lock},
                                            {"pnpm-lock.yaml", read_pnpm_lock},
                                            {"poetry.lock", read_python_toml},
                                            {"uv.lock", read_python_toml},
                                            {"Pipfile.lock", read_pipfile_lock},
                                            {"Cargo.lock", read_cargo},
                                            {"go.sum", read_go_sum},
                                            {"Gemfile.lock", read_gemfile_lock},
                                            {"composer.lock", read_composer_lock}}};

Reader reader_of(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (const Format& format : k_formats) {
    if (format.name == name) return format.read;
  }
  if (name.starts_with("requirements") && name.ends_with(".txt")) return read_requirements;
  return nullptr;
}

}  // namespace

std::optional<LockHash> parse_lock_hash(std::string_view text) {
  std::optional<LockHash> best;
  std::size_t best_bytes = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
    if (auto hash = one_hash(text.substr(0, end)); hash && hash->hex.size() > best_bytes) {
      best_bytes = hash->hex.size();
      best = std::move(hash);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return best;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view quoted(std::string_view line) {
  const std::size_t begin = line.find('"');
  if (begin == std::string_view::npos) return {};
  const std::size_t end = line.find('"', begin + 1);
  return end == std::string_view::npos ? std::string_view() : line.substr(begin + 1, end - begin - 1);
}

void PackageSink::add(std::string_view type, std::string_view name, std::string_view version,
                      std::string_view hash, std::string_view file) {
  if (name.empty()) return;
  if (out_.packages.size() >= k_max_packages) {
    full_ = true;
    return;
  }
  attest::Dependency dependency;
  dependency.name = std::string(name) + (version.empty() ? "" : "@" + std::string(version)) +
                    (file.empty() ? "" : " (" + std::string(file) + ")");
  dependency.uri = "pkg:" + std::string(type) + "/" + purl_part(name, true) +
                   (version.empty() ? "" : "@" + purl_part(version, false)) +
                   (file.empty() ? "" : "?file_name=" + purl_part(file, false));
  if (const auto digest = parse_lock_hash(hash)) {
    dependency.digest[digest->algorithm] = digest->hex;
  } else {
    ++out_.without_digest;
  }
  out_.packages.push_back(std::move(dependency));
}

tl::unexpected<Error> PackageSink::wrong(const std::string& what) const {
  return fail(ErrorKind::invalid, "record.lockfile", path_ + ": " + what);
}

Result<LockedPackages> PackageSink::take() {
  if (full_) {
    return fail(ErrorKind::limit, "record.lockfile-limit",
                path_ + " names more than " + std::to_string(k_max_packages) + " packages");
  }
  return std::move(out_);
}

bool is_lockfile(std::string_view name) {
  return reader_of(name) != nullptr;
}

Result<LockedPackages> read_lockfile(std::string_view path, std::string_view text) {
  const Reader read = reader_of(path);
  PackageSink sink(path);
  if (read == nullptr) return sink.wrong("is no lock file that is known");
  if (text.size() > k_max_lockfile_bytes)
    return fail(ErrorKind::limit, "record.lockfile-limit", std::string(path) + " is too large");
  SLUICE_CHECK(read(text, sink));
  return sink.take();
}

}  // namespace sluice::record

#include "sandbox/harden/composer.h"

#include <algorithm>
#include <array>
#include <functional>

#include "sandbox/capabilities.h"

namespace sluice::sandbox::harden {
namespace {

// A tmpfs over these would hide what the image is made of.
constexpr auto k_never_covered = std::to_array<std::string_view>(
    {"/",        "/bin",     "/boot",     "/dev",       "/etc",       "/lib", "/lib32",
     "/lib64",   "/libx32",  "/opt",      "/proc",      "/sbin",      "/sys", "/usr",
     "/usr/bin", "/usr/lib", "/usr/sbin", "/usr/share", "/usr/local", "/var", "/var/lib"});

bool covered(const std::string& path, const std::string& folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

class Composer {
 public:
  Composer(Trials& trials, const RunSettings& loose, const Trial& baseline)
      : trials_(trials), baseline_(baseline), settings_(loose) {}

  Result<Composed> run(const std::vector<Hardening>& matrix) {
    for (const Hardening hardening : matrix) {
      HardeningRow row;
      row.name = to_string(hardening);
      SLUICE_CHECK(attempt(hardening, row));
      std::sort(row.with.begin(), row.with.end());
      rows_.push_back(std::move(row));
    }
    return Composed{std::move(settings_), std::move(rows_)};
  }

 private:
  Status attempt(Hardening hardening, HardeningRow& row) {
    switch (hardening) {
      case Hardening::nonroot:
        return nonroot(row);
      case Hardening::read_only:
        return read_only(row);
      case Hardening::no_capabilities:
        return no_capabilities(row);
      case Hardening::no_new_privileges:
        // Every container of ours has it: the baseline itself is the trial.
        row.holds = baseline_.ok();
        return {};
      case Hardening::no_network:
        return no_network(row);
    }
    return {};
  }

  // Keeps the settings if the tests pass under them; else says in the row what happened.
  Result<bool> keep_if_passing(const RunSettings& candidate, HardeningRow& row) {
    const Trial trial = SLUICE_TRY(trials_.run(candidate));
    row.holds = trial.ok();
    row.fails = trial.failed;
    row.note = trial.messages.empty() ? "" : trial.messages.front();
    if (!trial.unknown.empty()) row.note = "cannot be tried here: " + trial.unknown.front();
    tried_ = trial.unknown.empty();
    if (row.holds) settings_ = candidate;
    return row.holds;
  }

  Status nonroot(HardeningRow& row) {
    RunSettings candidate = settings_;
    candidate.user = k_arbitrary_user;
    SLUICE_TRY(keep_if_passing(candidate, row));
    return {};
  }

  // First as it is; then with a tmpfs over every folder that the baseline wrote to; then without those of
  // them that turn out not to be needed.
  Status read_only(HardeningRow& row) {
    RunSettings candidate = settings_;
    candidate.read_only = true;
    if (SLUICE_TRY(keep_if_passing(candidate, row))) return {};
    if (!baseline_.traced || !baseline_.trace.layer_listed) {
      row.note = "what was written could not be listed, so no writable place can be proposed";
      return {};
    }
    std::vector<std::string> folders = writable_folders(baseline_.trace);
    std::erase_if(folders, [&](const std::string& folder) { return has_tmpfs(folder); });
    if (folders.empty()) return {};
    const auto with = [&](const std::vector<std::string>& list) {
      RunSettings settings = candidate;
      for (const std::string& folder : list) settings.tmpfs.push_back({folder});
      return settings;
    };
    if (!SLUICE_TRY(keep_if_passing(with(folders), row))) return {};
    for (std::size_t i = 0; folders.size() > 1 && i < folders.size();) {
      std::vector<std::string> fewer = folders;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      HardeningRow ignored;
      if (SLUICE_TRY(keep_if_passing(with(fewer), ignored))) {
        folders = std::move(fewer);
      } else {
        ++i;
      }
    }
    for (const std::string& folder : folders) row.with.push_back("tmpfs " + folder);
    return {};
  }

  [[nodiscard]] bool has_tmpfs(const std::string& folder) const {
    return std::any_of(settings_.tmpfs.begin(), settings_.tmpfs.end(),
                       [&](const Tmpfs& tmpfs) { return covered(folder, tmpfs.path); });
  }

  // All away at once; else parts of halving size are taken away for as long as the tests pass without them.
  Status no_capabilities(HardeningRow& row) {
    RunSettings candidate = settings_;
    candidate.capabilities = 0;
    if (SLUICE_TRY(keep_if_passing(candidate, row))) return {};
    if (!tried_) return {};
    std::vector<std::uint64_t> needed;
    for (int bit = 0; bit < 64; ++bit) {
      if ((settings_.capabilities >> bit & 1) != 0) needed.push_back(std::uint64_t{1} << bit);
    }
    for (std::size_t part = needed.size() / 2; part > 0; part /= 2) SLUICE_CHECK(drop_parts(needed, part));
    for (const std::string& name : capability_names(settings_.capabilities))
      row.with.push_back("capability " + name);
    return {};
  }

  Status drop_parts(std::vector<std::uint64_t>& needed, std::size_t part) {
    for (std::size_t at = 0; at < needed.size();) {
      const std::size_t size = std::min(part, needed.size() - at);
      RunSettings candidate = settings_;
      for (std::size_t i = at; i < at + size; ++i) candidate.capabilities &= ~needed[i];
      HardeningRow ignored;
      if (SLUICE_TRY(keep_if_passing(candidate, ignored))) {
        const auto begin = needed.begin() + static_cast<std::ptrdiff_t>(at);
        needed.erase(begin, begin + static_cast<std::ptrdiff_t>(size));
      } else {
        at += size;
      }
    }
    return {};
  }

  // Whoever asks the service needs its loopback.
  [[nodiscard]] bool asks_by_network() const {
    const TestSpec& spec = trials_.session().spec();
    if (spec.ready && (spec.ready->http || spec.ready->tcp)) return true;
    return std::any_of(spec.tests.begin(), spec.tests.end(), [](const Test& test) {
      const auto* port = std::get_if<PortTest>(&test.body);
      const auto* dns = std::get_if<DnsTest>(&test.body);
      return std::holds_alternative<HttpTest>(test.body) ||
             (port != nullptr && port->listening && !port->udp) || (dns != nullptr && dns->port != 0);
    });
  }

  Status no_network(HardeningRow& row) {
    if (asks_by_network()) {
      row.note = "the tests ask it over its network";
      return {};
    }
    RunSettings candidate = settings_;
    candidate.network = Network::none;
    SLUICE_TRY(keep_if_passing(candidate, row));
    return {};
  }

  Trials& trials_;
  const Trial& baseline_;
  RunSettings settings_;
  bool tried_ = true;  // the last trial was judged
  std::vector<HardeningRow> rows_;
};

}  // namespace

RunSettings loosened(const RunSettings& settings) {
  RunSettings loose = settings;
  loose.read_only = false;
  loose.capabilities = default_capabilities();
  return loose;
}

std::vector<std::string> writable_folders(const Trace& trace) {
  std::vector<std::string> folders;
  const auto add = [&](const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos || path[0] != '/' || covered(path, "/dev") || covered(path, "/proc") ||
        covered(path, "/sys")) {
      return;
    }
    std::string folder = slash == 0 ? "/" : path.substr(0, slash);
    const bool never =
        std::find(k_never_covered.begin(), k_never_covered.end(), folder) != k_never_covered.end();
    if (!never) folders.push_back(std::move(folder));
  };
  for (const LayerChange& change : trace.layer) add(change.path);
  for (const FileSeen& file : trace.files) {
    if (file.written || file.deleted) add(file.path);
  }
  std::sort(folders.begin(), folders.end());
  std::vector<std::string> outer;
  for (std::string& folder : folders) {
    const bool inside = std::any_of(outer.begin(), outer.end(),
                                    [&](const std::string& other) { return covered(folder, other); });
    if (!inside) outer.push_back(std::move(folder));
  }
  return outer;
}

Result<Composed> compose(Trials& trials, const RunSettings& loose, const Trial& baseline,
                         const std::vector<Hardening>& matrix) {
  return Composer(trials, loose, baseline).run(matrix);
}

}  // namespace sluice::sandbox::harden

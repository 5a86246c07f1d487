// What the sandbox's tests share: images made in code around one static guest program, and the words for a
// test that this machine cannot run.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/effects.h"
#include "base/file.h"
#include "sandbox/embedded.h"
#include "sandbox/engine.h"

// In the log of every run, so that a skipped test is never taken for a passed one.
#define SLUICE_SKIP(reason)                                                               \
  do {                                                                                    \
    std::printf("SKIPPED: %s:%d: %s\n", __FILE__, __LINE__, std::string(reason).c_str()); \
    return;                                                                               \
  } while (false)

namespace sluice::sandbox::test {

inline void put_file(int root, const std::string& path, const std::string& bytes, unsigned mode = 0644) {
  const Fd fd(::openat(root, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  REQUIRE_MESSAGE(fd.valid(), path);
  REQUIRE(write_all(fd.get(), bytes));
  REQUIRE(::fchmod(fd.get(), mode) == 0);
}

inline void put_directory(int root, const std::string& path, unsigned mode = 0755) {
  REQUIRE_MESSAGE(::mkdirat(root, path.c_str(), 0755) == 0, path);
  REQUIRE(::fchmodat(root, path.c_str(), mode, 0) == 0);
}

inline void put_link(int root, const std::string& path, const std::string& target) {
  REQUIRE_MESSAGE(::symlinkat(target.c_str(), root, path.c_str()) == 0, path);
}

inline const std::string& guest_bytes() {
  static const std::string bytes = read_file(SLUICE_SANDBOX_GUEST).value();
  return bytes;
}

// One static program as /guest, and users.
inline Status fill_plain(int root) {
  put_file(root, "guest", guest_bytes(), 0755);
  put_directory(root, "etc");
  put_file(root, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/false\n");
  put_file(root, "etc/group", "root:x:0:\napp:x:1001:\nextra:x:2000:app\n");
  put_directory(root, "tmp", 01777);
  put_directory(root, "closed", 0);
  return {};
}

// The whole binary is run once for each tier (ctest sets these): SLUICE_SANDBOX_TIER is the strongest that
// may be used, SLUICE_SANDBOX_UID the user to become first, if we are root.
inline Tier tier_under_test() {
  static const Tier tier = [] {
    const Environment environment = current_environment();
    static_cast<void>(guest_bytes());  // before we lose the right to read the build directory
    if (const auto uid = environment.find("SLUICE_SANDBOX_UID");
        uid != environment.end() && ::geteuid() == 0) {
      const auto number = static_cast<uid_t>(std::stoul(uid->second));
      REQUIRE(::setgroups(0, nullptr) == 0);
      REQUIRE(::setresgid(number, number, number) == 0);
      REQUIRE(::setresuid(number, number, number) == 0);
    }
    const auto wanted = environment.find("SLUICE_SANDBOX_TIER");
    if (wanted == environment.end()) return Tier::root;
    return wanted->second == "chroot" ? Tier::chroot : Tier::userns;
  }();
  return tier;
}

// An engine in a state directory of its own; null, with the reason printed, if this machine cannot have one.
struct Bench {
  Tier strongest = tier_under_test();  // first: it may change who we are
  TempDirectory directory = TempDirectory::create().value();
  std::unique_ptr<EmbeddedEngine> engine;
  std::shared_ptr<PreparedImage> image;
  std::string problem;

  explicit Bench(EmbeddedOptions options = {}, const std::function<Status(int)>& fill = fill_plain) {
    options.state_root = directory.path() + "/state";
    options.strongest = strongest;
    auto made = EmbeddedEngine::create(options);
    if (!made) {
      problem = made.error().message;
      return;
    }
    engine = std::move(*made);
    auto prepared = engine->prepare_directory(fill);
    REQUIRE_MESSAGE(prepared, prepared.error().message);
    image = std::move(*prepared);
  }

  [[nodiscard]] Tier tier() const { return engine->probe().tier; }

  [[nodiscard]] RunSpec spec(std::vector<std::string> arguments) const {
    RunSpec spec;
    spec.argv = {"/guest"};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    return spec;
  }

  [[nodiscard]] RunResult run(const RunSpec& spec) const {
    auto result = sandbox::run(*engine, *image, spec);
    REQUIRE_MESSAGE(result, to_string(result.error()));
    return std::move(*result);
  }

  [[nodiscard]] RunResult run(std::vector<std::string> arguments) const {
    return run(spec(std::move(arguments)));
  }
};

inline bool lacks(const RunResult& result, const std::string& what) {
  for (const std::string& line : result.limits_missing) {
    if (line.starts_with(what)) return true;
  }
  return false;
}

}  // namespace sluice::sandbox::test

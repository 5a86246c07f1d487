#include "base/effects.h"

#include <array>
#include <cstdlib>
#include <ostream>

#include <doctest/doctest.h>

#include "base/file.h"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

std::chrono::sys_seconds at(std::int64_t seconds) {
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

}  // namespace

TEST_CASE("times are printed as RFC 3339 in UTC") {
  CHECK(format_time(at(0)) == "1970-01-01T00:00:00Z");
  CHECK(format_time(at(951'782'399)) == "2000-02-28T23:59:59Z");
  CHECK(format_time(at(951'782'400)) == "2000-02-29T00:00:00Z");
  CHECK(format_time(at(4'102'444'800)) == "2100-01-01T00:00:00Z");
  CHECK(format_time(at(-1)) == "1969-12-31T23:59:59Z");
}

TEST_CASE("times are read with fractions and offsets") {
  const std::array<std::pair<const char*, std::int64_t>, 9> table{
      {{"1970-01-01T00:00:00Z", 0},
       {"1970-01-01t00:00:00z", 0},
       {"2000-02-29T00:00:00Z", 951'782'400},
       {"2000-02-29T00:00:00.999999999Z", 951'782'400},
       {"2000-02-29T01:30:00+01:30", 951'782'400},
       {"2000-02-28T19:00:00-05:00", 951'782'400},
       {"2000-02-29T00:00:00-00:00", 951'782'400},
       {"1998-12-31T23:59:60Z", 915'148'800},
       {"0000-01-01T00:00:00Z", -62'167'219'200}}};
  for (const auto& [text, seconds] : table) {
    CAPTURE(std::string(text));
    CHECK(parse_time(text).value() == at(seconds));
  }
}

TEST_CASE("what is no RFC 3339 time is refused") {
  for (const char* bad : {"",
                          "2000-02-29",
                          "2000-02-30T00:00:00Z",
                          "2001-02-29T00:00:00Z",
                          "2000-13-01T00:00:00Z",
                          "2000-00-01T00:00:00Z",
                          "2000-01-00T00:00:00Z",
                          "2000-01-01T24:00:00Z",
                          "2000-01-01T00:60:00Z",
                          "2000-01-01T00:00:61Z",
                          "2000-01-01T00:00:00",
                          "2000-01-01 00:00:00Z",
                          "2000-01-01T00:00:00.Z",
                          "2000-01-01T00:00:00+0100",
                          "2000-01-01T00:00:00+24:00",
                          "2000-01-01T00:00:00Z ",
                          "20000-01-01T00:00:00Z",
                          "200-01-01T00:00:00Z",
                          "+200-01-01T00:00:00Z",
                          "2000-1-1T0:0:0Z",
                          "2000-01-01T00:00:00ZZ"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(parse_time(bad).has_value());
  }
}

TEST_CASE("times come back as they were") {
  for (std::int64_t seconds = -2'000'000'000; seconds < 9'000'000'000; seconds += 86'399'977) {
    CHECK(parse_time(format_time(at(seconds))).value() == at(seconds));
  }
}

TEST_CASE("SOURCE_DATE_EPOCH fixes the clock, unless it is no number") {
  const SystemClock clock;
  REQUIRE(::setenv("SOURCE_DATE_EPOCH", "951782400", 1) == 0);
  CHECK(clock.now() == at(951'782'400));
  for (const char* bad : {"", "x", "12x", "-5", "99999999999999999999"}) {
    REQUIRE(::setenv("SOURCE_DATE_EPOCH", bad, 1) == 0);
    CHECK(clock.now() > at(1'600'000'000));
  }
  REQUIRE(::unsetenv("SOURCE_DATE_EPOCH") == 0);
  CHECK(clock.now() > at(1'600'000'000));
  const auto before = clock.monotonic();
  CHECK(clock.monotonic() >= before);
}

TEST_CASE("the fixed clock advances both its times together") {
  FixedClock clock(at(100));
  clock.advance(700ms);
  CHECK(clock.now() == at(100));
  clock.advance(700ms);
  CHECK(clock.now() == at(101));
  CHECK(clock.monotonic() == 1400ms);
}

TEST_CASE("both disks behave alike") {
  const TempDirectory dir = TempDirectory::create().value();
  SystemDisk system;
  MemoryDisk memory;
  for (Disk* disk : {static_cast<Disk*>(&system), static_cast<Disk*>(&memory)}) {
    REQUIRE(make_directories(dir.path() + "/a").has_value());
    CHECK(disk->write_atomic(dir.path() + "/a/x", "1").has_value());
    CHECK(disk->write_atomic(dir.path() + "/a-b", "2").has_value());
    CHECK(disk->write_atomic(dir.path() + "/a.b", "3").has_value());
    CHECK(disk->read(dir.path() + "/a/x", 1).value() == "1");
    CHECK(disk->read(dir.path() + "/a/x", 0).error().code == "file.too-large");
    CHECK(disk->read(dir.path() + "/none", 9).error().code == "file.not-found");
    CHECK(disk->exists(dir.path() + "/a"));
    CHECK(disk->exists(dir.path() + "/a/x"));
    CHECK_FALSE(disk->exists(dir.path() + "/a/y"));
    CHECK(disk->list(dir.path()).value() == std::vector<std::string>{"a", "a-b", "a.b"});
    CHECK(disk->list(dir.path() + "/none").error().code == "file.not-found");
  }
}

TEST_CASE("the scripted runner answers what it knows and records all") {
  ScriptedProcessRunner runner;
  runner.answers["git --version"].exit_code = 0;
  ProcessSpec spec;
  spec.argv = {"git", "--version"};
  CHECK(runner.run(spec).value().ok());
  spec.argv = {"git", "push"};
  CHECK(runner.run(spec).error().code == "process.not-found");
  CHECK(runner.asked.size() == 2);
}

TEST_CASE("the environment is copied") {
  REQUIRE(::setenv("SLUICE_TEST_VARIABLE", "a=b", 1) == 0);
  CHECK(current_environment().at("SLUICE_TEST_VARIABLE") == "a=b");
  REQUIRE(::unsetenv("SLUICE_TEST_VARIABLE") == 0);
  CHECK_FALSE(current_environment().contains("SLUICE_TEST_VARIABLE"));
}

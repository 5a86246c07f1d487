#include <ostream>

#include <doctest/doctest.h>

#include "base/file.h"
#include "record/command.h"

using namespace sluice;
using namespace sluice::record;

namespace {

Result<CommandResult> run(const std::string& script) {
  const SystemClock clock;
  return run_command({"/bin/sh", "-c", script}, clock);
}

}  // namespace

TEST_CASE("the command's end is told as it was") {
  CHECK(run("exit 0")->ok());
  CHECK(run("exit 7")->status() == 7);
  const auto killed = run("kill -KILL $$");
  REQUIRE(killed);
  CHECK(killed->signal == 9);
  CHECK(killed->status() == 137);
  CHECK_FALSE(killed->ok());
}

TEST_CASE("a program that is not there is an error, not a status") {
  const SystemClock clock;
  CHECK(run_command({"no-such-program"}, clock).error().code == "record.not-found");
  CHECK_FALSE(run_command({"/dev/null"}, clock));
}

TEST_CASE("the command has its signals as a shell would give them") {
  // SIGPIPE, which the program that calls us ignores, ends it; nothing is blocked.
  CHECK(run("kill -PIPE $$; exit 1")->signal == 13);
  CHECK(run("grep -q 'SigBlk:.0*$' /proc/self/status")->ok());
}

TEST_CASE("time and memory are those of the command") {
  const auto out = run("i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done");
  REQUIRE(out);
  CHECK(out->max_rss_bytes > 0);
  CHECK(out->duration.count() >= 0);
}

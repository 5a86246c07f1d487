// Mending with findings of our own making: the word "bad" is a finding, and each test says what its fix is.
#include "scan/fix/mend.h"

#include <ostream>
#include <string>

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::scan;

namespace {

// Findings at each place of a word.
void add(Looked& out, std::string_view text, std::string_view word, const std::string& rule,
         Severity severity, const std::function<Fix(std::uint64_t)>& fix) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    Finding finding;
    finding.rule = rule;
    finding.severity = severity;
    finding.region.offset = at;
    finding.region.length = word.size();
    if (fix) finding.fix = fix(at);
    out.findings.push_back(std::move(finding));
  }
}

std::function<Fix(std::uint64_t)> replace_bad(const std::string& by, FixTier tier = FixTier::safe) {
  return [by, tier](std::uint64_t at) { return Fix{"write " + by, tier, {{at, 3, by}}, {}}; };
}

struct World {
  std::function<Looked(const std::string&)> look;
  std::function<std::optional<std::string>(std::string_view, std::string_view, const std::vector<Edit>&)>
      damage = [](std::string_view, std::string_view, const std::vector<Edit>&) { return std::nullopt; };

  [[nodiscard]] Patch mend(const std::string& text) const {
    return sluice::scan::mend(text, look(text), {look, damage, [] { return false; }});
  }
};

World world(const std::function<Fix(std::uint64_t)>& fix) {
  World out;
  out.look = [fix](const std::string& text) {
    Looked looked;
    add(looked, text, "bad", "t.bad", Severity::medium, fix);
    add(looked, text, "worse", "t.worse", Severity::high, {});
    add(looked, text, "meh", "t.meh", Severity::low, {});
    return looked;
  };
  return out;
}

std::string reasons(const Patch& patch) {
  std::string out;
  for (const FixOutcome& outcome : patch.outcomes) {
    out += std::to_string(outcome.offset) + (outcome.fixed ? " fixed" : " " + outcome.reason) + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("safe fixes are applied together") {
  const Patch patch = world(replace_bad("good")).mend("bad x bad");
  CHECK(patch.text == "good x good");
  CHECK(reasons(patch) == "0 fixed\n6 fixed\n");
}

TEST_CASE("a fix that leaves its finding is refused, and the others are not") {
  World w = world({});
  w.look = [](const std::string& text) {
    Looked looked;
    add(looked, text, "bad", "t.bad", Severity::medium, [](std::uint64_t at) {
      return at == 0 ? Fix{"no use", FixTier::safe, {{at, 0, " "}}, {}}
                     : Fix{"mend", FixTier::safe, {{at, 3, "ok"}}, {}};
    });
    return looked;
  };
  const Patch patch = w.mend("bad bad bad bad");
  CHECK(patch.text == "bad ok ok ok");
  CHECK(reasons(patch) == "0 the finding would still be there\n4 fixed\n8 fixed\n12 fixed\n");
}

TEST_CASE("a fix that makes a finding of the same or a higher severity is refused; a lesser one may come") {
  CHECK(world(replace_bad("worse")).mend("bad").text == "bad");
  CHECK(reasons(world(replace_bad("worse")).mend("bad")) == "0 it would make a new finding: t.worse\n");
  CHECK(world(replace_bad("meh")).mend("bad").text == "meh");
}

TEST_CASE("a fix that damages the text is refused with the reason") {
  World w = world(replace_bad("good"));
  w.damage = [](std::string_view, std::string_view, const std::vector<Edit>& edits) {
    return edits.front().offset == 0 ? std::optional<std::string>("it breaks") : std::nullopt;
  };
  const Patch patch = w.mend("bad bad");
  CHECK(patch.text == "bad good");
  CHECK(reasons(patch) == "0 it breaks\n4 fixed\n");
}

TEST_CASE("suggestions, missing data and suppressed findings are told and not applied") {
  CHECK(reasons(world(replace_bad("good", FixTier::suggestion)).mend("bad")) ==
        "0 a suggestion only; it needs a person to judge\n");
  const auto needs = [](std::uint64_t) {
    Fix fix{"pin", FixTier::needs_data, {}, {}};
    fix.needs.push_back({DataKind::image_digest, "debian:12", {3, 0, "@{data}"}});
    return fix;
  };
  CHECK(reasons(world(needs).mend("bad")) ==
        "0 it needs the digest of debian:12, which no --fix-data gives\n");
  World w = world(replace_bad("good"));
  w.look = [inner = w.look](const std::string& text) {
    Looked looked = inner(text);
    looked.findings[0].status = FindingStatus::suppressed;
    return looked;
  };
  const Patch patch = w.mend("bad");
  CHECK(patch.text == "bad");
  CHECK(reasons(patch) == "0 the finding is suppressed\n");
}

TEST_CASE("a suppression that an edit would unhook counts as a new finding") {
  World w = world(replace_bad("good"));
  w.look = [inner = w.look](const std::string& text) {
    Looked looked = inner(text);
    add(looked, text, "worse", "t.quiet", Severity::high, {});
    if (text.starts_with("bad"))
      for (Finding& finding : looked.findings)
        if (finding.rule == "t.quiet") finding.status = FindingStatus::suppressed;
    return looked;
  };
  CHECK(w.mend("bad worse").text == "bad worse");
}

TEST_CASE("conflicting fixes are applied one after the other, and refused ones get another try") {
  // "bad" becomes "x" only where no "meh" is left, and "meh" goes by itself.
  World w;
  w.look = [](const std::string& text) {
    Looked looked;
    add(looked, text, "bad", "t.bad", Severity::medium, replace_bad("x"));
    add(looked, text, "meh", "t.meh", Severity::medium, replace_bad("y"));
    return looked;
  };
  w.damage = [](std::string_view before, std::string_view after, const std::vector<Edit>&) {
    const bool had = before.find("meh") != std::string_view::npos;
    const bool lost_bad =
        after.find("bad") == std::string_view::npos && before.find("bad") != std::string_view::npos;
    return had && lost_bad ? std::optional<std::string>("too early") : std::nullopt;
  };
  const Patch patch = w.mend("bad meh");
  CHECK(patch.text == "x y");
  CHECK(w.mend(patch.text).text == patch.text);
  CHECK(patch.settled);
}

TEST_CASE("fixes that feed each other come to an end that is reported") {
  World w;
  w.look = [](const std::string& text) {
    Looked looked;
    // Each fix makes another finding of the same rule further on.
    add(looked, text, "bad", "t.bad", Severity::medium, [end = text.size()](std::uint64_t at) {
      return Fix{"on", FixTier::safe, {{at, 3, "ok"}, {end, 0, " bad."}}, {}};
    });
    return looked;
  };
  const Patch patch = w.mend("bad.");
  CHECK_FALSE(patch.settled);
  CHECK(reasons(patch).find("the bound of") != std::string::npos);
}

TEST_CASE("a text whose result cannot be analysed stays as it is") {
  World w = world(replace_bad("good"));
  w.look = [inner = w.look](const std::string& text) {
    Looked looked = inner(text);
    if (text.find("good") != std::string::npos) {
      looked.status = CoverageStatus::failed;
      looked.reason = "no";
    }
    return looked;
  };
  CHECK(w.mend("bad").text == "bad");
}

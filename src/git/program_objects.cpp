#include "git/program_objects.h"

#include <charconv>
#include <optional>

#include "base/digest.h"
#include "git/object_signature.h"

namespace sluice::git {
namespace {

[[nodiscard]] tl::unexpected<Error> bad_object(const char* what) {
  return fail(ErrorKind::invalid, "git.read", std::string("a ") + what + " object that cannot be read");
}

[[nodiscard]] bool is_id(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// "Name <address> 1700000000 +0000"
struct Person {
  std::string address;
  std::int64_t time = 0;
};
Person parse_person(std::string_view line) {
  Person out;
  const std::size_t open = line.rfind('<');
  const std::size_t close = line.rfind('>');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return out;
  out.address = line.substr(open + 1, close - open - 1);
  std::string_view rest = line.substr(close + 1);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  std::from_chars(rest.data(), rest.data() + rest.size(), out.time);
  return out;
}

// One header with its continuation lines, which begin with a space.
struct Header {
  std::string_view name;
  std::string_view whole;  // with the final line break
  std::string value;       // continuation lines joined by line breaks
};
std::optional<Header> next_header(BytesView& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  Header out{line.substr(0, space), {}, std::string(line.substr(space + 1))};
  std::size_t at = end + 1;
  while (at < rest.size() && rest[at] == ' ') {
    std::size_t stop = rest.find('\n', at);
    if (stop == std::string_view::npos) stop = rest.size();
    out.value += "\n" + std::string(rest.substr(at + 1, stop - at - 1));
    at = std::min(stop + 1, rest.size());
  }
  out.whole = rest.substr(0, at);
  rest.remove_prefix(at);
  return out;
}

}  // namespace

Result<RawCommit> parse_raw_commit(BytesView object) {
  RawCommit out;
  BytesView rest = object;
  Bytes payload;
  while (const auto header = next_header(rest)) {
    if (header->name == "tree") out.tree = header->value;
    if (header->name == "parent") out.parents.push_back(header->value);
    if (header->name == "author") out.author = parse_person(header->value).address;
    if (header->name == "committer") {
      const Person person = parse_person(header->value);
      out.committer = person.address;
      out.time = person.time;
    }
    // Of SHA-256 repositories; `gpgsig` would be over the SHA-1 form of the commit. Neither was signed.
    if (header->name == "gpgsig-sha256") {
      if (!out.signature.empty()) return bad_object("commit");
      out.signature = header->value + "\n";
    } else if (header->name != "gpgsig") {
      payload += header->whole;
    }
  }
  if (!is_id(out.tree) || !rest.starts_with('\n')) return bad_object("commit");
  for (const std::string& parent : out.parents) {
    if (!is_id(parent)) return bad_object("commit");
  }
  if (!out.signature.empty()) out.payload = payload + Bytes(rest);
  std::string_view message = rest;
  while (message.starts_with('\n')) message.remove_prefix(1);
  out.subject = message.substr(0, message.find('\n'));
  return out;
}

Result<RawTag> parse_raw_tag(BytesView object) {
  RawTag out;
  BytesView rest = object;
  while (const auto header = next_header(rest)) {
    if (header->name == "object") out.target = header->value;
    if (header->name == "tag") out.name = header->value;
    if (header->name == "tagger") out.time = parse_person(header->value).time;
  }
  if (!is_id(out.target) || out.name.empty()) return bad_object("tag");
  const std::size_t at = signature_start(object);
  if (at == std::string_view::npos) return out;
  out.payload = object.substr(0, at);
  out.signature = object.substr(at);
  return out;
}

namespace {

constexpr std::size_t k_max_depth = 1000;  // folders in folders; each is a call of `folder`

class TreeHasher {
 public:
  explicit TreeHasher(const RawFiles& files) : next_(files.begin()), end_(files.end()) {}

  Result<Digest> folder(const std::string& prefix, std::size_t depth = 0) {
    if (depth > k_max_depth) return fail(ErrorKind::limit, "git.limit", "folders are nested too deep");
    std::map<std::string, std::string> entries;  // sorted as if the names of folders ended in "/"
    while (next_ != end_ && next_->first.starts_with(prefix)) {
      const std::string_view rest = std::string_view(next_->first).substr(prefix.size());
      const std::size_t slash = rest.find('/');
      const std::string name(rest.substr(0, slash));
      if (slash == std::string_view::npos) {
        const Bytes id = SLUICE_TRY(from_hex(next_->second.id));
        if (id.size() != 32) return bad_object("tree");
        entries[name] = next_->second.mode + " " + name + std::string(1, '\0') + id;
        ++next_;
      } else {
        const Digest id = SLUICE_TRY(folder(prefix + name + "/", depth + 1));
        entries[name + "/"] =
            "40000 " + name + std::string(1, '\0') + Bytes(id.raw().begin(), id.raw().end());
      }
    }
    std::string object;
    for (const auto& [key, entry] : entries) object += entry;
    return sha256("tree " + std::to_string(object.size()) + std::string(1, '\0') + object);
  }

 private:
  RawFiles::const_iterator next_;
  RawFiles::const_iterator end_;
};

}  // namespace

Result<std::string> raw_tree_id(const RawFiles& files) {
  const Digest id = SLUICE_TRY(TreeHasher(files).folder(""));
  return id.hex();
}

}  // namespace sluice::git

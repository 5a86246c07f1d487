#include "remote/answers.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/bytes.h"

namespace sluice::remote {
namespace {

constexpr std::size_t k_max_token_bytes = 64u << 10;
constexpr std::size_t k_max_challenges = 16;
constexpr std::size_t k_max_media_type = 255;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// A reader over one header's text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  void blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view token() {
    std::size_t end = 0;
    while (end < rest_.size() && is_token_char(rest_[end])) ++end;
    const std::string_view out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return out;
  }
  std::optional<std::string> quoted() {
    if (!take('"')) return std::nullopt;
    std::string out;
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (c == '\\') {
        if (rest_.empty()) return std::nullopt;
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
      out += c;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

tl::unexpected<Error> wrong(std::string code, const std::string& message) {
  return fail(ErrorKind::invalid, std::move(code), "the registry's answer: " + message);
}

Result<json::Value> parse_object(std::string_view text, std::string_view what, const std::string& code) {
  auto value = json::parse(text, what);
  if (!value) return wrong(code, std::string(what) + ": " + value.error().message);
  if (value->as_object() == nullptr) return wrong(code, std::string(what) + " is no object");
  return value;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view header) {
  std::vector<Challenge> out;
  Cursor at(header);
  while (out.size() < k_max_challenges) {
    at.blanks();
    while (at.take(',')) at.blanks();
    Challenge challenge;
    challenge.scheme = lowered(at.token());
    if (challenge.scheme.empty()) return out;
    bool more = true;
    while (more) {
      at.blanks();
      // "scheme name=value, name=value, scheme …": a name without "=" begins the next challenge.
      Cursor ahead = at;
      const std::string name = lowered(ahead.token());
      ahead.blanks();
      if (name.empty() || !ahead.take('=')) break;
      ahead.blanks();
      std::string value;
      if (ahead.rest().starts_with('"')) {
        auto quoted = ahead.quoted();
        if (!quoted) return out;
        value = std::move(*quoted);
      } else {
        value = std::string(ahead.token());
      }
      // Twice the same parameter: which one counts would be a guess.
      if (!challenge.parameters.emplace(name, std::move(value)).second) return out;
      ahead.blanks();
      more = ahead.take(',');
      at = ahead;
    }
    out.push_back(std::move(challenge));
    if (at.done()) return out;
  }
  return out;
}

Result<Token> parse_token(std::string_view text) {
  const json::Value value = SLUICE_TRY(parse_object(text, "token", "remote.token"));
  Token out;
  out.value = std::string(value.string_at("token"));
  if (out.value.empty()) out.value = std::string(value.string_at("access_token"));
  // It goes into a header: a line break in it would write headers of its own.
  if (out.value.empty() || out.value.size() > k_max_token_bytes || !printable(out.value))
    return wrong("remote.token", "it holds no usable token");
  if (const json::Value* lifetime = value.find("expires_in");
      lifetime != nullptr && lifetime->as_int() != nullptr)
    out.lifetime = std::chrono::seconds(std::clamp<std::int64_t>(*lifetime->as_int(), 0, 86'400));
  return out;
}

Result<Descriptor> parse_descriptor(const json::Value& value) {
  Descriptor out;
  out.media_type = std::string(value.string_at("mediaType"));
  if (out.media_type.empty() || out.media_type.size() > k_max_media_type || !printable(out.media_type))
    return wrong("remote.descriptor", "a descriptor has no media type");
  const auto digest = Digest::parse_oci(value.string_at("digest"));
  if (!digest) return wrong("remote.descriptor", "a descriptor has no sha256 digest");
  out.digest = *digest;
  const json::Value* size = value.find("size");
  if (size == nullptr || size->as_int() == nullptr || *size->as_int() < 0)
    return wrong("remote.descriptor", "a descriptor has no size");
  out.size = static_cast<std::uint64_t>(*size->as_int());
  out.artifact_type = std::string(value.string_at("artifactType"));
  if (const json::Value* annotations = value.find("annotations"); annotations != nullptr) {
    if (!annotations->is_null() && annotations->as_object() == nullptr)
      return wrong("remote.descriptor", "annotations are no object");
    out.annotations = *annotations;
  }
  return out;
}

json::Object descriptor_json(const Descriptor& descriptor) {
  json::Object out{
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest.oci()}, {"size", descriptor.size}};
  if (!descriptor.artifact_type.empty()) out.set("artifactType", descriptor.artifact_type);
  if (descriptor.annotations.as_object() != nullptr) out.set("annotations", descriptor.annotations);
  return out;
}

Result<std::vector<Descriptor>> parse_index(std::string_view text) {
  const json::Value index = SLUICE_TRY(parse_object(text, "index", "remote.index"));
  const std::string_view type = index.string_at("mediaType");
  if (!type.empty() && type != k_index_type && type != k_docker_index_type)
    return wrong("remote.index", "it is of type " + std::string(excerpt(type)) + ", not an image index");
  const json::Value* manifests = index.find("manifests");
  // Of an index without entries some registries write null, and some leave the list out.
  if (manifests == nullptr || manifests->is_null()) {
    if (index.find("layers") != nullptr || index.find("config") != nullptr)
      return wrong("remote.index", "it is a manifest, not an index");
    return std::vector<Descriptor>{};
  }
  if (manifests->as_array() == nullptr) return wrong("remote.index", "`manifests` is no list");
  if (manifests->as_array()->size() > k_max_index_entries)
    return fail(ErrorKind::limit, "remote.index",
                "the index has more than " + std::to_string(k_max_index_entries) + " entries");
  std::vector<Descriptor> out;
  for (const json::Value& entry : *manifests->as_array()) out.push_back(SLUICE_TRY(parse_descriptor(entry)));
  return out;
}

std::string write_index(const std::vector<Descriptor>& manifests) {
  json::Array list;
  for (const Descriptor& descriptor : manifests) list.emplace_back(descriptor_json(descriptor));
  return json::write(
      json::Object{{"schemaVersion", 2}, {"mediaType", k_index_type}, {"manifests", std::move(list)}});
}

Result<ManifestParts> parse_manifest(std::string_view text) {
  const json::Value manifest = SLUICE_TRY(parse_object(text, "manifest", "remote.manifest"));
  if (manifest.find("manifests") != nullptr)
    return wrong("remote.manifest", "it is an index, not a manifest (or both at once)");
  ManifestParts out;
  if (const json::Value* config = manifest.find("config"); config != nullptr && !config->is_null())
    out.config = SLUICE_TRY(parse_descriptor(*config));
  if (const json::Value* subject = manifest.find("subject"); subject != nullptr && !subject->is_null())
    out.subject = SLUICE_TRY(parse_descriptor(*subject));
  if (const json::Value* layers = manifest.find("layers"); layers != nullptr && !layers->is_null()) {
    if (layers->as_array() == nullptr || layers->as_array()->size() > k_max_index_entries)
      return wrong("remote.manifest", "`layers` is no list, or too long");
    for (const json::Value& layer : *layers->as_array())
      out.layers.push_back(SLUICE_TRY(parse_descriptor(layer)));
  }
  out.artifact_type = std::string(manifest.string_at("artifactType"));
  if (out.artifact_type.empty() && out.config) out.artifact_type = out.config->media_type;
  if (const json::Value* annotations = manifest.find("annotations");
      annotations != nullptr && annotations->as_object() != nullptr)
    out.annotations = *annotations;
  return out;
}

Result<std::vector<std::string>> parse_tags(std::string_view text) {
  const json::Value value = SLUICE_TRY(parse_object(text, "tags", "remote.tags"));
  std::vector<std::string> out;
  const json::Value* tags = value.find("tags");
  if (tags == nullptr || tags->is_null()) return out;
  if (tags->as_array() == nullptr) return wrong("remote.tags", "`tags` is no list");
  for (const json::Value& tag : *tags->as_array()) {
    if (tag.as_string() == nullptr) return wrong("remote.tags", "a tag is no text");
    out.push_back(*tag.as_string());
  }
  return out;
}

std::string next_link(std::string_view header) {
  for (std::size_t at = header.find('<'); at != std::string_view::npos; at = header.find('<', at)) {
    const std::size_t end = header.find('>', at);
    if (end == std::string_view::npos) return {};
    const std::string_view url = header.substr(at + 1, end - at - 1);
    const std::size_t stop = std::min(header.find('<', end), header.size());
    const std::string parameters = lowered(header.substr(end, stop - end));
    if (parameters.find("rel=\"next\"") != std::string::npos ||
        parameters.find("rel=next") != std::string::npos)
      return std::string(url);
    at = stop;
  }
  return {};
}

std::optional<std::uint64_t> parse_range_end(std::string_view header) {
  if (header.starts_with("bytes=")) header.remove_prefix(6);
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos || number_of(header.substr(0, dash)) != 0) return std::nullopt;
  const auto last = number_of(header.substr(dash + 1));
  if (!last || *last > (std::uint64_t{1} << 62)) return std::nullopt;
  return *last + 1;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view header, std::chrono::sys_seconds now) {
  if (const auto seconds = number_of(header)) {
    return std::chrono::seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(*seconds, 86'400)));
  }
  const std::string text(header);
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::chrono::sys_seconds when{std::chrono::seconds(::timegm(&parts))};
  return std::max(when - now, std::chrono::seconds(0));
}

std::string error_text(std::string_view body) {
  const auto value = json::parse(body, "error");
  const json::Value* errors = value ? value->find("errors") : nullptr;
  if (errors == nullptr || errors->as_array() == nullptr || errors->as_array()->empty()) {
    return std::string(excerpt(body));
  }
  const json::Value& first = errors->as_array()->front();
  return std::string(excerpt(first.string_at("code"))) + ": " +
         std::string(excerpt(first.string_at("message")));
}

}  // namespace sluice::remote

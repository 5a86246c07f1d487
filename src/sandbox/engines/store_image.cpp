#include "sandbox/engines/store_image.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include "base/json.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_block = 512;
constexpr std::size_t k_chunk_bytes = 1u << 20;
constexpr std::size_t k_max_inspect_bytes = 8u << 20;
constexpr std::uint64_t k_max_member = (1ull << 33) - 1;  // eleven octal digits
constexpr std::chrono::minutes k_load_deadline{10};

// A ustar header of a plain file (POSIX pax, "ustar Interchange Format").
Result<std::array<char, k_block>> header(const std::string& name, std::uint64_t size) {
  if (name.size() > 99 || size > k_max_member)
    return fail(ErrorKind::limit, "sandbox.image-size", "a layer is too large to be loaded: " + name);
  std::array<char, k_block> block{};
  const auto put = [&](std::size_t at, const std::string& text) {
    std::memcpy(block.data() + at, text.data(), text.size());
  };
  const auto octal = [](std::uint64_t value, std::size_t digits) {
    std::string text(digits, '0');
    for (std::size_t i = digits; i-- > 0; value >>= 3) text[i] = static_cast<char>('0' + (value & 7));
    return text;
  };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal(size, 11));
  put(136, "00000000000");
  put(148, "        ");
  block[156] = '0';
  put(257, std::string("ustar\0", 6) + "00");
  std::uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 6) + std::string("\0 ", 2));
  return block;
}

class Archive {
 public:
  explicit Archive(Fd fd) : fd_(std::move(fd)) {}

  Status add(const std::string& name, BytesView bytes) {
    const auto block = SLUICE_TRY(header(name, bytes.size()));
    SLUICE_CHECK(write_all(fd_.get(), {block.data(), block.size()}));
    SLUICE_CHECK(write_all(fd_.get(), bytes));
    return pad(bytes.size());
  }

  // The size is known only afterwards: the header is written over its gap then.
  Status add(const std::string& name, image::ByteSource& source) {
    const off_t at = ::lseek(fd_.get(), 0, SEEK_CUR);
    SLUICE_CHECK(write_all(fd_.get(), std::string(k_block, '\0')));
    std::string buffer(k_chunk_bytes, '\0');
    std::uint64_t size = 0;
    for (;;) {
      const std::size_t got = SLUICE_TRY(source.read(buffer.data(), buffer.size()));
      if (got == 0) break;
      SLUICE_CHECK(write_all(fd_.get(), BytesView(buffer).substr(0, got)));
      size += got;
    }
    SLUICE_CHECK(pad(size));
    const auto block = SLUICE_TRY(header(name, size));
    if (::pwrite(fd_.get(), block.data(), block.size(), at) == static_cast<ssize_t>(block.size())) return {};
    return fail_errno("sandbox.prepare", "cannot write an archive", errno);
  }

  Status finish() { return write_all(fd_.get(), std::string(2 * k_block, '\0')); }

 private:
  Status pad(std::uint64_t size) {
    return write_all(fd_.get(), std::string((k_block - size % k_block) % k_block, '\0'));
  }
  Fd fd_;
};

json::Array digests(const image::Image& image) {
  json::Array list;
  for (const image::Layer& layer : image.layers()) list.emplace_back(layer.diff_id.oci());
  return list;
}

}  // namespace

Result<StoreImage> parse_store_image(std::string_view text) {
  const auto bad = [](std::string_view what) {
    return fail(ErrorKind::io, "sandbox.inspect",
                "what the engine says of the image cannot be used: " + std::string(what));
  };
  if (text.size() > k_max_inspect_bytes) return bad("too long");
  const json::Value value = SLUICE_TRY(json::parse(text, "image inspect"));
  const json::Array* list = value.as_array();
  if (list == nullptr || list->size() != 1 || list->front().as_object() == nullptr)
    return bad("not one image");
  const json::Value& one = list->front();
  std::string id(one.string_at("Id"));
  if (id.size() == 64) id.insert(0, "sha256:");  // podman leaves the algorithm out
  StoreImage image;
  const auto parsed = Digest::parse_oci(id);
  if (!parsed) return bad("no digest");
  image.id = *parsed;
  image.names.push_back(image.id);
  const auto add = [&](std::string_view name) {
    const std::size_t at = name.rfind("sha256:");
    if (at == std::string_view::npos) return;
    if (const auto digest = Digest::parse_oci(name.substr(at))) image.names.push_back(*digest);
  };
  add(one.string_at("Digest"));
  const json::Value* names = one.find("RepoDigests");
  const json::Array* digests = names == nullptr ? nullptr : names->as_array();
  if (digests == nullptr) return image;
  for (const json::Value& name : *digests) {
    if (const std::string* word = name.as_string()) add(*word);
  }
  return image;
}

Status check_store_image(const StoreImage& named, const image::Image& image) {
  const auto& indexes = image.index_digests();
  if (image.config_digest() == named.id || image.manifest_digest() == named.id ||
      std::find(indexes.begin(), indexes.end(), named.id) != indexes.end()) {
    return {};
  }
  return fail(ErrorKind::io, "sandbox.image-differs",
              "the engine names " + named.id.oci() + " and wrote an image whose configuration is " +
                  image.config_digest().oci(),
              "something changed the name meanwhile: try again");
}

Status write_loadable(const image::Image& image, const std::string& name, const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) return fail_errno("sandbox.prepare", "cannot make " + path, errno);
  Archive archive(std::move(fd));
  json::Array files;
  std::set<std::string> written;
  for (std::size_t i = 0; i < image.layers().size(); ++i) {
    const std::string file = image.layers()[i].diff_id.hex() + ".tar";
    files.emplace_back(file);
    if (!written.insert(file).second) continue;
    SLUICE_CHECK(image.with_layer_stream(i, [&](image::ByteSource& tar) { return archive.add(file, tar); }));
  }
  const std::string config = image.config_digest().hex() + ".json";
  SLUICE_CHECK(archive.add(config, image.config_bytes()));
  const json::Array manifest{
      json::Object{{"Config", config}, {"RepoTags", json::Array{name}}, {"Layers", std::move(files)}}};
  SLUICE_CHECK(archive.add("manifest.json", json::write(manifest)));
  return archive.finish();
}

Status load_image(const ToolRunner& runner, const image::Image& image, const std::string& name,
                  const std::string& folder) {
  const std::string path = folder + "/load.tar";
  const Status written = write_loadable(image, name, path);
  auto loaded = written ? runner.output({"", "load", "--input", path}, k_load_deadline)
                        : Result<std::string>(tl::unexpected(written.error()));
  ::unlink(path.c_str());
  if (!loaded)
    return tl::unexpected(with_context(std::move(loaded.error()), "giving the image to the engine"));
  const std::string layers =
      SLUICE_TRY(runner.output({"", "image", "inspect", "--format", "{{json .RootFS.Layers}}", name}));
  const json::Value value = SLUICE_TRY(json::parse(layers, "image inspect"));
  const bool none = value.is_null() && image.layers().empty();
  if (none || value == json::Value(digests(image))) return {};
  return fail(ErrorKind::io, "sandbox.image-differs", "the engine's copy of the image has other layers");
}

}  // namespace sluice::sandbox

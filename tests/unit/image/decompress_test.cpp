#include "image/decompress.h"

#include <doctest/doctest.h>
#include <ostream>

#include "image/write.h"
#include "support.h"

namespace sluice::image {
namespace {

using test::code_of;

Result<Bytes> expand(BytesView bytes, Compression compression, const ExpansionLimits& limits = {}) {
  MemorySource source(bytes);
  return read_all(*decompress(source, compression, limits), std::uint64_t{1} << 32, "the test");
}

// Gives one byte a time: every state of a decoder is met at a buffer's end.
class TrickleSource final : public ByteSource {
 public:
  explicit TrickleSource(BytesView bytes) : inner_(bytes) {}
  Result<std::size_t> read(char* buffer, std::size_t size) override {
    return inner_.read(buffer, size == 0 ? 0 : 1);
  }

 private:
  MemorySource inner_;
};

const std::vector<Compression> k_both{Compression::gzip, Compression::zstd};

Bytes sample() {
  Bytes bytes;
  for (int i = 0; i < 60'000; ++i) bytes += std::to_string(i * 7919);
  return bytes;
}

TEST_CASE("what was compressed comes back") {
  for (const Compression compression : k_both) {
    CAPTURE(to_string(compression));
    const Bytes packed = compress(sample(), compression).value();
    CHECK(detect_compression(packed) == compression);
    CHECK(expand(packed, compression).value() == sample());
    TrickleSource trickle(packed);
    CHECK(read_all(*decompress(trickle, compression), 1u << 30, "the test").value() == sample());
    CHECK(expand(compress("", compression).value(), compression).value().empty());
  }
  CHECK(expand("plain", Compression::none).value() == "plain");
}

TEST_CASE("several gzip members and several zstd frames are one stream") {
  for (const Compression compression : k_both) {
    const Bytes packed = compress("one ", compression).value() + compress("", compression).value() +
                         compress("two", compression).value();
    CHECK(expand(packed, compression).value() == "one two");
  }
}

TEST_CASE("a truncated stream is an error at every length") {
  for (const Compression compression : k_both) {
    const Bytes packed = compress("some content that is compressed", compression).value();
    for (std::size_t size = 0; size < packed.size(); ++size) {
      CAPTURE(size);
      CHECK_FALSE(expand(BytesView(packed).substr(0, size), compression).has_value());
    }
    CHECK(code_of(expand(BytesView(packed).substr(0, packed.size() - 1), compression)) == "image.truncated");
  }
}

TEST_CASE("bytes behind the last member are an error, not ignored") {
  for (const Compression compression : k_both) {
    const Bytes packed = compress("content", compression).value();
    CHECK_FALSE(expand(packed + "junk!", compression).has_value());
    CHECK_FALSE(expand(packed + Bytes(512, '\0'), compression).has_value());
  }
}

TEST_CASE("a wrong checksum of gzip is an error") {
  Bytes packed = compress("content", Compression::gzip).value();
  packed[packed.size() - 8] = static_cast<char>(packed[packed.size() - 8] ^ 1);
  CHECK(code_of(expand(packed, Compression::gzip)) == "image.gzip");
}

TEST_CASE("a bomb is stopped by its ratio, and by the number of bytes") {
  const Bytes zeros(4u << 20, '\0');
  for (const Compression compression : k_both) {
    const Bytes packed = compress(zeros, compression).value();
    ExpansionLimits ratio;
    ratio.ratio_floor = 1u << 20;
    CHECK(code_of(expand(packed, compression, ratio)) == "image.expansion");
    ExpansionLimits bytes;
    bytes.bytes = 1u << 20;
    CHECK(code_of(expand(packed, compression, bytes)) == "image.expansion");
    CHECK(expand(packed, compression).value() == zeros);  // small enough not to matter
  }
  ExpansionLimits bytes;
  bytes.bytes = 10;
  CHECK(code_of(expand("more than ten bytes", Compression::none, bytes)) == "image.expansion");
}

TEST_CASE("read_all takes exactly the limit and not one byte more") {
  MemorySource exact("12345");
  CHECK(read_all(exact, 5, "it").value() == "12345");
  MemorySource more("123456");
  CHECK(code_of(read_all(more, 5, "it")) == "image.too-large");
}

}  // namespace
}  // namespace sluice::image

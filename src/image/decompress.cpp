// The only user of zlib's inflate and of zstd's decompressor.
#include "image/decompress.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <string>

namespace sluice::image {
namespace {

constexpr int k_gzip_window = 15 + 16;     // 32 KiB window, gzip header expected
constexpr int k_zstd_max_window_log = 27;  // 128 MiB, the decoder's own default bound

// Input buffering and the accounting against the limits, common to both formats.
class Expander : public ByteSource {
 public:
  Expander(ByteSource& source, const ExpansionLimits& limits) : source_(source), limits_(limits) {}

 protected:
  // Makes input available; false at the end of the source.
  Result<bool> fill() {
    if (position_ < filled_) return true;
    if (input_.empty()) input_.resize(k_chunk_bytes);
    filled_ = SLUICE_TRY(source_.read(input_.data(), input_.size()));
    position_ = 0;
    consumed_ += filled_;
    return filled_ > 0;
  }

  Result<std::size_t> account(std::size_t produced) {
    expanded_ += produced;
    if (expanded_ > limits_.bytes) {
      return fail(ErrorKind::limit, "image.expansion",
                  "the content expands to more than " + std::to_string(limits_.bytes) + " bytes");
    }
    if (expanded_ > limits_.ratio_floor &&
        expanded_ / std::max<std::uint64_t>(consumed_, 1) >= limits_.ratio) {
      return fail(ErrorKind::limit, "image.expansion",
                  "the content expands more than " + std::to_string(limits_.ratio) + "-fold",
                  "this is the shape of a decompression bomb");
    }
    return produced;
  }

  std::string input_;
  std::size_t position_ = 0;
  std::size_t filled_ = 0;

 private:
  ByteSource& source_;
  ExpansionLimits limits_;
  std::uint64_t consumed_ = 0;
  std::uint64_t expanded_ = 0;
};

class PlainSource final : public Expander {
 public:
  using Expander::Expander;
  Result<std::size_t> read(char* buffer, std::size_t size) override {
    if (!SLUICE_TRY(fill())) return std::size_t{0};
    const std::size_t count = std::min(size, filled_ - position_);
    std::copy_n(input_.data() + position_, count, buffer);
    position_ += count;
    return account(count);
  }
};

class GzipSource final : public Expander {
 public:
  using Expander::Expander;
  ~GzipSource() override {
    if (started_) inflateEnd(&stream_);
  }

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    if (size == 0) return std::size_t{0};
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));
    const uInt room = stream_.avail_out;
    while (stream_.avail_out == room) {
      if (!SLUICE_TRY(fill())) {
        if (in_member_ || !started_)
          return fail(ErrorKind::invalid, "image.truncated", "the gzip stream ends early");
        return std::size_t{0};
      }
      if (!in_member_) SLUICE_CHECK(begin_member());
      SLUICE_CHECK(step());
    }
    return account(room - stream_.avail_out);
  }

 private:
  Status begin_member() {
    const int code = started_ ? inflateReset(&stream_) : inflateInit2(&stream_, k_gzip_window);
    if (code != Z_OK) return fail(ErrorKind::internal, "image.gzip", "zlib cannot start");
    started_ = true;
    in_member_ = true;
    return {};
  }

  Status step() {
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data() + position_);
    stream_.avail_in = static_cast<uInt>(filled_ - position_);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    position_ = filled_ - stream_.avail_in;
    if (code == Z_STREAM_END) {
      in_member_ = false;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return fail(
          ErrorKind::invalid, "image.gzip",
          std::string("the gzip stream is broken: ") + (stream_.msg != nullptr ? stream_.msg : "bad data"));
    }
    return {};
  }

  z_stream stream_{};
  bool started_ = false;
  bool in_member_ = false;
};

class ZstdSource final : public Expander {
 public:
  ZstdSource(ByteSource& source, const ExpansionLimits& limits)
      : Expander(source, limits), context_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {
    if (context_) ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, k_zstd_max_window_log);
  }

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    if (!context_) return fail(ErrorKind::internal, "image.zstd", "zstd cannot start");
    if (size == 0) return std::size_t{0};
    ZSTD_outBuffer out{buffer, size, 0};
    while (out.pos == 0) {
      // A frame may still hold output although its input is used up, so the decoder is asked before the end
      // is believed.
      const bool more = SLUICE_TRY(fill());
      ZSTD_inBuffer in{input_.data(), filled_, position_};
      if (!more) in.size = in.pos = 0;
      const std::size_t code = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_isError(code) != 0U) {
        return fail(ErrorKind::invalid, "image.zstd",
                    std::string("the zstd stream is broken: ") + ZSTD_getErrorName(code));
      }
      if (!more && out.pos == 0) {
        if (frame_open_ || !started_)
          return fail(ErrorKind::invalid, "image.truncated", "the zstd stream ends early");
        return std::size_t{0};
      }
      if (more) position_ = in.pos;
      frame_open_ = code != 0;
      started_ = true;
    }
    return account(out.pos);
  }

 private:
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  bool frame_open_ = false;
  bool started_ = false;
};

}  // namespace

std::string_view to_string(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
    case Compression::none:
      break;
  }
  return "none";
}

Compression detect_compression(BytesView start) {
  if (start.starts_with("\x1f\x8b\x08")) return Compression::gzip;
  if (start.starts_with("\x28\xb5\x2f\xfd")) return Compression::zstd;
  // A skippable frame (0x184D2A5?) may precede the first data frame, as in seekable and chunked zstd.
  if (start.size() >= 4 && (static_cast<unsigned char>(start[0]) & 0xf0u) == 0x50u &&
      start.substr(1, 3) == "\x2a\x4d\x18") {
    return Compression::zstd;
  }
  return Compression::none;
}

std::unique_ptr<ByteSource> decompress(ByteSource& source, Compression compression,
                                       const ExpansionLimits& limits) {
  switch (compression) {
    case Compression::gzip:
      return std::make_unique<GzipSource>(source, limits);
    case Compression::zstd:
      return std::make_unique<ZstdSource>(source, limits);
    case Compression::none:
      break;
  }
  return std::make_unique<PlainSource>(source, limits);
}

}  // namespace sluice::image

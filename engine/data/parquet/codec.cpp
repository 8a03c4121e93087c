// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/codec.h"

#include <brotli/decode.h>
#include <fmt/format.h>
#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>

#include "data/parquet/snappy.h"

namespace rosa::data::parquet {
namespace {

constexpr std::size_t kFirstPiece = std::size_t{64} << 10U;

/// A text that grows towards its claimed size no faster than it is filled.
class Output {
 public:
  Output(std::string& text, std::size_t size) : text_(text), size_(size) {
    text_.resize(std::min(size_, std::max(text_.capacity(), kFirstPiece)));
  }
  [[nodiscard]] char* free() { return text_.data() + filled_; }
  [[nodiscard]] std::size_t room() const { return text_.size() - filled_; }
  [[nodiscard]] bool full() const { return filled_ == size_; }
  void fill(std::size_t bytes) {
    filled_ += bytes;
    if (filled_ == text_.size() && filled_ < size_) text_.resize(std::min(size_, 2 * text_.size()));
  }

 private:
  std::string& text_;
  std::size_t size_;
  std::size_t filled_ = 0;
};

Error damaged(std::string_view codec) {
  return Error{fmt::format("a page of it is no sound {}", codec)};
}

Status inflateGzip(std::string_view packed, std::size_t size, std::string& plain) {
  constexpr int kGzipOrZlib = 15 + 32;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOrZlib) != Z_OK) return Error{"there is no memory to decompress a page"};
  const std::unique_ptr<z_stream, int (*)(z_stream*)> closing(&stream, inflateEnd);
  Output output(plain, size);
  // zlib does not write to what it reads, but its older headers do not say so.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(output.free());
    stream.avail_out = static_cast<uInt>(output.room());
    const uInt room = stream.avail_out;
    const uInt waiting = stream.avail_in;
    const int result = inflate(&stream, Z_NO_FLUSH);
    const uInt got = room - stream.avail_out;
    output.fill(got);
    if (result == Z_STREAM_END) {
      // A page may hold several gzip files, one behind the other.
      if (output.full()) return {};
      if (stream.avail_in == 0 || inflateReset(&stream) != Z_OK) return damaged("gzip");
    } else if (result != Z_OK || (got == 0 && stream.avail_in == waiting)) {
      return damaged("gzip");
    }
  }
}

Status inflateZstd(std::string_view packed, std::size_t size, std::string& plain) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (!context) return Error{"there is no memory to decompress a page"};
  Output output(plain, size);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  while (!output.full()) {
    const std::size_t before = in.pos;
    ZSTD_outBuffer out{output.free(), output.room(), 0};
    if (ZSTD_isError(ZSTD_decompressStream(context.get(), &out, &in)) != 0U) return damaged("zstd");
    if (out.pos == 0 && in.pos == before) return damaged("zstd");
    output.fill(out.pos);
  }
  return {};
}

Status inflateBrotli(std::string_view packed, std::size_t size, std::string& plain) {
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  if (!state) return Error{"there is no memory to decompress a page"};
  Output output(plain, size);
  const auto* in = reinterpret_cast<const std::uint8_t*>(packed.data());
  std::size_t waiting = packed.size();
  while (!output.full()) {
    auto* out = reinterpret_cast<std::uint8_t*>(output.free());
    const std::size_t room = output.room();
    std::size_t left = room;
    const auto result = BrotliDecoderDecompressStream(state.get(), &waiting, &in, &left, &out, nullptr);
    output.fill(room - left);
    if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && !output.full()) return damaged("brotli");
  }
  return {};
}

/// An LZ4 block; of its bytes, no more than 255 come from each that is stored.
Status inflateLz4Block(std::string_view packed, std::size_t size, char* plain) {
  constexpr std::size_t kLargest = std::numeric_limits<int>::max();
  if (packed.size() > kLargest || size > kLargest) return damaged("LZ4");
  const int got = LZ4_decompress_safe(packed.data(), plain, static_cast<int>(packed.size()), static_cast<int>(size));
  if (got < 0 || static_cast<std::size_t>(got) != size) return damaged("LZ4");
  return {};
}

std::size_t readBigEndian(std::string_view bytes) {
  std::size_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8U | static_cast<std::uint8_t>(byte);
  return value;
}

/// Hadoop's frames around LZ4 blocks: before each its size decompressed and its size as stored, in 4 bytes.
Status inflateHadoopFrames(std::string_view packed, std::string& plain) {
  constexpr std::size_t kHead = 8;
  std::size_t filled = 0;
  while (!packed.empty()) {
    if (packed.size() < kHead) return damaged("LZ4");
    const std::size_t size = readBigEndian(packed);
    const std::size_t stored = readBigEndian(packed.substr(4));
    packed.remove_prefix(kHead);
    if (stored > packed.size() || size > plain.size() - filled) return damaged("LZ4");
    ROSA_CHECK(inflateLz4Block(packed.substr(0, stored), size, plain.data() + filled));
    filled += size;
    packed.remove_prefix(stored);
  }
  if (filled != plain.size()) return damaged("LZ4");
  return {};
}

Status inflateLz4(Codec codec, std::string_view packed, std::size_t size, std::string& plain) {
  constexpr std::size_t kLargestRatio = 255;
  constexpr std::size_t kSpare = 64;
  if (size > packed.size() * kLargestRatio + kSpare) return damaged("LZ4");
  plain.resize(size);
  // The older codec has Hadoop's frames, but some writers left them out.
  if (codec == Codec::Lz4Hadoop && inflateHadoopFrames(packed, plain)) return {};
  return inflateLz4Block(packed, size, plain.data());
}

}  // namespace

Status decompress(Codec codec, std::string_view packed, std::size_t size, std::string& plain) {
  plain.clear();
  if (size == 0) return {};
  switch (codec) {
    case Codec::None:
      if (packed.size() != size) return Error{"a page of it has another size than it says"};
      plain = packed;
      return {};
    case Codec::Snappy:
      return decompressSnappy(packed, size, plain);
    case Codec::Gzip:
      return inflateGzip(packed, size, plain);
    case Codec::Brotli:
      return inflateBrotli(packed, size, plain);
    case Codec::Zstd:
      return inflateZstd(packed, size, plain);
    case Codec::Lz4Hadoop:
    case Codec::Lz4:
      return inflateLz4(codec, packed, size, plain);
    case Codec::Lzo:
      break;
  }
  return Error{"it is compressed with LZO, which is not read"};
}

}  // namespace rosa::data::parquet

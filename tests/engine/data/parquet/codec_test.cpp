// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/codec.h"

#include <gtest/gtest.h>
#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

#include "engine/data/temporary_folder.h"

namespace rosa::data::parquet {
namespace {

using namespace std::string_literals;

/// The text, or the reason that there is none.
std::string plainOf(Codec codec, std::string_view packed, std::size_t size) {
  std::string plain = "from the page before";
  const Status status = decompress(codec, packed, size, plain);
  return status ? plain : status.error().message;
}

/// Long, and easy to compress.
std::string longText() {
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += "row " + std::to_string(i % 700) + "; ";
  return text;
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  std::string copy = text;
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

std::string lz4(const std::string& text) {
  std::string packed(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(text.size()))), '\0');
  packed.resize(static_cast<std::size_t>(LZ4_compress_default(text.data(), packed.data(), static_cast<int>(text.size()),
                                                              static_cast<int>(packed.size()))));
  return packed;
}

std::string bigEndian(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> static_cast<unsigned>(shift));
  return bytes;
}

TEST(Codec, GivesBackLongTexts) {
  const std::string text = longText();
  EXPECT_EQ(plainOf(Codec::None, text, text.size()), text);
  EXPECT_EQ(plainOf(Codec::Gzip, gzip(text), text.size()), text);
  EXPECT_EQ(plainOf(Codec::Gzip, gzip(text) + gzip("more"), text.size() + 4), text + "more");
  EXPECT_EQ(plainOf(Codec::Zstd, zstd(text), text.size()), text);
  EXPECT_EQ(plainOf(Codec::Zstd, zstd(text) + zstd("more"), text.size() + 4), text + "more");
  EXPECT_EQ(plainOf(Codec::Lz4, lz4(text), text.size()), text);
}

TEST(Codec, ReadsTheOlderLz4WithAndWithoutHadoopsFrames) {
  const std::string text = longText();
  const auto frame = [](const std::string& part) {
    const std::string packed = lz4(part);
    return bigEndian(part.size()) + bigEndian(packed.size()) + packed;
  };
  EXPECT_EQ(plainOf(Codec::Lz4Hadoop, frame(text) + frame("more"), text.size() + 4), text + "more");
  EXPECT_EQ(plainOf(Codec::Lz4Hadoop, lz4(text), text.size()), text);
  EXPECT_EQ(plainOf(Codec::Lz4Hadoop, frame(text), text.size() + 1), "a page of it is no sound LZ4");
}

TEST(Codec, AnEmptyPageNeedsNoBytes) {
  for (const Codec codec : {Codec::None, Codec::Snappy, Codec::Gzip, Codec::Brotli, Codec::Lz4, Codec::Zstd}) {
    EXPECT_EQ(plainOf(codec, "", 0), "");
  }
}

TEST(Codec, RefusesOtherSizesThanClaimed) {
  const std::string text = longText();
  const std::size_t huge = std::size_t{1} << 30U;
  for (const std::size_t size : {text.size() - 1, text.size() + 1, huge}) {
    EXPECT_TRUE(contains(plainOf(Codec::Gzip, gzip(text), size), "no sound gzip"));
    EXPECT_TRUE(contains(plainOf(Codec::Lz4, lz4(text), size), "no sound LZ4"));
    EXPECT_TRUE(contains(plainOf(Codec::None, text, size), "another size"));
  }
  EXPECT_TRUE(contains(plainOf(Codec::Zstd, zstd(text), huge), "no sound zstd"));
  EXPECT_TRUE(contains(plainOf(Codec::Brotli, text, text.size()), "no sound brotli"));
  EXPECT_TRUE(contains(plainOf(Codec::Lzo, text, text.size()), "LZO"));
}

TEST(Snappy, ReadsLiteralsAndCopies) {
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\x03\x08"
                    "abc"s,
                    3),
            "abc");
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\x0A\x08"
                    "abc\x0D\x03"s,
                    10),
            "abcabcabca")
      << "a copy that overlaps itself";
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\x06\x08"
                    "abc\x0A\x03\x00"s,
                    6),
            "abcabc")
      << "an offset of two bytes";
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\x06\x08"
                    "abc\x0B\x03\x00\x00\x00"s,
                    6),
            "abcabc")
      << "an offset of four bytes";
  const std::string literal(300, 'x');
  EXPECT_EQ(plainOf(Codec::Snappy, "\xAC\x02\xF4\x2B\x01"s + literal, 300), literal) << "a length of two bytes";
}

TEST(Snappy, RefusesWhatDoesNotAddUp) {
  const char* refused = "a page of it is no sound Snappy";
  EXPECT_EQ(plainOf(Codec::Snappy, "", 3), refused);
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\x04\x08"
                    "abc"s,
                    3),
            refused)
      << "another size than the page";
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\x04\x08"
                    "abc"s,
                    4),
            refused)
      << "a byte too few";
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\x02\x08"
                    "abc"s,
                    2),
            refused)
      << "a byte too many";
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\x03\x08"
                    "ab"s,
                    3),
            refused)
      << "a literal cut short";
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\x06\x08"
                    "abc\x0A\x04\x00"s,
                    6),
            refused)
      << "a copy from before the beginning";
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\x06\x08"
                    "abc\x0A\x00\x00"s,
                    6),
            refused)
      << "a copy from itself";
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\x06\x08"
                    "abc\x0A\x03"s,
                    6),
            refused)
      << "an offset cut short";
  EXPECT_EQ(plainOf(Codec::Snappy,
                    "\xFF\xFF\xFF\xFF\x03\x08"
                    "abc"s,
                    (std::size_t{1} << 30U) - 1),
            refused);
}

}  // namespace
}  // namespace rosa::data::parquet

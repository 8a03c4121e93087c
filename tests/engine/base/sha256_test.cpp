// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/sha256.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/atomic_write.h"
#include "support/process.h"

namespace rosa::base {
namespace {

using Implementation = Sha256::Implementation;

std::string hashOf(std::string_view text, Implementation implementation = Implementation::Portable) {
  Sha256 hash(implementation);
  hash.update(std::as_bytes(std::span(text)));
  return hash.finish();
}

class Sha256Test : public testing::TestWithParam<Implementation> {};

INSTANTIATE_TEST_SUITE_P(BothWays, Sha256Test, testing::Values(Implementation::Fastest, Implementation::Portable));

TEST_P(Sha256Test, AgreesWithThePublishedExamples) {
  const auto hash = [](std::string_view text) { return hashOf(text, GetParam()); };
  // NIST's examples for FIPS 180-4.
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_P(Sha256Test, DoesNotDependOnHowTheBytesArrive) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  for (std::size_t piece = 1; piece <= 200; ++piece) {
    Sha256 hash(GetParam());
    for (std::size_t at = 0; at < text.size(); at += piece) {
      hash.update(std::as_bytes(std::span(text).subspan(at, std::min(piece, text.size() - at))));
    }
    ASSERT_EQ(hash.finish(), hashOf(text)) << piece;
  }
}

TEST(FileDigestTest, ReadsAFileLargerThanItsBuffer) {
  const test::TemporaryFolder folder;
  const std::string text(3'000'001, 'x');
  ASSERT_TRUE(writeFileAtomically(FileSystem::real(), folder.path() / "f", text));
  const auto digest = digestFile(FileSystem::real(), folder.path() / "f");
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->bytes, text.size());
  EXPECT_EQ(digest->sha256, hashOf(text));
}

}  // namespace
}  // namespace rosa::base

// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/page_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "base/text.h"
#include "data/parquet/codec.h"

namespace rosa::data::parquet {
namespace {

std::uint32_t checksumOf(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

Expected<Page> PageReader::next() {
  Page page;
  do {
    ROSA_TRY(page.header, readHeader());
    if (page.header.bytes > end_ - at_) return Error{"a page of it reaches over its end"};
    if (page.header.plainBytes > kLargestPageBytes) {
      return Error{fmt::format("a page of it has more than {}", base::formatBytes(kLargestPageBytes))};
    }
    at_ += page.header.bytes;
  } while (page.header.kind == PageHeader::Kind::Index);

  const PageHeader& header = page.header;
  ROSA_CHECK(readBytes(at_ - header.bytes, header.bytes, stored_));
  if (header.checksum && *header.checksum != checksumOf(stored_)) {
    return Error{"a page of it does not have the checksum that it should have"};
  }
  std::string_view packed = stored_;
  std::size_t size = header.plainBytes;
  const bool levelsApart = header.kind == PageHeader::Kind::DataV2;
  if (levelsApart) {
    const std::size_t levels = header.repetitionBytes + header.definitionBytes;
    if (levels > packed.size() || levels > size) return Error{"a page of it has levels larger than itself"};
    page.repetition = packed.substr(0, header.repetitionBytes);
    page.definition = packed.substr(header.repetitionBytes, header.definitionBytes);
    packed.remove_prefix(levels);
    size -= levels;
  }
  const Codec codec = levelsApart && !header.compressed ? Codec::None : codec_;
  ROSA_CHECK(decompress(codec, packed, size, plain_));
  page.body = plain_;
  return page;
}

Expected<PageHeader> PageReader::readHeader() {
  // Short but for the smallest and largest values that some writers put into it.
  constexpr std::size_t kUsual = 256;
  constexpr std::size_t kLongest = std::size_t{16} << 20U;
  for (std::size_t size = kUsual;; size *= 8) {
    const std::size_t part = std::min<std::uint64_t>(size, end_ - at_);
    ROSA_CHECK(readBytes(at_, part, stored_));
    ROSA_TRY(const ReadPageHeader read, readPageHeader(stored_));
    if (read.size > 0) {
      at_ += read.size;
      return read.header;
    }
    if (part == end_ - at_ || part >= kLongest) return Error{"it ends within a page"};
  }
}

Status PageReader::readBytes(std::uint64_t offset, std::size_t size, std::string& bytes) {
  Status status = source_.read(offset, size, bytes);
  failed_ = !status;
  return status;
}

}  // namespace rosa::data::parquet

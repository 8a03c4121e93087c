// SPDX-License-Identifier: GPL-3.0-or-later
#include "gguf/gguf_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <numeric>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/checked.h"
#include "base/text.h"
#include "gguf/blocks.h"
#include "gguf/head_reader.h"

namespace rosa::gguf {
namespace {

using base::inQuotes;

constexpr std::string_view kMagic = "GGUF";
constexpr std::string_view kArchitectureKey = "general.architecture";
constexpr std::string_view kAlignmentKey = "general.alignment";
constexpr std::uint64_t kLongestText = std::uint64_t{64} << 20;
constexpr int kDeepestArray = 8;

/// Sentences that do not name the file yet.
Error unsound(const std::string& reason) {
  return Error{reason};
}

/// Everything before the tensors' data.
struct Head {
  std::uint32_t version = 0;
  Metadata metadata;
  std::vector<TensorInfo> tensors;
  std::uint64_t end = 0;
};

template <typename T>
Expected<Value> numberOf(HeadReader& in) {
  ROSA_TRY(const T value, in.number<T>());
  return Value(value);
}

Expected<bool> truthOf(HeadReader& in) {
  ROSA_TRY(const auto byte, in.number<std::uint8_t>());
  if (byte > 1) return in.failure(fmt::format("is neither true nor false but {}", byte));
  return byte == 1;
}

template <typename T>
Expected<Array> numbersOf(HeadReader& in, std::uint64_t count) {
  ROSA_CHECK(in.fits(count, sizeof(T)));
  std::vector<T> list(static_cast<std::size_t>(count));
  ROSA_CHECK(in.fill(std::as_writable_bytes(std::span(list))));
  return Array{std::move(list)};
}

Expected<Array> readArray(HeadReader& in, int depth);

/// Of strings, truth values and arrays, which are read one by one. Grows as it goes: a count alone allocates nothing.
template <typename T, typename ReadOne>
Expected<Array> listOf(HeadReader& in, std::uint64_t count, std::uint64_t least, ReadOne readOne) {
  ROSA_CHECK(in.fits(count, least));
  std::vector<T> list;
  for (std::uint64_t i = 0; i < count; ++i) {
    ROSA_TRY(auto one, readOne(in));
    list.push_back(std::move(one));
  }
  return Array{std::move(list)};
}

// NOLINTNEXTLINE(misc-no-recursion): no deeper than kDeepestArray
Expected<Array> readArray(HeadReader& in, int depth) {
  if (depth > kDeepestArray) return in.failure(fmt::format("holds arrays more than {} deep", kDeepestArray));
  ROSA_TRY(const auto type, in.number<std::uint32_t>());
  ROSA_TRY(const auto count, in.number<std::uint64_t>());
  constexpr std::uint64_t kEmptyText = 8, kEmptyArray = 12;
  switch (type) {
    case 0:
      return numbersOf<std::uint8_t>(in, count);
    case 1:
      return numbersOf<std::int8_t>(in, count);
    case 2:
      return numbersOf<std::uint16_t>(in, count);
    case 3:
      return numbersOf<std::int16_t>(in, count);
    case 4:
      return numbersOf<std::uint32_t>(in, count);
    case 5:
      return numbersOf<std::int32_t>(in, count);
    case 6:
      return numbersOf<float>(in, count);
    case 7:
      return listOf<bool>(in, count, 1, truthOf);
    case 8:
      return listOf<std::string>(in, count, kEmptyText, [](HeadReader& from) { return from.text(kLongestText); });
    case 9:
      return listOf<Array>(in, count, kEmptyArray, [depth](HeadReader& from) { return readArray(from, depth + 1); });
    case 10:
      return numbersOf<std::uint64_t>(in, count);
    case 11:
      return numbersOf<std::int64_t>(in, count);
    case 12:
      return numbersOf<double>(in, count);
    default:
      return in.failure(fmt::format("is an array of the unknown type {}", type));
  }
}

Expected<Value> readValue(HeadReader& in) {
  ROSA_TRY(const auto type, in.number<std::uint32_t>());
  switch (type) {
    case 0:
      return numberOf<std::uint8_t>(in);
    case 1:
      return numberOf<std::int8_t>(in);
    case 2:
      return numberOf<std::uint16_t>(in);
    case 3:
      return numberOf<std::int16_t>(in);
    case 4:
      return numberOf<std::uint32_t>(in);
    case 5:
      return numberOf<std::int32_t>(in);
    case 6:
      return numberOf<float>(in);
    case 7: {
      ROSA_TRY(const bool truth, truthOf(in));
      return Value(truth);
    }
    case 8: {
      ROSA_TRY(auto text, in.text(kLongestText));
      return Value(std::move(text));
    }
    case 9: {
      ROSA_TRY(auto array, readArray(in, 1));
      return Value(std::move(array));
    }
    case 10:
      return numberOf<std::uint64_t>(in);
    case 11:
      return numberOf<std::int64_t>(in);
    case 12:
      return numberOf<double>(in);
    default:
      return in.failure(fmt::format("has the unknown type {}", type));
  }
}

Status readVersion(HeadReader& in, Head& head) {
  in.at("its magic");
  std::array<std::byte, 4> magic{};
  ROSA_CHECK(in.fill(magic));
  const std::string_view text(reinterpret_cast<const char*>(magic.data()), magic.size());
  if (text != kMagic) return unsound(fmt::format("it begins with {} in place of \"GGUF\"", inQuotes(text)));
  in.at("its version");
  ROSA_TRY(head.version, in.number<std::uint32_t>());
  if (head.version == 2 || head.version == 3) return {};
  constexpr std::uint32_t kLow = 0xFFFF;
  if (head.version != 0 && (head.version & kLow) == 0) {
    return unsound("it is written big-endian, for other machines");
  }
  return unsound(fmt::format("it is of version {}, and 2 and 3 are read", head.version));
}

Status readMetadata(HeadReader& in, std::uint64_t count, Head& head) {
  constexpr std::uint64_t kLeast = 8 + 1 + 4 + 1;  // a key of one byte, its type, a value of one byte
  in.at("its list of keys");
  ROSA_CHECK(in.fits(count, kLeast));
  std::unordered_set<std::string> seen;
  for (std::uint64_t i = 0; i < count; ++i) {
    in.at("key number", i + 1);
    ROSA_TRY(auto key, in.text(kLongestKey));
    if (key.empty()) return in.failure("has no name");
    in.at("key", key);
    if (!seen.insert(key).second) return in.failure("stands twice");
    ROSA_TRY(auto value, readValue(in));
    head.metadata.append(std::move(key), std::move(value));
  }
  return {};
}

Expected<TensorInfo> readTensor(HeadReader& in, std::uint64_t place) {
  in.at("the name of tensor number", place + 1);
  TensorInfo tensor;
  ROSA_TRY(tensor.name, in.text(kLongestTensorName));
  if (tensor.name.empty()) return in.failure("is empty");
  in.at("tensor", tensor.name);
  ROSA_TRY(const auto dimensions, in.number<std::uint32_t>());
  if (dimensions > kMostDimensions) {
    return in.failure(fmt::format("has {} dimensions, more than the {} of the format", dimensions, kMostDimensions));
  }
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    ROSA_TRY(const auto dimension, in.number<std::uint64_t>());
    if (dimension == 0) return in.failure("has an empty dimension");
    tensor.dimensions.push_back(dimension);
  }
  ROSA_TRY(const auto type, in.number<std::uint32_t>());
  const auto format = findFormat(type);
  if (!format) return in.failure(fmt::format("has the unknown type {}", type));
  tensor.format = *format;
  ROSA_TRY(tensor.begin, in.number<std::uint64_t>());
  const auto bytes = bytesOf(*format, tensor.dimensions);
  if (!bytes) {
    return in.failure(
        fmt::format("has the shape [{}], which {} cannot have", fmt::join(tensor.dimensions, ", "), format->name));
  }
  tensor.bytes = *bytes;
  return tensor;
}

Status readTensors(HeadReader& in, std::uint64_t count, Head& head) {
  constexpr std::uint64_t kLeast = 8 + 1 + 4 + 4 + 8;  // a name of one byte, no dimensions, type and place
  in.at("its list of tensors");
  ROSA_CHECK(in.fits(count, kLeast));
  for (std::uint64_t i = 0; i < count; ++i) {
    ROSA_TRY(auto tensor, readTensor(in, i));
    head.tensors.push_back(std::move(tensor));
  }
  return {};
}

Expected<std::uint64_t> alignmentOf(const Metadata& metadata) {
  const auto* value = metadata.find(kAlignmentKey);
  if (value == nullptr) return kDefaultAlignment;
  const auto* alignment = std::get_if<std::uint32_t>(value);
  if (alignment == nullptr) {
    return unsound(fmt::format("key \"{}\" is of type {} in place of uint32", kAlignmentKey, typeName(value->index())));
  }
  if (!std::has_single_bit(*alignment)) {
    return unsound(fmt::format("key \"{}\" is {}, which is no power of two", kAlignmentKey, *alignment));
  }
  return *alignment;
}

Status checkKeys(const Metadata& metadata) {
  const auto* architecture = metadata.find(kArchitectureKey);
  if (architecture == nullptr) return unsound(fmt::format("key \"{}\" is missing", kArchitectureKey));
  if (!std::holds_alternative<std::string>(*architecture)) {
    return unsound(
        fmt::format("key \"{}\" is of type {} in place of string", kArchitectureKey, typeName(architecture->index())));
  }
  for (const auto& [key, value] : metadata.entries()) {
    if (key != "split.count") continue;
    const auto count = std::visit(
        [](const auto& number) -> std::uint64_t {
          if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(number)>>) {
            return static_cast<std::uint64_t>(number);
          }
          return 0;
        },
        value);
    if (count != 1) {
      return unsound(
          fmt::format("key \"{}\" says that it is one part of {}; join the parts with llama-gguf-split "
                      "--merge",
                      key, count));
    }
  }
  return {};
}

/// Tensors in their order, each where the one before it ends, up to the end of the file.
Status checkPlaces(const std::vector<TensorInfo>& tensors, std::uint64_t alignment, std::uint64_t dataBytes) {
  base::Checked next = 0;
  std::uint64_t end = 0;
  for (const auto& tensor : tensors) {
    const auto expected = next.value();
    if (!expected || tensor.begin != *expected) {
      return unsound(fmt::format("tensor {} begins at byte {} of the data, where {} was due", inQuotes(tensor.name),
                                 tensor.begin, expected ? fmt::format("{}", *expected) : "none"));
    }
    const auto tensorEnd = (base::Checked(tensor.begin) + tensor.bytes).value();
    if (!tensorEnd || *tensorEnd > dataBytes) {
      return unsound(fmt::format("tensor {} needs {} bytes from byte {} of the data on, and the file has {}",
                                 inQuotes(tensor.name), tensor.bytes, tensor.begin, dataBytes));
    }
    end = *tensorEnd;
    next = base::Checked(end) + (alignment - end % alignment) % alignment;
  }
  if (dataBytes > next.value().value_or(end)) {
    return unsound(fmt::format("{} bytes follow its last tensor", dataBytes - *next.value()));
  }
  return {};
}

Expected<Head> readHead(HeadReader& in) {
  Head head;
  ROSA_CHECK(readVersion(in, head));
  in.at("its number of tensors");
  ROSA_TRY(const auto tensors, in.number<std::uint64_t>());
  in.at("its number of keys");
  ROSA_TRY(const auto keys, in.number<std::uint64_t>());
  ROSA_CHECK(readMetadata(in, keys, head));
  ROSA_CHECK(readTensors(in, tensors, head));
  head.end = in.position();
  return head;
}

Error notGguf(const std::filesystem::path& path, const Error& reason) {
  return Error{fmt::format("{} is not a sound GGUF file: {}. Fetch or export it again.", base::printable(path.native()),
                           reason.message)};
}

}  // namespace

std::uint64_t TensorInfo::count() const {
  return std::accumulate(dimensions.begin(), dimensions.end(), std::uint64_t{1}, std::multiplies<>());
}

GgufFile::GgufFile(std::filesystem::path path, std::unique_ptr<base::FileReader> file)
    : path_(std::move(path)), file_(std::move(file)) {}

Expected<GgufFile> GgufFile::open(base::FileSystem& files, std::filesystem::path path) {
  ROSA_TRY(auto reader, files.open(path));
  GgufFile file(std::move(path), std::move(reader));
  HeadReader in(*file.file_, kLargestHead);
  auto head = readHead(in);
  if (!head) return notGguf(file.path_, head.error());
  file.version_ = head->version;
  file.metadata_ = std::move(head->metadata);
  file.tensors_ = std::move(head->tensors);
  const auto& tensors = file.tensors_;
  file.byName_.resize(tensors.size());
  std::iota(file.byName_.begin(), file.byName_.end(), std::size_t{0});
  const auto name = [&tensors](std::size_t place) -> const std::string& { return tensors[place].name; };
  std::ranges::sort(file.byName_, {}, name);
  const auto twice = std::ranges::adjacent_find(file.byName_, {}, name);
  if (twice != file.byName_.end()) {
    return notGguf(file.path_, unsound(fmt::format("two tensors are called {}", inQuotes(name(*twice)))));
  }

  if (const auto sound = checkKeys(file.metadata_); !sound) return notGguf(file.path_, sound.error());
  const auto alignment = alignmentOf(file.metadata_);
  if (!alignment) return notGguf(file.path_, alignment.error());
  const auto size = file.file_->size();
  // A file without tensors may end before the place where their data would begin.
  file.dataBegin_ = head->end + (*alignment - head->end % *alignment) % *alignment;
  const auto dataBytes = size > file.dataBegin_ ? size - file.dataBegin_ : 0;
  if (const auto sound = checkPlaces(tensors, *alignment, dataBytes); !sound) return notGguf(file.path_, sound.error());
  return file;
}

const std::string& GgufFile::architecture() const {
  return *metadata_.get<std::string>(kArchitectureKey);
}

const TensorInfo* GgufFile::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(
      byName_, name, {}, [this](std::size_t place) -> std::string_view { return tensors_[place].name; });
  return found != byName_.end() && tensors_[*found].name == name ? &tensors_[*found] : nullptr;
}

Status GgufFile::read(const TensorInfo& tensor, std::uint64_t offset, std::span<std::byte> bytes) const {
  assert(offset <= tensor.bytes && bytes.size() <= tensor.bytes - offset);
  return file_->readAt(dataBegin_ + tensor.begin + offset, bytes);
}

Status GgufFile::readValues(const TensorInfo& tensor, std::uint64_t from, std::span<float> values) const {
  const auto type = readableType(tensor.format.id);
  if (!type) {
    return Error{
        fmt::format("{}: tensor {} is stored as {}, which is not read here. Take a file of another kind: F32, "
                    "F16, BF16, Q8_0, Q4_0, Q4_K_M or Q6_K.",
                    base::printable(path_.native()), inQuotes(tensor.name), tensor.format.name)};
  }
  const auto& format = tensor.format;
  assert(from % format.values == 0 && values.size() % format.values == 0 && from + values.size() <= tensor.count());
  std::vector<std::byte> bytes(values.size() / format.values * format.bytes);
  ROSA_CHECK(read(tensor, from / format.values * format.bytes, bytes));
  dequantise(*type, bytes, values);
  return {};
}

}  // namespace rosa::gguf

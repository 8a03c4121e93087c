// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/checked.h"
#include "base/json.h"
#include "base/text.h"

namespace rosa::checkpoint {
namespace {

using base::inQuotes;

constexpr std::string_view kMetadataKey = "__metadata__";

Error damaged(std::string_view source, std::string_view reason) {
  return Error{fmt::format("{} is not a sound safetensors file: {}. Fetch or export it again.", base::printable(source),
                           reason)};
}

/// Takes the header apart as it is parsed, so that a hostile one costs little more than its own length.
///
///     {"__metadata__": {"k": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
class HeaderEvents final : public base::JsonEvents {
 public:
  explicit HeaderEvents(std::string_view source) : source_(source) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool null() override { return unexpected("null"); }
  bool boolean(bool /*value*/) override { return unexpected("true or false"); }
  bool number_integer(number_integer_t /*value*/) override { return unexpected("a negative number"); }
  bool number_float(number_float_t /*value*/, const std::string& text) override { return unexpected(text); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::Shape) return addDimension(value);
    if (place_ == Place::Offsets) return addOffset(value);
    return unexpected("a number");
  }

  bool string(std::string& value) override {
    if (place_ == Place::Metadata) {
      if (!header_.metadata.emplace(key_, std::move(value)).second) {
        return refuse(fmt::format("the key {} stands twice in {}", inQuotes(key_), kMetadataKey));
      }
      return true;
    }
    if (place_ == Place::Tensor && key_ == "dtype") {
      const auto dtype = parseDtype(value);
      if (!dtype) return refuse(fmt::format("tensor {} has the unknown dtype {}", name(), inQuotes(value)));
      entry().dtype = *dtype;
      return once(hasDtype_);
    }
    return unexpected("a text");
  }

  bool start_object(std::size_t /*count*/) override {
    if (place_ == Place::Outside) {
      place_ = Place::Root;
      return true;
    }
    if (place_ != Place::Root) return unexpected("an object");
    if (key_ == kMetadataKey) {
      place_ = Place::Metadata;
      return once(hasMetadata_);
    }
    place_ = Place::Tensor;
    hasDtype_ = hasShape_ = hasOffsets_ = false;
    header_.entries.emplace_back().name = key_;
    return true;
  }

  bool key(std::string& name) override {
    key_ = std::move(name);
    return true;
  }

  bool end_object() override {
    if (place_ == Place::Tensor && !(hasDtype_ && hasShape_ && hasOffsets_)) {
      return refuse(fmt::format("tensor {} has no {}", name(),
                                !hasDtype_   ? "dtype"
                                : !hasShape_ ? "shape"
                                             : "data_offsets"));
    }
    place_ = place_ == Place::Root ? Place::Outside : Place::Root;
    return true;
  }

  bool start_array(std::size_t /*count*/) override {
    if (place_ == Place::Tensor && key_ == "shape") {
      place_ = Place::Shape;
      return once(hasShape_);
    }
    if (place_ == Place::Tensor && key_ == "data_offsets") {
      place_ = Place::Offsets;
      offsets_ = 0;
      return once(hasOffsets_);
    }
    return unexpected("a list");
  }

  bool end_array() override {
    if (place_ == Place::Offsets && offsets_ != 2) {
      return refuse(fmt::format("tensor {} has {} data_offsets instead of 2", name(), offsets_));
    }
    place_ = Place::Tensor;
    return true;
  }

 private:
  enum class Place { Outside, Root, Metadata, Tensor, Shape, Offsets };

  bool refuse(std::string_view reason) { return fail(damaged(source_, reason)); }

  TensorEntry& entry() { return header_.entries.back(); }
  std::string name() { return inQuotes(entry().name); }

  bool once(bool& seen) {
    if (seen) return refuse(fmt::format("the key {} stands twice", inQuotes(key_)));
    seen = true;
    return true;
  }

  bool addDimension(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return refuse(fmt::format("tensor {} has a dimension of {}", name(), value));
    }
    if (entry().shape.size() == kMostDimensions) {
      return refuse(fmt::format("tensor {} has more than {} dimensions", name(), kMostDimensions));
    }
    entry().shape.push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool addOffset(std::uint64_t value) {
    if (offsets_ == 2) return refuse(fmt::format("tensor {} has more than 2 data_offsets", name()));
    (offsets_ == 0 ? entry().begin : entry().end) = value;
    ++offsets_;
    return true;
  }

  bool unexpected(std::string_view what) {
    switch (place_) {
      case Place::Outside:
        return refuse("it is not an object");
      case Place::Root:
        return refuse(fmt::format("the entry {} is {} instead of an object", inQuotes(key_), what));
      case Place::Metadata:
        return refuse(fmt::format("the entry {} in {} is {} instead of a text", inQuotes(key_), kMetadataKey, what));
      case Place::Tensor:
        return refuse(fmt::format("tensor {} has {} as its {}", name(), what, inQuotes(key_)));
      case Place::Shape:
        return refuse(fmt::format("the shape of tensor {} holds {} instead of a whole number", name(), what));
      case Place::Offsets:
        return refuse(fmt::format("the data_offsets of tensor {} hold {} instead of a whole number", name(), what));
    }
    return false;
  }

  std::string_view source_;
  SafetensorsHeader header_;
  Place place_ = Place::Outside;
  std::string key_;
  std::size_t offsets_ = 0;
  bool hasMetadata_ = false;
  bool hasDtype_ = false, hasShape_ = false, hasOffsets_ = false;  ///< of the current tensor
};

Status checkNames(const std::vector<TensorEntry>& entries, std::string_view source) {
  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const auto& entry : entries) names.emplace_back(entry.name);
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    return damaged(source, fmt::format("tensor {} stands in it twice", inQuotes(*twice)));
  }
  return {};
}

/// Each range has the size of its tensor, and together they tile the data.
Status checkRanges(const std::vector<TensorEntry>& entries, std::uint64_t dataBytes, std::string_view source) {
  std::uint64_t covered = 0;
  for (const auto& entry : entries) {
    const auto size = tensorBytes(entry.dtype, entry.shape);
    if (!size) {
      return damaged(source, fmt::format("the shape of tensor {} is too large, or does not fill whole bytes",
                                         inQuotes(entry.name)));
    }
    if (entry.begin != covered) {
      return damaged(source, fmt::format("the data of tensor {} begins at byte {} instead of {}", inQuotes(entry.name),
                                         entry.begin, covered));
    }
    if (entry.end < entry.begin || entry.bytes() != *size) {
      return damaged(source, fmt::format("tensor {} takes bytes {} to {}, but its shape and dtype need {}",
                                         inQuotes(entry.name), entry.begin, entry.end, *size));
    }
    if (entry.end > dataBytes) {
      return damaged(source, fmt::format("the data of tensor {} ends at byte {}, beyond the {} that the file has",
                                         inQuotes(entry.name), entry.end, dataBytes));
    }
    covered = entry.end;
  }
  if (covered != dataBytes) {
    return damaged(source, fmt::format("its tensors take {} bytes of data, but it has {}", covered, dataBytes));
  }
  return {};
}

void appendJsonString(std::string& out, const std::string& text) {
  out += base::Json(text).dump(-1, ' ', false, base::Json::error_handler_t::replace);
}

}  // namespace

std::int64_t TensorEntry::count() const {
  std::int64_t product = 1;
  for (const auto dimension : shape) product *= dimension;
  return product;
}

std::optional<std::uint64_t> tensorBytes(Dtype dtype, const std::vector<std::int64_t>& shape) {
  base::Checked bits = dtypeBits(dtype);
  // What uses the shape computes strides too, for which an empty dimension counts as 1.
  base::Checked strides = 1;
  for (const auto dimension : shape) {
    bits = bits * static_cast<std::uint64_t>(dimension);
    strides = strides * static_cast<std::uint64_t>(std::max<std::int64_t>(dimension, 1));
  }
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!bits.value() || *bits.value() % 8 != 0 || strides.value().value_or(kLargest) >= kLargest) return std::nullopt;
  return *bits.value() / 8;
}

Expected<SafetensorsHeader> parseSafetensorsHeader(std::string_view json, std::uint64_t dataBytes,
                                                   std::string_view source) {
  if (!json.starts_with('{')) return damaged(source, "its header does not begin with {");
  HeaderEvents events(source);
  ROSA_CHECK(base::parseJsonEvents(json, fmt::format("The header of {}", source), events));
  SafetensorsHeader header = events.take();
  ROSA_CHECK(checkNames(header.entries, source));
  std::ranges::sort(header.entries, {}, [](const TensorEntry& entry) { return std::pair(entry.begin, entry.end); });
  ROSA_CHECK(checkRanges(header.entries, dataBytes, source));
  return header;
}

std::string formatSafetensorsHeader(const SafetensorsHeader& header) {
  std::string json = "{";
  if (!header.metadata.empty()) {
    json += fmt::format("\"{}\":{{", kMetadataKey);
    for (const auto& [key, value] : header.metadata) {
      appendJsonString(json, key);
      json += ':';
      appendJsonString(json, value);
      json += ',';
    }
    json.back() = '}';
    json += ',';
  }
  for (const auto& entry : header.entries) {
    appendJsonString(json, entry.name);
    json += fmt::format(R"(:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}},)", dtypeName(entry.dtype),
                        fmt::join(entry.shape, ","), entry.begin, entry.end);
  }
  if (json.back() == ',') json.pop_back();
  json += '}';
  json.append((8 - json.size() % 8) % 8, ' ');

  std::string out;
  for (std::uint64_t length = json.size(), i = 0; i < kLengthFieldBytes; ++i) {
    out += static_cast<char>(length >> (8 * i) & 0xFF);
  }
  return out + json;
}

}  // namespace rosa::checkpoint

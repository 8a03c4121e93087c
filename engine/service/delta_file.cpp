// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/delta_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "checkpoint/delta_manifest.h"
#include "checkpoint/model_folder.h"
#include "checkpoint/packed_change.h"
#include "checkpoint/safetensors_writer.h"
#include "checkpoint/tensors.h"
#include "model/tensor_names.h"
#include "rosa/exported.h"
#include "service/guard.h"
#include "service/low_rank_guess.h"

namespace rosa {

namespace {

namespace fs = std::filesystem;
using checkpoint::DeltaManifest;
using checkpoint::ModelFolder;
using checkpoint::SafetensorsFile;
using checkpoint::TensorEntry;
using service::LowRankGuess;
using Bytes = std::vector<std::byte>;

constexpr const char* kFormat = "rosa-delta-1";
constexpr const char* kManifestPart = "manifest";
constexpr std::uint64_t kLargestFile = std::uint64_t{256} << 20;

std::string_view asText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes bytesOf(const at::Tensor& tensor) {
  Bytes bytes(tensor.nbytes());
  if (!bytes.empty()) std::memcpy(bytes.data(), tensor.const_data_ptr(), bytes.size());
  return bytes;
}

Expected<Bytes> bytesIn(const checkpoint::TensorReader& reader, const TensorEntry& entry) {
  Bytes bytes(static_cast<std::size_t>(entry.bytes()));
  ROSA_CHECK(reader.read(entry, 0, bytes));
  return bytes;
}

bool isComputed(checkpoint::Dtype dtype) {
  return checkpoint::isFloating(dtype) && checkpoint::scalarType(dtype).has_value();
}

/// The tensor of the base that an entry is told from: of the same shape, and of the same dtype or one that rounds to
/// it.
const TensorEntry* originOf(const ModelFolder& base, const checkpoint::TextMap& renamed, const TensorEntry& entry) {
  const auto other = renamed.find(entry.name);
  const auto* found = base.find(other == renamed.end() ? entry.name : other->second);
  if (found == nullptr || found->shape != entry.shape) return nullptr;
  const bool same = found->dtype == entry.dtype;
  return same || (isComputed(found->dtype) && isComputed(entry.dtype)) ? found : nullptr;
}

/// The numbers that an entry's change starts from, in its dtype: zeros where it has no origin.
Expected<Bytes> startOf(const ModelFolder& base, const TensorEntry* origin, const TensorEntry& entry,
                        const LowRankGuess* guess) {
  if (origin == nullptr) return Bytes(static_cast<std::size_t>(entry.bytes()));
  if (guess == nullptr && origin->dtype == entry.dtype) return bytesIn(base, *origin);
  const auto type = *checkpoint::scalarType(entry.dtype);
  if (guess == nullptr) {
    ROSA_TRY(const auto tensor, checkpoint::loadTensor(base, origin->name, type));
    return bytesOf(tensor);
  }
  ROSA_TRY(const auto wide, checkpoint::loadTensor(base, origin->name, at::kDouble));
  return bytesOf(service::guessed(wide, *guess, type));
}

// ---- writing ----

/// The packed parts of a delta file by name.
using Parts = std::map<std::string, std::string>;

Expected<std::string> packFactor(const at::Tensor& factor) {
  return checkpoint::packChange(checkpoint::Dtype::I32, {}, bytesOf(factor));
}

/// The parts of a change that starts from a guess; none where no guess pays.
Expected<Parts> packGuess(const ModelFolder& base, const TensorEntry& origin, const TensorEntry& entry,
                          const Bytes& target, DeltaManifest& manifest) {
  // Some matrices in double precision at a time.
  constexpr std::int64_t kMostNumbers = std::int64_t{1} << 27;
  if (entry.shape.size() != 2 || !isComputed(entry.dtype) || entry.count() > kMostNumbers) return Parts();
  const auto type = *checkpoint::scalarType(entry.dtype);
  ROSA_TRY(const auto wide, checkpoint::loadTensor(base, origin.name, at::kDouble));
  auto there = at::empty(entry.shape, type);
  std::memcpy(there.mutable_data_ptr(), target.data(), target.size());
  const auto guess = service::guessChange(wide, there.to(at::kDouble), type);
  if (!guess) return Parts();
  const auto start = bytesOf(service::guessed(wide, *guess, type));
  Parts parts;
  ROSA_TRY(parts["change:" + entry.name], checkpoint::packChange(entry.dtype, start, target));
  ROSA_TRY(parts["left:" + entry.name], packFactor(guess->left));
  ROSA_TRY(parts["right:" + entry.name], packFactor(guess->right));
  manifest.guesses[entry.name] = fmt::format("{} {}", guess->rank(), guess->exponent);
  return parts;
}

std::size_t sizeOf(const Parts& parts) {
  std::size_t size = 0;
  for (const auto& [name, part] : parts) size += part.size();
  return size;
}

Status packTensor(const ModelFolder& base, const ModelFolder& whole, const TensorEntry& entry, DeltaManifest& manifest,
                  Parts& parts) {
  const auto spelling = model::spelledIn(checkpoint::FileTensorSource(base), entry.name);
  if (spelling && *spelling != entry.name) manifest.renamed[entry.name] = *spelling;
  ROSA_TRY(const auto target, bytesIn(whole, entry));
  const auto* origin = originOf(base, manifest.renamed, entry);
  ROSA_TRY(const auto start, startOf(base, origin, entry, nullptr));
  if (start == target) return {};
  Parts smallest;
  if (origin != nullptr) {
    ROSA_TRY(smallest, packGuess(base, *origin, entry, target, manifest));
    if (!smallest.empty()) {
      // What a thorough search saves on a quick one is less than this.
      constexpr double kSurelySmaller = 0.6;
      ROSA_TRY(const auto quick, checkpoint::quickSize(entry.dtype, start, target));
      if (static_cast<double>(sizeOf(smallest)) < kSurelySmaller * static_cast<double>(quick)) {
        parts.merge(smallest);
        return {};
      }
    }
  }
  Parts plain;
  ROSA_TRY(plain["change:" + entry.name], checkpoint::packChange(entry.dtype, start, target));
  if (smallest.empty() || sizeOf(plain) <= sizeOf(smallest)) {
    smallest = std::move(plain);
    manifest.guesses.erase(entry.name);
  }
  parts.merge(smallest);
  return {};
}

Status packCompanion(const fs::path& base, const fs::path& whole, const fs::path& name, DeltaManifest& manifest,
                     Parts& parts) {
  auto& files = base::FileSystem::real();
  ROSA_TRY(const auto text, base::readFile(files, whole / name, kLargestFile));
  const auto key = name.generic_string();
  manifest.sha256[key] = base::digestText(text).sha256;
  std::error_code none;
  if (fs::is_regular_file(base / name, none)) {
    const auto there = base::readFile(files, base / name, kLargestFile);
    if (there && *there == text) return {};
  }
  ROSA_TRY(parts["file:" + key], checkpoint::packBytes(text));
  return {};
}

Status packFolder(const ModelFolder& base, const ModelFolder& whole, DeltaManifest& manifest, Parts& parts) {
  for (const auto& shard : whole.shards()) {
    const auto name = shard.path().lexically_relative(whole.path()).generic_string();
    checkpoint::SafetensorsHeader header{shard.metadata(), {}};
    for (const auto* entry : shard.entries()) {
      header.entries.push_back(*entry);
      ROSA_CHECK(packTensor(base, whole, *entry, manifest, parts));
    }
    manifest.headers[name] = checkpoint::formatSafetensorsHeader(header).substr(checkpoint::kLengthFieldBytes);
    manifest.sizes[name] = std::to_string(header.entries.empty() ? 0 : header.entries.back().end);
    ROSA_TRY(const auto digest, base::digestFile(base::FileSystem::real(), shard.path()));
    manifest.sha256[name] = digest.sha256;
  }
  for (const auto& entry : fs::recursive_directory_iterator(whole.path())) {
    const auto name = entry.path().lexically_relative(whole.path());
    if (!entry.is_regular_file() || manifest.headers.contains(name.generic_string())) continue;
    ROSA_CHECK(packCompanion(base.path(), whole.path(), name, manifest, parts));
  }
  return {};
}

// ---- reading ----

Error damagedDelta(const SafetensorsFile& delta, std::string_view what, std::string_view reason) {
  return Error{fmt::format("{} is damaged: {} is not what it was made with ({}). Fetch or export it again.",
                           base::printable(delta.path().native()), what, reason)};
}

/// A part's bytes as they lie in the file; nothing where there is none of the name.
Expected<std::optional<Bytes>> partOf(const SafetensorsFile& delta, const std::string& name) {
  const auto* entry = delta.find(name);
  if (entry == nullptr) return std::optional<Bytes>();
  ROSA_TRY(auto bytes, bytesIn(delta, *entry));
  return std::optional(std::move(bytes));
}

Expected<std::string> unpackedPart(const SafetensorsFile& delta, const std::string& name) {
  ROSA_TRY(const auto packed, partOf(delta, name));
  if (!packed) return damagedDelta(delta, base::inQuotes(name), "it is missing");
  const auto plain = checkpoint::unpackBytes(asText(*packed), kLargestFile);
  if (!plain) return damagedDelta(delta, base::inQuotes(name), plain.error().message);
  return plain;
}

template <typename Number>
bool readNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

Expected<at::Tensor> unpackFactor(const SafetensorsFile& delta, const std::string& name, std::int64_t rank,
                                  std::int64_t length) {
  ROSA_TRY(const auto packed, partOf(delta, name));
  if (!packed) return damagedDelta(delta, base::inQuotes(name), "it is missing");
  auto factor = at::zeros({rank, length}, at::kInt);
  const std::span bytes(static_cast<std::byte*>(factor.mutable_data_ptr()), factor.nbytes());
  const auto applied = checkpoint::applyChange(checkpoint::Dtype::I32, asText(*packed), bytes);
  if (!applied) return damagedDelta(delta, base::inQuotes(name), applied.error().message);
  return factor;
}

Expected<std::optional<LowRankGuess>> readGuess(const SafetensorsFile& delta, const DeltaManifest& manifest,
                                                const TensorEntry& entry) {
  const auto found = manifest.guesses.find(entry.name);
  if (found == manifest.guesses.end()) return std::optional<LowRankGuess>();
  const std::string_view text = found->second;
  const auto space = text.find(' ');
  std::int64_t rank = 0;
  LowRankGuess guess;
  const bool told = space != std::string_view::npos && readNumber(text.substr(0, space), rank) &&
                    readNumber(text.substr(space + 1), guess.exponent);
  const bool fits = told && entry.shape.size() == 2 && isComputed(entry.dtype) && rank > 0 &&
                    rank <= std::min(entry.shape[0], entry.shape[1]);
  if (!fits) return damagedDelta(delta, base::inQuotes(entry.name), "its guess is none of this matrix");
  ROSA_TRY(guess.left, unpackFactor(delta, "left:" + entry.name, rank, entry.shape[0]));
  ROSA_TRY(guess.right, unpackFactor(delta, "right:" + entry.name, rank, entry.shape[1]));
  if (!service::isExact(guess)) return damagedDelta(delta, base::inQuotes(entry.name), "its guess is not exact");
  return std::optional(std::move(guess));
}

Expected<Bytes> rebuiltTensor(const SafetensorsFile& delta, const DeltaManifest& manifest, const ModelFolder& base,
                              const TensorEntry& entry) {
  ROSA_TRY(const auto guess, readGuess(delta, manifest, entry));
  const auto* origin = originOf(base, manifest.renamed, entry);
  ROSA_TRY(auto numbers, startOf(base, origin, entry, guess ? &*guess : nullptr));
  ROSA_TRY(const auto change, partOf(delta, "change:" + entry.name));
  if (!change) return numbers;
  const auto applied = checkpoint::applyChange(entry.dtype, asText(*change), numbers);
  if (!applied) return damagedDelta(delta, base::inQuotes(entry.name), applied.error().message);
  return numbers;
}

Status rebuildWeights(const SafetensorsFile& delta, const DeltaManifest& manifest, const ModelFolder& base,
                      const fs::path& target, ApplyReport& report) {
  auto& files = base::FileSystem::real();
  for (const auto& [file, text] : manifest.headers) {
    std::uint64_t size = 0;
    if (!readNumber(std::string_view(manifest.sizes.at(file)), size)) {
      return damagedDelta(delta, base::inQuotes(file), "its size is no number");
    }
    ROSA_TRY(const auto header, checkpoint::parseSafetensorsHeader(
                                    text, size, fmt::format("{} in {}", file, base::printable(delta.path().native()))));
    std::vector<checkpoint::TensorToWrite> tensors;
    for (const auto& entry : header.entries) {
      checkpoint::TensorToWrite tensor{entry.name, entry.dtype, entry.shape, {}};
      tensor.produce = [&](const checkpoint::ByteSink& sink) -> Status {
        ROSA_TRY(const auto bytes, rebuiltTensor(delta, manifest, base, entry));
        return sink(bytes);
      };
      tensors.push_back(std::move(tensor));
      if (delta.find("change:" + entry.name) != nullptr) ++report.changed;
    }
    report.tensors += static_cast<std::int64_t>(tensors.size());
    fs::create_directories((target / file).parent_path());
    ROSA_TRY(const auto digest, checkpoint::writeSafetensors(files, target / file, tensors, header.metadata));
    if (digest.sha256 != manifest.sha256.at(file)) {
      return damagedDelta(delta, base::inQuotes(file), "its hash is another one");
    }
  }
  return {};
}

Status rebuildCompanions(const SafetensorsFile& delta, const DeltaManifest& manifest, const fs::path& base,
                         const fs::path& target) {
  auto& files = base::FileSystem::real();
  for (const auto& [file, sha256] : manifest.sha256) {
    if (manifest.headers.contains(file)) continue;
    const bool own = delta.find("file:" + file) != nullptr;
    const auto text = own ? unpackedPart(delta, "file:" + file) : base::readFile(files, base / file, kLargestFile);
    if (!text) return text.error();
    if (base::digestText(*text).sha256 != sha256) {
      if (own) return damagedDelta(delta, base::inQuotes(file), "its hash is another one");
      return Error{fmt::format("{} is not the one that {} was made with. Name the folder of {} as it was with --base.",
                               base::printable((base / file).native()), base::printable(delta.path().native()),
                               base::inQuotes(manifest.base))};
    }
    fs::create_directories((target / file).parent_path());
    ROSA_CHECK(base::writeFileAtomically(files, target / file, *text));
  }
  return {};
}

Expected<ApplyReport> apply(const ApplyRequest& request) {
  auto& files = base::FileSystem::real();
  ROSA_TRY(const auto delta, SafetensorsFile::open(files, request.delta));
  const auto format = delta.metadata().find("format");
  if (format == delta.metadata().end() || format->second != kFormat) {
    return Error{fmt::format("{} is no delta of this version. Name a file that rosa export --as delta wrote.",
                             base::printable(request.delta.native()))};
  }
  ROSA_TRY(const auto text, unpackedPart(delta, kManifestPart));
  ROSA_TRY(const auto manifest, checkpoint::parseDeltaManifest(text, base::printable(request.delta.native())));
  ROSA_TRY(const auto base, ModelFolder::open(files, request.base));
  ROSA_TRY(const auto there, checkpoint::describeTensors(base));
  if (const auto other = checkpoint::firstDifference(manifest.baseTensors, there); !other.empty()) {
    return Error{fmt::format("{} is not the model that {} was made from: {}. Name the folder of {} with --base.",
                             base::printable(request.base.native()), base::printable(request.delta.native()), other,
                             base::inQuotes(manifest.base))};
  }
  ROSA_TRY(auto folder, base::AtomicFolder::begin(files, request.destination));
  ApplyReport report;
  report.directory = request.destination;
  report.dtype = base::printable(manifest.dtype);
  ROSA_CHECK(rebuildWeights(delta, manifest, base, folder.temporaryPath(), report));
  ROSA_CHECK(rebuildCompanions(delta, manifest, request.base, folder.temporaryPath()));
  for (const auto& [file, sha256] : manifest.sha256) {
    report.files.push_back(file);
    report.bytes += static_cast<std::int64_t>(fs::file_size(folder.temporaryPath() / file));
  }
  ROSA_CHECK(folder.commit());
  return report;
}

}  // namespace

Expected<ApplyReport> applyDelta(const ApplyRequest& request) {
  return service::guarded([&] { return apply(request); });
}

namespace service {

Status writeDelta(const fs::path& base, const fs::path& whole, const fs::path& file) {
  auto& files = base::FileSystem::real();
  ROSA_TRY(const auto from, ModelFolder::open(files, base));
  ROSA_TRY(const auto to, ModelFolder::open(files, whole));
  DeltaManifest manifest;
  const auto folder = fs::absolute(base).lexically_normal();
  manifest.base = base::printable((folder.has_filename() ? folder : folder.parent_path()).filename().native());
  ROSA_TRY(manifest.baseTensors, checkpoint::describeTensors(from));
  manifest.baseSha256 = checkpoint::contentHash(manifest.baseTensors);
  manifest.dtype = to.dtypeSummary();
  Parts parts;
  ROSA_CHECK(packFolder(from, to, manifest, parts));
  ROSA_TRY(parts[kManifestPart], checkpoint::packBytes(checkpoint::formatDeltaManifest(manifest)));
  std::vector<checkpoint::TensorToWrite> list;
  for (const auto& [name, part] : parts) {
    list.push_back(checkpoint::tensorInMemory(name, checkpoint::Dtype::U8, {static_cast<std::int64_t>(part.size())},
                                              std::as_bytes(std::span(part))));
  }
  const checkpoint::Metadata metadata = {
      {"format", kFormat}, {"base", manifest.base}, {"base_sha256", manifest.baseSha256}, {"dtype", manifest.dtype}};
  const auto written = checkpoint::writeSafetensors(files, file, list, metadata);
  return written ? Status() : Status(written.error());
}

}  // namespace service

}  // namespace rosa

// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/import_gguf.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "checkpoint/model_writer.h"
#include "convert/gguf_config.h"
#include "convert/gguf_tokenizer.h"
#include "convert/gguf_weights.h"
#include "gguf/gguf_file.h"
#include "model/model_config.h"
#include "rosa/engine.h"
#include "train/opened_model.h"

namespace rosa::service {
namespace {

namespace fs = std::filesystem;
using base::Json;

checkpoint::Dtype dtypeOf(gguf::BlockType type) {
  switch (type) {
    case gguf::BlockType::F16:
      return checkpoint::Dtype::F16;
    case gguf::BlockType::BF16:
      return checkpoint::Dtype::BF16;
    default:
      return checkpoint::Dtype::F32;
  }
}

/// The one that takes the most bytes.
checkpoint::Dtype mainDtype(const std::vector<checkpoint::TensorToWrite>& tensors) {
  auto most = checkpoint::Dtype::F32;
  std::map<checkpoint::Dtype, std::uint64_t> bytes;
  for (const auto& tensor : tensors) bytes[tensor.dtype] += tensor.bytes();
  for (const auto dtype : {checkpoint::Dtype::F16, checkpoint::Dtype::BF16}) {
    if (bytes[dtype] > bytes[most]) most = dtype;
  }
  return most;
}

/// README.md with what the file says of its origin.
std::string modelCard(const gguf::GgufFile& file) {
  std::string card = "---\nlibrary_name: transformers\n";
  if (const auto* license = file.metadata().get<std::string>("general.license")) {
    card += fmt::format("license: {}\n", base::printable(*license));
  }
  const auto* name = file.metadata().get<std::string>("general.name");
  return card + fmt::format("---\n\n# {}\n\nMade from the GGUF file {} by ROSA Studio.\n",
                            name == nullptr ? base::printable(file.path().stem().native()) : base::printable(*name),
                            base::printable(file.path().filename().native()));
}

Status writeText(const fs::path& path, std::string_view text) {
  return base::writeFileAtomically(base::FileSystem::real(), path, text);
}

Status writeTexts(const fs::path& folder, const convert::FolderTexts& texts, const Json& config) {
  ROSA_CHECK(writeText(folder / "tokenizer.json", texts.tokenizer.dump() + "\n"));
  ROSA_CHECK(writeText(folder / "tokenizer_config.json", texts.settings.dump(2) + "\n"));
  if (!texts.chatTemplate.empty()) ROSA_CHECK(writeText(folder / "chat_template.jinja", texts.chatTemplate));
  Json generation = Json::object();
  if (!config["bos_token_id"].is_null()) generation["bos_token_id"] = config["bos_token_id"];
  if (!texts.endIds.empty()) generation["eos_token_id"] = texts.endIds;
  return writeText(folder / "generation_config.json", generation.dump(2) + "\n");
}

}  // namespace

bool isGgufFile(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;
  std::ifstream file(path, std::ios::binary);
  std::array<char, 4> magic{};
  return file.read(magic.data(), magic.size()) && std::string_view(magic.data(), magic.size()) == "GGUF";
}

Status importGguf(const fs::path& path, const fs::path& destination) {
  auto& files = base::FileSystem::real();
  ROSA_TRY(const auto file, gguf::GgufFile::open(files, path));
  ROSA_TRY(auto json, convert::configOfGguf(file));
  ROSA_TRY(const auto config, model::parseModelConfig(json, base::printable(path.native())));
  ROSA_TRY(const auto made, convert::folderTensors(file, config));
  ROSA_TRY(const auto texts, convert::textsOfGguf(file));
  std::vector<checkpoint::TensorToWrite> tensors;
  for (const auto& tensor : made) tensors.push_back({tensor.name, dtypeOf(tensor.type), tensor.shape, tensor.produce});
  json["dtype"] = checkpoint::configWord(mainDtype(tensors));

  ROSA_TRY(auto folder, base::AtomicFolder::begin(files, destination));
  const auto& place = folder.temporaryPath();
  ROSA_TRY(const auto written, checkpoint::writeModelTensors(files, place, tensors));
  ROSA_CHECK(writeText(place / "config.json", json.dump(2) + "\n"));
  ROSA_CHECK(writeTexts(place, texts, json));
  ROSA_CHECK(writeText(place / "README.md", modelCard(file)));
  // What came out must open before anyone is given it.
  if (const auto sound = train::checkWeights(place, config, {}); !sound) {
    return Error{fmt::format("{} is not a whole model: {}", base::printable(path.native()), sound.error().message)};
  }
  ROSA_TRY(const auto tokenizer, train::openTokenizer(place, config));
  return folder.commit();
}

Expected<fs::path> modelFolderOf(const fs::path& path) {
  if (!isGgufFile(path)) return path;
  std::error_code problem;
  const auto size = fs::file_size(path, problem);
  const auto time = problem ? fs::file_time_type() : fs::last_write_time(path, problem);
  if (problem) return Error{fmt::format("{} cannot be read: {}.", path.string(), problem.message())};
  // Files of many gigabytes: what they are is told by where, how large and how old they are.
  const auto identity = fmt::format("{}\n{}\n{}", fs::weakly_canonical(path, problem).string(), size,
                                    static_cast<std::int64_t>(time.time_since_epoch().count()));
  constexpr std::size_t kShown = 12;
  const auto folder = rosaHome() / "imported" / base::digestText(identity).sha256.substr(0, kShown) / path.stem();
  if (fs::exists(folder / "config.json", problem)) return folder;
  if (auto status = importGguf(path, folder); !status) {
    // Another program may have been quicker.
    if (fs::exists(folder / "config.json", problem)) return folder;
    return std::move(status).error();
  }
  return folder;
}

}  // namespace rosa::service

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "checkpoint/peft_config.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_writer.h"
#include "rosa/expected.h"

/// A PEFT adapter's folder: adapter_config.json and adapter_model.safetensors, as `save_pretrained` writes them
/// (reference/formats.md 6). Knows modules by their names in the base model, not what they are.
namespace rosa::checkpoint {

/// What a tensor of the file is to its module.
enum class PeftPart { LoraA, LoraB, Magnitude, Ia3, TokenRows, Saved };

struct PeftTensor {
  PeftPart part = PeftPart::Saved;
  std::string module;  ///< name in the base model; of a tensor that is saved whole, its own name
};
/// Takes a stored name apart; an error where PEFT's prefix is missing or the part is not built (embeddings).
[[nodiscard]] Expected<PeftTensor> parsePeftName(std::string_view stored);
/// The name under which PEFT stores it.
[[nodiscard]] std::string peftName(PeftPart part, std::string_view module);

/// The name of virtual tokens' one tensor: [count, width], or of a prefix [count, layers·2·heads·head width].
inline constexpr const char* kPeftVirtualTokens = "prompt_embeddings";
/// The name of a tensor that is saved whole beside virtual tokens, where PEFT wraps the model once and not twice.
[[nodiscard]] std::string peftNameBesideVirtual(std::string_view tensor);

class PeftAdapter {
 public:
  /// One adapted module. LoRA has a and b (and with DoRA a magnitude), IA3 its factors; the others are nullptr.
  struct Layer {
    std::string module;
    const TensorEntry* a = nullptr;          ///< [rank, in]
    const TensorEntry* b = nullptr;          ///< [out, rank]
    const TensorEntry* magnitude = nullptr;  ///< [out]
    const TensorEntry* factors = nullptr;    ///< [out, 1], or [1, in] where inputs are scaled
    std::int64_t rank = 0;
    double scale = 1;
  };
  /// A tensor of the base model that trained whole: a head, a bias, a module of modules_to_save.
  struct Saved {
    std::string name;
    const TensorEntry* entry = nullptr;
  };

  /// Rows of a token table that stand in place of its own.
  struct TokenRows {
    std::string module;
    const TensorEntry* entry = nullptr;  ///< [rows, width]
    std::vector<std::int64_t> ids;       ///< which rows
  };

  /// Opens and checks both files against each other; reads no tensor. An error names the file and the tensor or key.
  [[nodiscard]] static Expected<PeftAdapter> open(base::FileSystem& files, const std::filesystem::path& folder);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const PeftConfig& config() const { return config_; }
  [[nodiscard]] const SafetensorsFile& file() const { return file_; }
  /// Empty where the adapter holds virtual tokens.
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
  /// As many as the configuration says; nullptr where the adapter changes layers.
  [[nodiscard]] const TensorEntry* virtualTokens() const { return virtualTokens_; }
  [[nodiscard]] const std::vector<Saved>& saved() const { return saved_; }
  [[nodiscard]] const std::vector<TokenRows>& tokenRows() const { return tokenRows_; }

 private:
  PeftAdapter(std::filesystem::path path, PeftConfig config, SafetensorsFile file);
  [[nodiscard]] Status sort();
  [[nodiscard]] Status sortLayers();
  [[nodiscard]] Status sortVirtual();
  [[nodiscard]] Status addTokenRows(const std::string& module, const TensorEntry& entry);
  [[nodiscard]] Status check(Layer& layer) const;
  [[nodiscard]] Error problem(const std::string& reason) const;
  [[nodiscard]] Error configProblem(const std::string& reason) const;

  std::filesystem::path path_;
  PeftConfig config_;
  SafetensorsFile file_;
  std::vector<Layer> layers_;
  const TensorEntry* virtualTokens_ = nullptr;
  std::vector<Saved> saved_;
  std::vector<TokenRows> tokenRows_;
};

/// Whether a folder claims to be a PEFT adapter.
[[nodiscard]] bool isPeftFolder(const std::filesystem::path& folder);

/// Writes both files into an existing folder. `tensors` carry PEFT's names.
[[nodiscard]] Status writePeftAdapter(base::FileSystem& files, const std::filesystem::path& folder,
                                      const PeftConfig& config, std::span<const TensorToWrite> tensors);

}  // namespace rosa::checkpoint

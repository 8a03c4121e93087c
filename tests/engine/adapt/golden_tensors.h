// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <map>
#include <span>
#include <stdexcept>
#include <string>

#include "checkpoint/safetensors.h"

namespace rosa::test {

/// All tensors of a reference file (fp32 and int64) and what it says about itself. Throws where it cannot be read.
struct GoldenTensors {
  checkpoint::Metadata metadata;
  std::map<std::string, at::Tensor> tensors;

  explicit GoldenTensors(const std::filesystem::path& path) {
    const auto file = checkpoint::SafetensorsFile::open(base::FileSystem::real(), path);
    if (!file) throw std::runtime_error(file.error().message);
    metadata = file->metadata();
    for (const auto* entry : file->entries()) {
      auto tensor = at::empty(entry->shape, entry->dtype == checkpoint::Dtype::I64 ? at::kLong : at::kFloat);
      const auto status =
          file->read(entry->name, {static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.nbytes()});
      if (!status) throw std::runtime_error(status.error().message);
      tensors.emplace(entry->name, tensor);
    }
  }

  [[nodiscard]] bool contains(const std::string& name) const { return tensors.contains(name); }
  [[nodiscard]] const at::Tensor& operator[](const std::string& name) const { return tensors.at(name); }
};

}  // namespace rosa::test

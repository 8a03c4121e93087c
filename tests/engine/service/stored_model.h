// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file.h"
#include "checkpoint/model_folder.h"
#include "checkpoint/model_writer.h"
#include "checkpoint/tensors.h"

/// The tensor files of a model folder, read and made otherwise.
namespace rosa::test {

inline checkpoint::ModelFolder openedModel(const std::filesystem::path& folder) {
  auto opened = checkpoint::ModelFolder::open(base::FileSystem::real(), folder);
  if (!opened) throw std::runtime_error(opened.error().message);
  return *std::move(opened);
}

inline at::Tensor tensorIn(const checkpoint::ModelFolder& folder, const std::string& name) {
  auto tensor = checkpoint::loadTensor(folder, name);
  if (!tensor) throw std::runtime_error(tensor.error().message);
  return *std::move(tensor);
}

/// Replaces each tensor of the folder by what `made` makes of it, in its type. One that it makes undefined is left out.
inline void rewriteTensors(const std::filesystem::path& folder,
                           const std::function<at::Tensor(const std::string&, const at::Tensor&)>& made) {
  const auto opened = openedModel(folder);
  std::vector<checkpoint::TensorToWrite> tensors;
  for (const auto* entry : opened.entries()) {
    const auto tensor = made(entry->name, tensorIn(opened, entry->name));
    if (tensor.defined()) tensors.push_back(checkpoint::tensorToWrite(entry->name, tensor));
  }
  const auto written = checkpoint::writeModelTensors(base::FileSystem::real(), folder, tensors);
  if (!written) throw std::runtime_error(written.error().message);
}

}  // namespace rosa::test

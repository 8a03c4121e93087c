// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/model_files.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "data/set_key.h"
#include "train/opened_model.h"

namespace rosa::service {

std::string stateOfFolder(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  std::error_code failed;
  for (std::filesystem::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    files.push_back(data::stateOfFile(it->path()));
  }
  std::ranges::sort(files);
  std::string state;
  for (const auto& file : files) data::appendToKey(state, file);
  return state;
}

ModelFiles readModelFiles(const std::filesystem::path& folder, std::string state) {
  ModelFiles files;
  files.state = std::move(state);
  files.config = train::readModelConfig(folder);
  if (files.config) {
    files.tokenizer = train::openTokenizer(folder, *files.config);
  } else {
    files.tokenizer = files.config.error();
  }
  return files;
}

}  // namespace rosa::service

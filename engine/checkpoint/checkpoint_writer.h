// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/atomic_write.h"
#include "base/file.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/manifest.h"
#include "checkpoint/safetensors_writer.h"
#include "rosa/expected.h"

namespace rosa::checkpoint {

/// Saves one checkpoint: files under a temporary name, the manifest last, everything read back and compared, then the
/// folder takes its name. Until `commit` returns without error nothing that was there has changed; destroyed before
/// that, it leaves nothing. A checkpoint of the same step is replaced.
class CheckpointWriter {
 public:
  [[nodiscard]] static Expected<CheckpointWriter> begin(base::FileSystem& files,
                                                        const std::filesystem::path& checkpoints, std::int64_t step);

  /// `name` is a plain file name, each used once.
  [[nodiscard]] Status writeTensors(const std::string& name, std::span<const TensorToWrite> tensors,
                                    const Metadata& metadata = {});
  [[nodiscard]] Status writeText(const std::string& name, std::string_view text);

  [[nodiscard]] Expected<Checkpoint> commit();

 private:
  CheckpointWriter(base::FileSystem& files, base::AtomicFolder folder, Checkpoint checkpoint);

  base::FileSystem* files_;
  base::AtomicFolder folder_;
  Checkpoint checkpoint_;
  Manifest manifest_;
};

}  // namespace rosa::checkpoint

// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/checkpoint_writer.h"

#include <utility>

namespace rosa::checkpoint {

CheckpointWriter::CheckpointWriter(base::FileSystem& files, base::AtomicFolder folder, Checkpoint checkpoint)
    : files_(&files), folder_(std::move(folder)), checkpoint_(std::move(checkpoint)) {}

Expected<CheckpointWriter> CheckpointWriter::begin(base::FileSystem& files, const std::filesystem::path& checkpoints,
                                                   std::int64_t step) {
  Checkpoint checkpoint{checkpointPath(checkpoints, step), step};
  ROSA_TRY(base::AtomicFolder folder,
           base::AtomicFolder::begin(files, checkpoint.folder, base::AtomicFolder::Existing::Replace));
  return CheckpointWriter(files, std::move(folder), std::move(checkpoint));
}

Status CheckpointWriter::writeTensors(const std::string& name, std::span<const TensorToWrite> tensors,
                                      const Metadata& metadata) {
  ROSA_TRY(manifest_.files[name], writeSafetensors(*files_, folder_.temporaryPath() / name, tensors, metadata));
  return {};
}

Status CheckpointWriter::writeText(const std::string& name, std::string_view text) {
  ROSA_CHECK(base::writeFileAtomically(*files_, folder_.temporaryPath() / name, text));
  manifest_.files[name] = base::digestText(text);
  return {};
}

Expected<Checkpoint> CheckpointWriter::commit() {
  ROSA_CHECK(base::writeFileAtomically(*files_, folder_.temporaryPath() / kManifestFile, formatManifest(manifest_)));
  ROSA_CHECK(verifyCheckpoint(*files_, folder_.temporaryPath()));
  ROSA_CHECK(folder_.commit());
  return checkpoint_;
}

}  // namespace rosa::checkpoint

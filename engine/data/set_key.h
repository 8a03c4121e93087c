// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "data/examples.h"

/// What the examples of a data file follow from, as texts that differ where they do: keys of what is kept of a file.
namespace rosa::data {

/// Path, size and time of the last change: what tells one state of a file from the next without reading it.
[[nodiscard]] std::string stateOfFile(const std::filesystem::path& file);

/// Texts of any kind follow one another in a key, so each brings its length.
void appendToKey(std::string& key, const std::string& text);

/// Every setting that says how rows become examples, the classes (null: the file's own), and `encoderKey`, which stands
/// for all that the encoder depends on. The file itself is the caller's to add.
[[nodiscard]] std::string keyOfReading(const ExampleSpec& spec, const LabelMap* labels, const std::string& encoderKey);

}  // namespace rosa::data

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "data/parquet/metadata.h"
#include "rosa/expected.h"

namespace rosa::data::parquet {

/// The bytes of a page, which must be `size` of them. A size that the page does not hold costs no memory: the text
/// grows as it is decoded. `plain` keeps its storage from page to page.
[[nodiscard]] Status decompress(Codec codec, std::string_view packed, std::size_t size, std::string& plain);

}  // namespace rosa::data::parquet

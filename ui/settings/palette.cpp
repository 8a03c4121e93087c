// SPDX-License-Identifier: GPL-3.0-or-later
#include "settings/palette.h"

#include <array>
#include <utility>

namespace rosa::ui {
namespace {

struct Token {
  QColor ThemeColors::*color;
  QRgb light, dark;
};

// Text keeps a contrast of 4.5:1 on window, surface and raised, marks keep 3:1 on surface.
constexpr std::array kTokens = {
    Token{&ThemeColors::window, 0xFFF5F6F8, 0xFF15181C},
    Token{&ThemeColors::surface, 0xFFFFFFFF, 0xFF1D2126},
    Token{&ThemeColors::raised, 0xFFECEFF3, 0xFF272C33},
    Token{&ThemeColors::border, 0xFFD5DAE1, 0xFF343B44},
    Token{&ThemeColors::text, 0xFF1A1E23, 0xFFE7EAEE},
    Token{&ThemeColors::muted, 0xFF59636E, 0xFF9BA5B1},
    Token{&ThemeColors::accent, 0xFF2563D9, 0xFF6EA3FF},
    Token{&ThemeColors::good, 0xFF17703C, 0xFF4CC07F},
    Token{&ThemeColors::warn, 0xFF8A5A12, 0xFFE0AC4F},
    Token{&ThemeColors::bad, 0xFFB92F2F, 0xFFF07171},
    Token{&ThemeColors::train, 0xFF2563D9, 0xFF6EA3FF},
    Token{&ThemeColors::validation, 0xFFD2570B, 0xFFFF9B54},
    Token{&ThemeColors::rate, 0xFF0B8A6B, 0xFF3CC9A4},
    Token{&ThemeColors::gradient, 0xFF7551C9, 0xFFA98BF5},
    Token{&ThemeColors::memoryWeights, 0xFF6B7683, 0xFF9CA4AC},
    Token{&ThemeColors::memoryTrainable, 0xFF2563D9, 0xFF6EA3FF},
    Token{&ThemeColors::memoryMoments, 0xFF7551C9, 0xFFA98BF5},
    Token{&ThemeColors::memoryActivations, 0xFFA87400, 0xFFE0AC4F},
    Token{&ThemeColors::memoryOther, 0xFF87919C, 0xFF6C7681},
    Token{&ThemeColors::resample, 0xFFC2307E, 0xFFFF7DB8},
};

// Okabe and Ito's colours, told apart by colour-blind eyes: blue, vermilion, green, purple, orange, sky, yellow, black.
constexpr std::array<std::pair<QRgb, QRgb>, 8> kRuns = {{
    {0xFF0072B2, 0xFF56A9DC},
    {0xFFD55E00, 0xFFFF8C42},
    {0xFF009E73, 0xFF3CC9A4},
    {0xFFB5608F, 0xFFE39CC4},
    {0xFFC18500, 0xFFE69F00},
    {0xFF499AC8, 0xFF9AD4F5},
    {0xFF9B942A, 0xFFF0E442},
    {0xFF1A1E23, 0xFFE7EAEE},
}};

}  // namespace

ThemeColors themeColors(bool dark) {
  ThemeColors colors;
  for (const Token& token : kTokens) colors.*token.color = QColor(dark ? token.dark : token.light);
  for (const auto& [light, darkColor] : kRuns) colors.runs.append(QColor(dark ? darkColor : light));
  return colors;
}

}  // namespace rosa::ui

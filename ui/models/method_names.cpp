// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/method_names.h"

#include <QObject>
#include <algorithm>
#include <array>

#include "widgets/format.h"

namespace rosa::ui {
namespace {

struct MethodName {
  const char* spelling;
  const char* name;
};

constexpr std::array kNames = {MethodName{"rosa", "ROSA"},
                               MethodName{"lora", "LoRA"},
                               MethodName{"full", QT_TRANSLATE_NOOP("QObject", "Full")},
                               MethodName{"dora", "DoRA"},
                               MethodName{"ia3", "IA³"},
                               MethodName{"relora", "ReLoRA"},
                               MethodName{"galore", "GaLore"},
                               MethodName{"bitfit", "BitFit"},
                               MethodName{"head", QT_TRANSLATE_NOOP("QObject", "Head only")},
                               MethodName{"houlsby", QT_TRANSLATE_NOOP("QObject", "Houlsby adapters")},
                               MethodName{"pfeiffer", QT_TRANSLATE_NOOP("QObject", "Pfeiffer adapters")},
                               MethodName{"prompt", QT_TRANSLATE_NOOP("QObject", "Prompt tuning")},
                               MethodName{"prefix", QT_TRANSLATE_NOOP("QObject", "Prefix tuning")}};

}  // namespace

QString methodName(const std::string& spelling) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const MethodName& method) { return spelling == method.spelling; });
  return found == kNames.end() ? toQString(spelling) : QObject::tr(found->name);
}

}  // namespace rosa::ui

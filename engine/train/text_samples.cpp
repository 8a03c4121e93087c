// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/text_samples.h"

#include "generate/continue_text.h"
#include "train/session.h"

namespace rosa::train {

std::optional<GeneratedText> continueText(Session& session, const std::string& prompt,
                                          const std::function<bool()>& giveUp) {
  GenerationSettings settings;
  settings.maxNewTokens = session.config.sampleTokens;
  if (session.chatTemplate != nullptr) generate::endAtTurn(session.turnEnd, settings);
  return generate::continueText(*session.model, session.tokenizer, prompt, settings, session.device, giveUp);
}

}  // namespace rosa::train

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "rosa/expected.h"
#include "text/template/template.h"
#include "text/tokenizer_settings.h"

/// How a model writes a conversation as one text: the Jinja template that lies in its folder, rendered as
/// apply_chat_template of transformers 5.24 does.
namespace rosa::text {

/// One conversation and what goes with it, as JSON has it.
struct Conversation {
  base::Json messages = base::Json::array();    ///< objects, most with "role" and "content"
  base::Json tools, documents;                  ///< null: none, which is not the same as an empty list
  base::Json variables = base::Json::object();  ///< others that the template may know, e.g. enable_thinking
  bool addGenerationPrompt = false;             ///< ends where the model is to speak
  std::string continueFinal;  ///< "content": the text ends inside the last message, at the end of that key; empty: no
};

struct RenderedChat {
  std::string text;
  /// [begin, end) of what stood in {% generation %}, in code points of the text.
  std::vector<std::pair<std::size_t, std::size_t>> generated;
};

/// The texts of the tokens with a role ("bos_token", ...), which templates write by those names.
[[nodiscard]] base::Json specialTokens(const TokenizerSettings& settings);

/// Parsed once. Rendering changes nothing and may run in several threads.
class ChatTemplate {
 public:
  /// `choice`: nothing takes the folder's own (chat_template.jinja, additional_chat_templates, tokenizer_config.json,
  /// the first of them that is there); else the name of one of several in the folder, of one that is built in, or a
  /// file. An empty `folder` has none. An error names the place and the line.
  [[nodiscard]] static Expected<ChatTemplate> open(const std::filesystem::path& folder, const base::Json& config,
                                                   const base::Json& specialTokens,
                                                   const std::optional<std::string>& choice = std::nullopt);
  /// `place` names the template in messages.
  [[nodiscard]] static Expected<ChatTemplate> parse(std::string source, std::string place,
                                                    const base::Json& specialTokens);

  /// Refuses, in one sentence, what transformers refuses, and what the template itself does.
  [[nodiscard]] Expected<RenderedChat> render(const Conversation& conversation,
                                              const jinja::RenderOptions& options = {}) const;

  /// Whether the template that this conversation is rendered by marks what the model says.
  [[nodiscard]] bool marksGeneration(const Conversation& conversation) const {
    return partFor(conversation).parsed.hasGeneration();
  }
  [[nodiscard]] const std::string& source() const { return main_.source; }
  /// The files that, laid in a folder, make `open` find this template there: names and contents.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> files() const;
  /// "chat_template.jinja", "the built-in template chatml", ...
  [[nodiscard]] const std::string& place() const { return main_.place; }

 private:
  struct Part {
    std::string source, place;
    jinja::Template parsed;
  };
  [[nodiscard]] const Part& partFor(const Conversation& conversation) const {
    return withTools_ && !conversation.tools.is_null() ? *withTools_ : main_;
  }
  static Expected<Part> parsePart(std::string source, std::string place);
  ChatTemplate(Part main, std::optional<Part> withTools, base::Json specialTokens)
      : main_(std::move(main)), withTools_(std::move(withTools)), specialTokens_(std::move(specialTokens)) {}

  Part main_;
  std::optional<Part> withTools_;  ///< "tool_use" of a folder with several
  base::Json specialTokens_;
};

}  // namespace rosa::text

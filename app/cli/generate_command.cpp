// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>
#include <utility>

#include "cli/choice.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json_text.h"
#include "cli/sampling_flags.h"

namespace rosa::cli {

namespace {

struct GenerateOptions {
  GenerationRequest request;
  std::string promptFile;
  bool json = false;
  bool timing = false;
};

void addOptions(CLI::App& command, GenerateOptions& options) {
  auto& request = options.request;
  auto& settings = request.settings;
  command.add_option("--model", request.model, "Model folder, a run's, or a GGUF file")->required()->type_name("DIR");
  command.add_option("--adapter", request.adapter, "PEFT adapter for it")->type_name("DIR");
  command.add_option("--prompt", request.prompts, "Text to continue (repeatable)")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  command.add_option("--prompts", options.promptFile, "File with a prompt a line")->type_name("FILE");
  command.add_flag("--chat", request.chat,
                   "A prompt is what a user says, or a conversation in JSON; the chat template writes it");
  command.add_option("--system", request.system, "With --chat: the system's message before it")->type_name("TEXT");
  command.add_option("--chat-template", request.chatTemplate, "With --chat: another than the model's own")
      ->type_name("NAME|FILE");
  addSamplingFlags(command, settings);
  command.add_option("--beams", settings.beams, "Beams of a beam search; 1 = none");
  command.add_option("--length-penalty", settings.lengthPenalty,
                     "A beam's score is its log-probability / length^penalty");
  const std::map<std::string, EarlyStopping> stopping = {
      {"yes", EarlyStopping::Yes}, {"no", EarlyStopping::No}, {"never", EarlyStopping::Never}};
  command
      .add_option("--early-stopping", settings.earlyStopping,
                  "A beam search ends once it is full (yes), when no beam is better at its length (no) or can ever "
                  "become better (never)")
      ->transform(choice(stopping));
  command.add_option("--returned", settings.returned, "Continuations of each prompt");
  command.add_option("--batch", request.batch, "Sequences computed together");
  addPlaceFlags(command, request.threads, request.device, request.weights);
  command.add_flag("--json", options.json, "Print one JSON object a prompt");
  command.add_flag("--timing", options.timing, "Print tokens a second to stderr");
}

/// The file's prompts behind those given as flags.
std::optional<ConfigProblem> readPrompts(const std::string& file, std::vector<std::string>& prompts) {
  if (file.empty()) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) prompts.push_back(line);
  }
  if (!in.eof()) return ConfigProblem{"prompts", "prompts: " + file + " cannot be read. Check the path."};
  return std::nullopt;
}

nlohmann::ordered_json jsonOf(const GeneratedText& text) {
  constexpr std::array kEndings = {"end token", "stop string", "length"};
  nlohmann::ordered_json object{
      {"text", text.text}, {"tokens", text.tokens}, {"ending", kEndings.at(static_cast<std::size_t>(text.ending))}};
  if (!std::isnan(text.score)) object["score"] = number(text.score);
  return object;
}

/// Prints what comes, prompt after prompt in their order, whichever is done first.
class Printer {
 public:
  explicit Printer(const GenerateOptions& options) : options_(options), waiting_(options.request.prompts.size()) {}

  /// A lone prompt is printed as it grows.
  [[nodiscard]] bool streams() const {
    const auto& settings = options_.request.settings;
    return !options_.json && options_.request.prompts.size() == 1 && settings.beams == 1 && settings.returned == 1;
  }
  void begin() const {
    if (streams() && !options_.request.chat) print(options_.request.prompts.front());
  }
  static void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  void finished(std::size_t prompt, const std::vector<GeneratedText>& texts) {
    waiting_[prompt] = texts;
    for (; next_ < waiting_.size() && waiting_[next_]; ++next_) {
      if (!streams()) show(options_.request.prompts[next_], *waiting_[next_]);
    }
  }

 private:
  void show(const std::string& prompt, const std::vector<GeneratedText>& texts) const {
    if (options_.json) {
      nlohmann::ordered_json object{{"prompt", prompt}};
      if (!texts.empty()) {
        object["prompt_tokens"] = texts.front().promptTokens;
        object["dropped_prompt_tokens"] = texts.front().droppedPromptTokens;
      }
      if (options_.request.settings.returned == 1 && texts.size() == 1) {
        object.update(jsonOf(texts.front()));
      } else {
        object["texts"] = nlohmann::ordered_json::array();
        for (const auto& text : texts) object["texts"].push_back(jsonOf(text));
      }
      print(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
      return;
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto& before = options_.request.chat ? std::string() : prompt;
      print(fmt::format("{}{}{}\n", next_ + i > 0 ? "\n" : "", before, texts[i].text));
    }
  }

  const GenerateOptions& options_;
  std::vector<std::optional<std::vector<GeneratedText>>> waiting_;
  std::size_t next_ = 0;
};

int generate(Engine& engine, const GenerateOptions& options) {
  Printer printer(options);
  GenerationCallbacks callbacks;
  bool begun = false;
  callbacks.giveUp = [&] {
    // Only now, so that Ctrl-C while the model is opened ends the process.
    if (!std::exchange(begun, true)) {
      watchInterrupts(SecondInterrupt::EndsProcess);
      printer.begin();
    }
    return interrupted();
  };
  if (printer.streams()) callbacks.piece = [](std::size_t, std::string_view text) { Printer::print(text); };
  callbacks.finished = [&](std::size_t prompt, const std::vector<GeneratedText>& texts) {
    printer.finished(prompt, texts);
  };
  const auto report = engine.generate(options.request, callbacks);
  if (!report) {
    printError(report.error().message);
    return kWrongInput;
  }
  if (printer.streams()) Printer::print("\n");
  printRemarks(report->remarks);
  if (options.timing) {
    fmt::print(stderr, "{} tokens in {:.3f} s, {:.1f} tokens/s\n", report->tokens, report->seconds,
               static_cast<double>(report->tokens) / report->seconds);
  }
  if (report->givenUp) printError("stopped before all prompts were answered");
  return report->givenUp ? kFailed : kDone;
}

}  // namespace

void registerGenerate(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("generate", "Continue prompts");
  auto options = std::make_shared<GenerateOptions>();
  addOptions(*command, *options);
  command->callback([options, &context, &exitCode] {
    auto problems = std::vector<ConfigProblem>();
    if (const auto unreadable = readPrompts(options->promptFile, options->request.prompts)) {
      problems.push_back(*unreadable);
    } else {
      problems = checkGeneration(options->request);
    }
    if (!problems.empty()) {
      printError(joinProblems(problems));
      exitCode = kWrongInput;
      return;
    }
    exitCode = generate(context.engine(), *options);
  });
}

}  // namespace rosa::cli

// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/chat_turns.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/sampling_flags.h"

namespace rosa::cli {

namespace {

struct ChatOptions {
  ModelRequest request;
  GenerationSettings settings;
  std::string system;
  bool base = false;
};

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// A line of stdin without its end; nothing at its end, or when a signal came.
std::optional<std::string> readLine() {
  struct Free {
    void operator()(char* line) const { std::free(line); }
  };
  char* raw = nullptr;
  std::size_t size = 0;
  const auto length = getline(&raw, &size, stdin);
  const std::unique_ptr<char, Free> line(raw);
  if (length < 0) return std::nullopt;
  std::string text(line.get(), static_cast<std::size_t>(length));
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

/// The models that answer side by side, and how they are called.
struct Speaker {
  std::string name;  ///< empty where there is one alone
  std::unique_ptr<LoadedModel> model;
};

class ChatInTerminal {
 public:
  ChatInTerminal(std::vector<Speaker> speakers, const ChatOptions& options)
      : speakers_(std::move(speakers)),
        turns_(options.system, options.settings),
        interactive_(isatty(STDIN_FILENO) != 0) {}

  int run() {
    if (interactive_) fmt::print(stderr, "Say something; /help lists the commands, Ctrl-C stops an answer.\n");
    int exitCode = kDone;
    while (true) {
      if (interactive_) print("> ");
      const auto line = readLine();
      if (!line) {
        // Ctrl-C at the prompt is a question first: it may have been meant for an answer that has just ended.
        if (!interrupted() || !interactive_ || std::exchange(pressed_, true)) break;
        forgetInterrupts();
        if (interrupted()) break;
        std::clearerr(stdin);
        fmt::print(stderr, "\nCtrl-C again, or /quit, ends.\n");
        continue;
      }
      const auto [next, note] = turns_.take(*line);
      if (!note.empty()) fmt::print(stderr, "{}\n", note);
      if (next == ChatTurns::Next::End) break;
      pressed_ = false;
      if (next == ChatTurns::Next::Answer && !answer()) exitCode = kWrongInput;
      if (interrupted()) {
        if (!interactive_) return kFailed;
        pressed_ = true;
        forgetInterrupts();
        if (interrupted()) return kFailed;
      }
    }
    if (interactive_) print("\n");
    return exitCode;
  }

 private:
  /// False where the question cannot be answered; it is then taken back.
  bool answer() {
    std::vector<std::string> answers;
    for (std::size_t i = 0; i < speakers_.size() && !interrupted(); ++i) {
      auto& [name, model] = speakers_[i];
      const auto prepared = model->prepare({{}, turns_.messages(i), turns_.settings(), 0});
      const auto made = prepared ? speak(name, *model, *prepared) : Expected<Completion>(prepared.error());
      if (!made) {
        printError(made.error().message);
        turns_.dropLast();
        return false;
      }
      tell(*made);
      answers.push_back(made->text);
    }
    for (auto& text : answers) turns_.answered(std::move(text));
    return true;
  }

  static Expected<Completion> speak(const std::string& name, LoadedModel& model, const PreparedPrompt& prepared) {
    if (!name.empty()) print(fmt::format("[{}] ", name));
    CompletionCallbacks callbacks;
    callbacks.piece = [](const TextPiece& piece) { print(piece.text); };
    callbacks.giveUp = [] { return interrupted(); };
    auto made = model.complete(prepared, callbacks);
    print("\n");
    return made;
  }

  static void tell(const Completion& made) {
    constexpr std::array kEndings = {"end token", "stop string", "length"};
    fmt::print(stderr, "[{} tokens, {:.1f} tokens/s, {}; {} of {} prompt tokens read in {:.2f} s]\n", made.tokens,
               made.tokensPerSecond(), made.givenUp ? "stopped" : kEndings.at(static_cast<std::size_t>(made.ending)),
               made.promptTokens - made.reusedTokens, made.promptTokens, made.readSeconds);
  }

  std::vector<Speaker> speakers_;
  ChatTurns turns_;
  bool interactive_;
  bool pressed_ = false;  ///< Ctrl-C was the last thing that the user did
};

/// Why there is none is told.
std::unique_ptr<LoadedModel> openTalking(Engine& engine, const ModelRequest& request) {
  auto opened = engine.openModel(request);
  if (!opened) {
    printError(opened.error().message);
    return nullptr;
  }
  const auto& facts = (*opened)->facts();
  if (!facts.noChat.empty()) {
    printError(facts.noChat);
    return nullptr;
  }
  printRemarks(facts.remarks);
  return *std::move(opened);
}

int chat(Engine& engine, const ChatOptions& options) {
  std::vector<Speaker> speakers;
  speakers.push_back({options.base ? "tuned" : "", openTalking(engine, options.request)});
  if (speakers.front().model == nullptr) return kWrongInput;
  if (options.base) {
    auto request = options.request;
    request.base = true;
    speakers.push_back({"base", openTalking(engine, request)});
    if (speakers.back().model == nullptr) return kWrongInput;
  }
  // Only now, so that Ctrl-C while the model is opened ends the process.
  watchInterrupts(SecondInterrupt::EndsProcess);
  return ChatInTerminal(std::move(speakers), options).run();
}

}  // namespace

void registerChat(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("chat", "Talk with a model: what one says is a line, /help lists the commands");
  auto options = std::make_shared<ChatOptions>();
  options->settings.maxNewTokens = 512;
  auto& request = options->request;
  command->add_option("MODEL", request.model, "Model folder, a run's, or a GGUF file")->required();
  command->add_option("--checkpoint", request.checkpoint, "Of a run: best, last or a step");
  command->add_flag("--base", options->base, "Of a run: its base model answers the same beside it");
  command->add_option("--adapter", request.adapter, "PEFT adapter for it")->type_name("DIR");
  command->add_option("--system", options->system, "What the system says before the conversation")->type_name("TEXT");
  command->add_option("--chat-template", request.chatTemplate, "Another than the model's own")->type_name("NAME|FILE");
  addSamplingFlags(*command, options->settings);
  addPlaceFlags(*command, request.threads, request.device, request.weights);
  command->callback([options, &context, &exitCode] {
    GenerationRequest checked;
    checked.prompts = {"checked"};
    checked.settings = options->settings;
    checked.threads = options->request.threads;
    if (const auto problems = checkGeneration(checked); !problems.empty()) {
      printError(joinProblems(problems));
      exitCode = kWrongInput;
      return;
    }
    exitCode = chat(context.engine(), *options);
  });
}

}  // namespace rosa::cli

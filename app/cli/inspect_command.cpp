// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "cli/command.h"
#include "cli/json_text.h"

namespace rosa::cli {

namespace {

constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;

/// What marks the tokens of a kind: colours on a terminal, brackets in a file.
struct Marks {
  std::string_view begin, end;
};
enum Kind { kOther, kCounts, kCut };
constexpr std::array<Marks, 3> kColours{{{"", ""}, {"\033[1;32m", "\033[0m"}, {"\033[9;31m", "\033[0m"}}};
constexpr std::array<Marks, 3> kBrackets{{{"", ""}, {"«", "»"}, {"⟪", "⟫"}}};

std::string shown(const std::string& text) {
  std::string all;
  for (const char c : text) {
    if (c == '\n') {
      all += "↵\n    ";
    } else if (c == '\t' || static_cast<unsigned char>(c) >= 32) {
      all += c;
    }
  }
  return all;
}

/// The tokens with a bar between them, those that count and those that are cut off marked.
std::string tokensText(const PreviewRow& row, const std::array<Marks, 3>& marks) {
  std::string all = "    ";
  auto kind = kOther;
  for (std::size_t i = 0; i < row.tokens.size(); ++i) {
    const auto& token = row.tokens[i];
    const auto next = token.cut ? kCut : token.counts ? kCounts : kOther;
    if (next != kind) all += marks[kind].end;
    if (i > 0) all += '|';
    if (next != kind) all += marks[next].begin;
    kind = next;
    all += shown(token.text);
  }
  return all + std::string(marks[kind].end);
}

nlohmann::ordered_json jsonOf(const PreviewRow& row) {
  nlohmann::ordered_json object{{"text", row.text},
                                {"targets", row.targets},
                                {"ended_turns", row.endedTurns},
                                {"lost_tokens", row.lostTokens},
                                {"lost_targets", row.lostTargets}};
  if (!row.label.empty()) object["label"] = row.label;
  object["tokens"] = nlohmann::ordered_json::array();
  for (const auto& token : row.tokens) {
    object["tokens"].push_back({{"id", token.id}, {"text", token.text}, {"counts", token.counts}, {"cut", token.cut}});
  }
  return object;
}

int showBatch(Engine& engine, const RunConfig& config, std::int64_t first, std::int64_t count, bool json) {
  const auto preview = engine.previewData(config, first, count);
  if (!preview) {
    printError(preview.error().message);
    return kWrongInput;
  }
  printRemarks(preview->remarks);
  const auto& marks = isatty(STDOUT_FILENO) != 0 ? kColours : kBrackets;
  for (std::size_t i = 0; i < preview->rows.size(); ++i) {
    const auto& row = preview->rows[i];
    if (json) {
      fmt::print("{}\n", jsonOf(row).dump(-1, ' ', false, kReplace));
      continue;
    }
    fmt::print("row {}: {} tokens, {} count, {} end a turn, {} cut off ({} would count){}\n{}\n",
               static_cast<std::size_t>(first) + i + 1, row.tokens.size(), row.targets, row.endedTurns, row.lostTokens,
               row.lostTargets, row.label.empty() ? "" : ", label " + row.label, tokensText(row, marks));
  }
  if (preview->rows.empty()) fmt::print("no more rows\n");
  return kDone;
}

int showPath(Engine& engine, const std::string& path, bool json) {
  const auto inspection = engine.inspect(path);
  if (!inspection) {
    printError(inspection.error().message);
    return kWrongInput;
  }
  if (json) {
    nlohmann::ordered_json facts = nlohmann::ordered_json::object();
    for (const auto& [name, value] : inspection->facts) facts[name] = value;
    fmt::print("{}\n",
               nlohmann::ordered_json{{"kind", inspection->kind}, {"title", inspection->title}, {"facts", facts}}.dump(
                   -1, ' ', false, kReplace));
    return kDone;
  }
  fmt::print("{}: {}\n", inspection->kind, inspection->title);
  std::vector<Fact> facts;
  for (const auto& [name, value] : inspection->facts) facts.push_back({name, value});
  printFacts(facts);
  return kDone;
}

struct InspectOptions {
  std::string path;
  bool json = false, batch = false;
  std::int64_t first = 0, rows = 8;
};

}  // namespace

void registerInspect(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("inspect",
                                     "What a path is: model folder, safetensors, tokenizer, data file or run; or, with "
                                     "--batch, the training data token by token");
  command->allow_extras();
  auto options = std::make_shared<InspectOptions>();
  auto flags = std::make_shared<ConfigFlags>(
      *command, std::vector<std::string_view>{"model", "data", "task", "text", "text-pair", "label", "prompt",
                                              "completion", "header", "quotes", "separator", "shape", "chat-template",
                                              "loss-on", "mask-rate", "skip-bad", "max-length", "max-rows", "seed"});
  command->add_option("path", options->path, "File or folder")->type_name("PATH");
  command->add_flag("--batch", options->batch, "Show which tokens of the data a run would train on (with --data)");
  command->add_option("--first", options->first, "With --batch: rows that are passed over")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--rows", options->rows, "With --batch: rows that are shown")->check(CLI::Range(1, 10000));
  command->add_flag("--json", options->json, "Print the result as JSON");
  command->callback([command, flags, options, &context, &exitCode] {
    RunConfig config;
    if (const auto problems = flags->read(command->remaining(), config); !problems.empty()) {
      printError(joinProblems(problems));
      exitCode = kWrongInput;
    } else if (options->batch) {
      exitCode = showBatch(context.engine(), config, options->first, options->rows, options->json);
    } else if (options->path.empty()) {
      printError("path is missing; write it behind rosa inspect, or write --batch with --model and --data");
      exitCode = kWrongInput;
    } else {
      exitCode = showPath(context.engine(), options->path, options->json);
    }
  });
}

}  // namespace rosa::cli

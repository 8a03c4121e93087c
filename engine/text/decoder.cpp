// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/decoder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "text/json_fields.h"
#include "text/pattern.h"
#include "text/pre_tokenizer.h"

namespace rosa::text {
namespace {

constexpr std::string_view kPlace = "decoder";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void replaceAll(std::string& text, std::string_view from, std::string_view to) {
  auto at = from.empty() ? std::string::npos : text.find(from);
  if (at == std::string::npos) return;
  std::string result;
  std::size_t done = 0;
  for (; at != std::string::npos; at = text.find(from, done)) {
    result.append(text, done, at - done).append(to);
    done = at + from.size();
  }
  text = result.append(text, done);
}

/// Takes spaces out before punctuation and short forms, as in English.
void cleanUp(std::string& token) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kRules = {{{" .", "."},
                                                                                     {" ?", "?"},
                                                                                     {" !", "!"},
                                                                                     {" ,", ","},
                                                                                     {" ' ", "'"},
                                                                                     {" n't", "n't"},
                                                                                     {" 'm", "'m"},
                                                                                     {" do not", " don't"},
                                                                                     {" 's", "'s"},
                                                                                     {" 've", "'ve"},
                                                                                     {" 're", "'re"}}};
  for (const auto& [from, to] : kRules) replaceAll(token, from, to);
}

class ByteLevel final : public Decoder {
 public:
  ByteLevel() {
    for (std::size_t byte = 0; byte < 256; ++byte) bytes_[byteCharacters()[byte]] = static_cast<char>(byte);
  }
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    std::string all;
    for (const auto& token : tokens) {
      std::string part;
      for (const char32_t c : codePoints(token)) {
        const auto found = bytes_.find(c);
        if (found == bytes_.end()) {  // an added token, which stands for itself
          part = token;
          break;
        }
        part += found->second;
      }
      all += part;
    }
    return {toUtf8(codePoints(all))};
  }

 private:
  std::unordered_map<char32_t, char> bytes_;
};

class WordPiece final : public Decoder {
 public:
  WordPiece(std::string prefix, bool cleanup) : prefix_(std::move(prefix)), cleanup_(cleanup) {}
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      auto& token = tokens[i];
      if (i > 0 && token.starts_with(prefix_)) {
        token.erase(0, prefix_.size());
      } else if (i > 0) {
        token.insert(0, 1, ' ');
      }
      if (cleanup_) cleanUp(token);
    }
    return tokens;
  }

 private:
  std::string prefix_;
  bool cleanup_;
};

class Replace final : public Decoder {
 public:
  Replace(Pattern pattern, std::u32string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    for (auto& token : tokens) {
      AlignedText text;
      for (const char32_t c : codePoints(token)) text.push_back({c, 0, 0});
      std::u32string result;
      std::size_t done = 0;
      for (const auto& match : pattern_.matches(text)) {
        for (; done < match.begin; ++done) result += text[done].value;
        result += content_;
        done = match.end;
      }
      for (; done < text.size(); ++done) result += text[done].value;
      token = toUtf8(result);
    }
    return tokens;
  }

 private:
  Pattern pattern_;
  std::u32string content_;
};

/// Runs of tokens <0x00> .. <0xFF> become the characters that their bytes spell; a run that is not UTF-8 becomes one
/// replacement character a byte.
class ByteFallback final : public Decoder {
 public:
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    std::vector<std::string> result;
    std::string run;
    const auto endRun = [&] {
      if (run.empty()) return;
      if (base::isUtf8(run)) {
        result.push_back(run);
      } else {
        for (std::size_t i = 0; i < run.size(); ++i) result.emplace_back(kReplacement);
      }
      run.clear();
    };
    for (auto& token : tokens) {
      if (const auto byte = byteOf(token)) {
        run += *byte;
      } else {
        endRun();
        result.push_back(std::move(token));
      }
    }
    endRun();
    return result;
  }

 private:
  static std::optional<char> byteOf(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
    unsigned value = 0;
    const auto* end = token.data() + 5;
    const auto [stop, error] = std::from_chars(token.data() + 3, end, value, 16);
    if (error != std::errc() || stop != end) return std::nullopt;
    return static_cast<char>(static_cast<unsigned char>(value));
  }
};

class Fuse final : public Decoder {
 public:
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    std::string all;
    for (const auto& token : tokens) all += token;
    return {all};
  }
};

class Strip final : public Decoder {
 public:
  Strip(std::string content, std::int32_t start, std::int32_t stop)
      : content_(std::move(content)), start_(start), stop_(stop) {}
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    for (auto& token : tokens) {
      std::size_t begin = 0;
      std::size_t end = token.size();
      const auto holds = [&](std::size_t place) {
        return begin + content_.size() <= end && token.compare(place, content_.size(), content_) == 0;
      };
      for (std::int32_t i = 0; i < start_ && holds(begin); ++i) begin += content_.size();
      for (std::int32_t i = 0; i < stop_ && holds(end - content_.size()); ++i) end -= content_.size();
      token = token.substr(begin, end - begin);
    }
    return tokens;
  }

 private:
  std::string content_;
  std::int32_t start_, stop_;
};

/// Words of the original BPE end in a suffix.
class EndOfWord final : public Decoder {
 public:
  explicit EndOfWord(std::string suffix) : suffix_(std::move(suffix)) {}
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i) replaceAll(tokens[i], suffix_, i + 1 < tokens.size() ? " " : "");
    return tokens;
  }

 private:
  std::string suffix_;
};

/// Connectionist temporal classification: of equal neighbours one stays, and pads go.
class Ctc final : public Decoder {
 public:
  Ctc(std::string pad, std::string delimiter, bool cleanup)
      : pad_(std::move(pad)), delimiter_(std::move(delimiter)), cleanup_(cleanup) {}
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    for (auto& token : tokens) {
      replaceAll(token, pad_, "");
      if (!cleanup_) continue;
      cleanUp(token);
      replaceAll(token, delimiter_, " ");
    }
    std::erase(tokens, "");
    return tokens;
  }

 private:
  std::string pad_, delimiter_;
  bool cleanup_;
};

class Metaspace final : public Decoder {
 public:
  Metaspace(std::string replacement, bool prepended) : replacement_(std::move(replacement)), prepended_(prepended) {}
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    // In the first token all of them go.
    for (std::size_t i = 0; i < tokens.size(); ++i)
      replaceAll(tokens[i], replacement_, i == 0 && prepended_ ? "" : " ");
    return tokens;
  }

 private:
  std::string replacement_;
  bool prepended_;
};

class Sequence final : public Decoder {
 public:
  explicit Sequence(std::vector<std::unique_ptr<Decoder>> parts) : parts_(std::move(parts)) {}
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    for (const auto& part : parts_) tokens = part->apply(std::move(tokens));
    return tokens;
  }

 private:
  std::vector<std::unique_ptr<Decoder>> parts_;
};

}  // namespace

Expected<std::unique_ptr<Decoder>> makeDecoder(const base::Json& json) {
  using Made = Expected<std::unique_ptr<Decoder>>;
  if (json.is_null()) return Made(std::unique_ptr<Decoder>());
  ROSA_TRY(const auto type, typeOf(json, kPlace));
  if (type == "ByteLevel") return Made(std::make_unique<ByteLevel>());
  if (type == "ByteFallback") return Made(std::make_unique<ByteFallback>());
  if (type == "Fuse") return Made(std::make_unique<Fuse>());
  if (type == "WordPiece") {
    ROSA_TRY(auto prefix, textField(json, "prefix", kPlace));
    ROSA_TRY(const bool cleanup, boolField(json, "cleanup", true, kPlace));
    return Made(std::make_unique<WordPiece>(std::move(prefix), cleanup));
  }
  if (type == "Replace") {
    ROSA_TRY(auto pattern, makePattern(member(json, "pattern"), kPlace));
    ROSA_TRY(auto content, pointsField(json, "content", kPlace));
    return Made(std::make_unique<Replace>(std::move(pattern), std::move(content)));
  }
  if (type == "BPEDecoder") {
    ROSA_TRY(auto suffix, textField(json, "suffix", kPlace));
    return Made(std::make_unique<EndOfWord>(std::move(suffix)));
  }
  if (type == "CTC") {
    ROSA_TRY(auto pad, textField(json, "pad_token", kPlace));
    ROSA_TRY(auto delimiter, textField(json, "word_delimiter_token", kPlace));
    ROSA_TRY(const bool cleanup, boolField(json, "cleanup", true, kPlace));
    return Made(std::make_unique<Ctc>(std::move(pad), std::move(delimiter), cleanup));
  }
  if (type == "Strip") {
    ROSA_TRY(auto content, textField(json, "content", kPlace));
    if (codePoints(content).size() != 1) return Error{"decoder.content must be one character."};
    ROSA_TRY(const auto start, numberField(json, "start", 0, kPlace));
    ROSA_TRY(const auto stop, numberField(json, "stop", 0, kPlace));
    return Made(std::make_unique<Strip>(std::move(content), start, stop));
  }
  if (type == "Metaspace") {
    ROSA_TRY(auto replacement, textField(json, "replacement", kPlace));
    const auto& scheme = member(json, "prepend_scheme");
    ROSA_TRY(const bool oldPrefix, boolField(json, "add_prefix_space", true, kPlace));
    const bool prepended = scheme.is_string() ? scheme.get<std::string>() != "never" : oldPrefix;
    return Made(std::make_unique<Metaspace>(std::move(replacement), prepended));
  }
  if (type == "Sequence") {
    std::vector<std::unique_ptr<Decoder>> parts;
    for (const auto& part : member(json, "decoders")) {
      ROSA_TRY(auto made, makeDecoder(part));
      if (made) parts.push_back(std::move(made));
    }
    return Made(std::make_unique<Sequence>(std::move(parts)));
  }
  return unsupported(kPlace, type);
}

}  // namespace rosa::text

// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/built_in_chat_templates.h"

#include <algorithm>
#include <array>

namespace rosa::text {
namespace {

// Every line but the text itself ends in -%} or -}}, so that nothing else of the template reaches the output.
// `checked` stops on what would otherwise be left out in silence.

constexpr std::string_view kChatMl = R"({%- macro checked(message) -%}
  {%- if message.content is not string or message.tool_calls -%}
    {{- raise_exception('The template chatml takes messages with text alone.') -}}
  {%- endif -%}
{%- endmacro -%}
{%- if tools -%}{{- raise_exception('The template chatml has no place for tools.') -}}{%- endif -%}
{%- for message in messages -%}
  {{- checked(message) -}}
  {{- '<|im_start|>' + message.role + '\n' -}}
  {%- if message.role == 'assistant' -%}
    {%- generation -%}{{- message.content + '<|im_end|>' -}}{%- endgeneration -%}
  {%- else -%}
    {{- message.content + '<|im_end|>' -}}
  {%- endif -%}
  {{- '\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%})";

constexpr std::string_view kLlama3 = R"({%- macro checked(message) -%}
  {%- if message.content is not string or message.tool_calls -%}
    {{- raise_exception('The template llama3 takes messages with text alone.') -}}
  {%- endif -%}
{%- endmacro -%}
{%- if tools -%}{{- raise_exception('The template llama3 has no place for tools.') -}}{%- endif -%}
{{- bos_token -}}
{%- for message in messages -%}
  {{- checked(message) -}}
  {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' -}}
  {%- if message.role == 'assistant' -%}
    {%- generation -%}{{- message.content | trim + '<|eot_id|>' -}}{%- endgeneration -%}
  {%- else -%}
    {{- message.content | trim + '<|eot_id|>' -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' -}}{%- endif -%})";

constexpr std::string_view kGemma =
    R"({%- if tools -%}{{- raise_exception('The template gemma has no place for tools.') -}}{%- endif -%}
{{- bos_token -}}
{%- set ns = namespace(system='') -%}
{%- for message in messages -%}
  {%- if message.content is not string or message.tool_calls -%}
    {{- raise_exception('The template gemma takes messages with text alone.') -}}
  {%- elif message.role == 'system' and loop.first -%}
    {%- set ns.system = message.content | trim + '\n\n' -%}
  {%- elif message.role == 'user' -%}
    {{- '<start_of_turn>user\n' + ns.system + message.content | trim + '<end_of_turn>\n' -}}
    {%- set ns.system = '' -%}
  {%- elif message.role == 'assistant' -%}
    {{- '<start_of_turn>model\n' -}}
    {%- generation -%}{{- message.content | trim + '<end_of_turn>' -}}{%- endgeneration -%}
    {{- '\n' -}}
  {%- else -%}
    {{- raise_exception('The template gemma takes one system message at the beginning, then user and assistant.') -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<start_of_turn>model\n' -}}{%- endif -%})";

constexpr std::string_view kMistral =
    R"({%- if tools -%}{{- raise_exception('The template mistral has no place for tools.') -}}{%- endif -%}
{%- if not eos_token -%}{{- raise_exception('The template mistral needs a tokenizer with an eos_token.') -}}{%- endif -%}
{{- bos_token -}}
{%- set ns = namespace(system='') -%}
{%- for message in messages -%}
  {%- if message.content is not string or message.tool_calls -%}
    {{- raise_exception('The template mistral takes messages with text alone.') -}}
  {%- elif message.role == 'system' and loop.first -%}
    {%- set ns.system = message.content + '\n\n' -%}
  {%- elif message.role == 'user' -%}
    {{- '[INST] ' + ns.system + message.content + ' [/INST]' -}}
    {%- set ns.system = '' -%}
  {%- elif message.role == 'assistant' -%}
    {%- generation -%}{{- ' ' + message.content + eos_token -}}{%- endgeneration -%}
  {%- else -%}
    {{- raise_exception('The template mistral takes one system message at the beginning, then user and assistant.') -}}
  {%- endif -%}
{%- endfor -%})";

constexpr std::string_view kPhi = R"({%- macro checked(message) -%}
  {%- if message.content is not string or message.tool_calls -%}
    {{- raise_exception('The template phi takes messages with text alone.') -}}
  {%- endif -%}
{%- endmacro -%}
{%- if tools -%}{{- raise_exception('The template phi has no place for tools.') -}}{%- endif -%}
{%- for message in messages -%}
  {{- checked(message) -}}
  {{- '<|' + message.role + '|>\n' -}}
  {%- if message.role == 'assistant' -%}
    {%- generation -%}{{- message.content + '<|end|>' -}}{%- endgeneration -%}
  {%- else -%}
    {{- message.content + '<|end|>' -}}
  {%- endif -%}
  {{- '\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|assistant|>\n' -}}{%- endif -%})";

constexpr std::string_view kAlpaca =
    R"({%- if tools -%}{{- raise_exception('The template alpaca has no place for tools.') -}}{%- endif -%}
{%- if not eos_token -%}{{- raise_exception('The template alpaca needs a tokenizer with an eos_token.') -}}{%- endif -%}
{{- bos_token -}}
{%- for message in messages -%}
  {%- if message.content is not string or message.tool_calls -%}
    {{- raise_exception('The template alpaca takes messages with text alone.') -}}
  {%- elif message.role == 'system' -%}
    {{- message.content + '\n\n' -}}
  {%- elif message.role == 'user' -%}
    {{- '### Instruction:\n' + message.content + '\n\n' -}}
  {%- elif message.role == 'assistant' -%}
    {{- '### Response:\n' -}}
    {%- generation -%}{{- message.content + eos_token -}}{%- endgeneration -%}
    {{- '\n\n' -}}
  {%- else -%}
    {{- raise_exception('The template alpaca takes system, user and assistant messages.') -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '### Response:\n' -}}{%- endif -%})";

struct BuiltIn {
  std::string_view name, source;
};
constexpr std::array<BuiltIn, 6> kBuiltIn = {{{"chatml", kChatMl},
                                              {"llama3", kLlama3},
                                              {"gemma", kGemma},
                                              {"mistral", kMistral},
                                              {"phi", kPhi},
                                              {"alpaca", kAlpaca}}};

}  // namespace

const std::string_view* builtInChatTemplate(std::string_view name) {
  const auto* found =
      std::find_if(kBuiltIn.begin(), kBuiltIn.end(), [&](const BuiltIn& one) { return one.name == name; });
  return found == kBuiltIn.end() ? nullptr : &found->source;
}

const std::string& builtInChatTemplateNames() {
  static const std::string kNames = [] {
    std::string all;
    for (const auto& one : kBuiltIn) all.append(all.empty() ? "" : ", ").append(one.name);
    return all;
  }();
  return kNames;
}

}  // namespace rosa::text

// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/callables.h"

#include <algorithm>

#include "text/template/failure.h"
#include "text/template/operators.h"
#include "text/template/show.h"

namespace rosa::text::jinja {
namespace {

class Filtered : public Iterator {
 public:
  Filtered(Interpreter& interpreter, const For& loop, ScopePtr scope, std::shared_ptr<Iterator> source)
      : interpreter_(interpreter), loop_(loop), scope_(std::move(scope)), source_(std::move(source)) {}
  bool next(Runtime& runtime, Value& out) override {
    for (Value item; source_->next(runtime, item);) {
      if (!interpreter_.passes(loop_, scope_, item)) continue;
      out = item;
      return true;
    }
    return false;
  }

 private:
  Interpreter& interpreter_;
  const For& loop_;
  ScopePtr scope_;
  std::shared_ptr<Iterator> source_;
};

Value method(std::string name, Function::Body body) {
  return Value::object(std::make_shared<Function>(std::move(name), std::move(body), true));
}

}  // namespace

Value Macro::call(Runtime& /*runtime*/, Arguments arguments) {
  return interpreter_.callMacro(signature_, name_, body_, scope_, std::move(arguments));
}

std::optional<Value> Macro::attribute(Runtime& runtime, std::string_view name) {
  if (name == "name") return name_.empty() ? Value() : makeText(runtime.meter, name_);
  if (name == "catch_kwargs") return Value::boolean(signature_.usesKwargs);
  if (name == "catch_varargs") return Value::boolean(signature_.usesVarargs);
  if (name == "caller") return Value::boolean(signature_.usesCaller);
  const auto isCaller = [&](NameId id) { return interpreter_.nameOf(id) == "caller"; };
  if (name == "explicit_caller") {
    return Value::boolean(std::any_of(signature_.parameters.begin(), signature_.parameters.end(), isCaller));
  }
  if (name != "arguments") return std::nullopt;
  std::vector<Value> names;
  for (const auto id : signature_.parameters) names.push_back(makeText(runtime.meter, interpreter_.nameOf(id)));
  return makeTuple(runtime.meter, std::move(names));
}

std::string Macro::repr(Runtime& /*runtime*/) {
  return name_.empty() ? "<Macro anonymous>" : "<Macro " + pythonQuoted(name_) + ">";
}

LoopContext::LoopContext(Interpreter& interpreter, const For& loop, ScopePtr scope, const Value& source,
                         std::shared_ptr<Iterator> iterator, Integer depth)
    : interpreter_(interpreter), loop_(loop), scope_(std::move(scope)), iterator_(std::move(iterator)), depth_(depth) {
  // What a condition lets through is counted when somebody asks.
  if (loop.test == nullptr) {
    if (const auto* items = source.asItems()) length_ = items->values.size();
    if (const auto* dict = source.asDict()) length_ = dict->size();
    if (const auto* text = source.asText()) length_ = text->points;
    if (const auto range = source.asObject<Range>()) length_ = range->size();
    if (const auto view = source.asObject<DictView>()) length_ = view->dict().size();
  }
}

bool LoopContext::peek(Runtime& runtime) {
  if (after_) return true;
  Value item;
  if (!iterator_->next(runtime, item)) return false;
  after_ = std::move(item);
  return true;
}

bool LoopContext::advance(Runtime& runtime, Value& item) {
  if (after_) {
    item = std::move(*after_);
    after_.reset();
  } else if (!iterator_->next(runtime, item)) {
    return false;
  }
  ++index_;
  before_ = std::move(current_);
  current_ = item;
  return true;
}

Value LoopContext::call(Runtime& runtime, Arguments arguments) {
  const Bound bound("LoopContext.__call__", arguments, {"iterable"}, 1);
  (void)runtime;
  if (!loop_.recursive) typeError("The loop must have the 'recursive' marker to be called recursively.");
  return interpreter_.renderLoop(loop_, scope_, bound[0], depth_ + 1);
}

std::optional<std::size_t> LoopContext::length(Runtime& runtime) {
  if (length_) return length_;
  std::vector<Value> rest;
  for (Value item; iterator_->next(runtime, item);) {
    runtime.meter.bytes(sizeof(Value));
    rest.push_back(item);
  }
  length_ = rest.size() + static_cast<std::size_t>(index_ + 1) + (after_ ? 1 : 0);
  iterator_ = jinja::iterate(runtime, makeList(runtime.meter, std::move(rest)));
  return length_;
}

std::optional<Value> LoopContext::attribute(Runtime& runtime, std::string_view name) {
  const auto size = [&] { return static_cast<Integer>(*length(runtime)); };
  if (name == "index") return Value::integer(index_ + 1);
  if (name == "index0") return Value::integer(index_);
  if (name == "first") return Value::boolean(index_ == 0);
  if (name == "last") return Value::boolean(!peek(runtime));
  if (name == "length") return Value::integer(size());
  if (name == "revindex") return Value::integer(size() - index_);
  if (name == "revindex0") return Value::integer(size() - index_ - 1);
  if (name == "depth") return Value::integer(depth_ + 1);
  if (name == "depth0") return Value::integer(depth_);
  if (name == "previtem") return index_ == 0 ? Value::undefinedHint("there is no previous item") : *before_;
  if (name == "nextitem") return peek(runtime) ? *after_ : Value::undefinedHint("there is no next item");
  const auto self = std::static_pointer_cast<LoopContext>(shared_from_this());
  if (name == "cycle") {
    return method("cycle", [self](Runtime&, const Arguments& arguments) {
      if (!arguments.named.empty()) typeError("LoopContext.cycle() takes no keyword arguments");
      if (arguments.positional.empty()) typeError("no items for cycling given");
      return arguments.positional[static_cast<std::size_t>(self->index_) % arguments.positional.size()];
    });
  }
  if (name == "changed") {
    return method("changed", [self](Runtime& inner, const Arguments& arguments) {
      if (!arguments.named.empty()) typeError("LoopContext.changed() takes no keyword arguments");
      auto values = makeTuple(inner.meter, arguments.positional);
      if (self->changed_ && equal(*self->changed_, values)) return Value::boolean(false);
      self->changed_ = std::move(values);
      return Value::boolean(true);
    });
  }
  return std::nullopt;
}

std::string LoopContext::repr(Runtime& runtime) {
  return "<LoopContext " + integerText(index_ + 1) + "/" + std::to_string(*length(runtime)) + ">";
}

std::shared_ptr<Iterator> filteredSource(Interpreter& interpreter, const For& loop, ScopePtr scope,
                                         std::shared_ptr<Iterator> source) {
  return std::make_shared<Filtered>(interpreter, loop, std::move(scope), std::move(source));
}

std::optional<Value> TemplateReference::item(Runtime& /*runtime*/, const Value& key) {
  const auto* name = key.asText();
  const auto* block = name == nullptr ? nullptr : interpreter_.findBlock(name->utf8);
  if (block == nullptr) return std::nullopt;
  return method(name->utf8, [this, self = shared_from_this(), block](Runtime&, const Arguments& arguments) {
    const Bound bound("BlockReference.__call__", arguments, {}, 0);
    return interpreter_.renderBlock(*block, nullptr);
  });
}

}  // namespace rosa::text::jinja

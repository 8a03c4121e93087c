// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/parser.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

#include "text/template/checks.h"
#include "text/template/failure.h"
#include "text/template/lexer.h"
#include "text/template/show.h"

namespace rosa::text::jinja {
namespace {

// Python gives up at 100 levels of blocks and 200 brackets inside one another.
constexpr std::size_t kDeepestStatement = 100;
constexpr std::size_t kDeepestExpression = 200;

using EndTags = std::vector<std::string_view>;

class Parser {
 public:
  explicit Parser(Tokens tokens) : tokens_(std::move(tokens)) { checkFault(); }

  Syntax run() {
    Syntax syntax;
    syntax.body = statements(nullptr);
    syntax.names = std::move(names_);
    syntax.hasGeneration = hasGeneration_;
    return syntax;
  }

 private:
  // ---- tokens ----

  [[nodiscard]] const Token& current() const { return tokens_.tokens[at_]; }
  [[nodiscard]] TokenKind kind() const { return current().kind; }
  [[nodiscard]] bool isName(std::string_view name) const { return kind() == TokenKind::Name && current().text == name; }
  void checkFault() const {
    if (at_ >= tokens_.tokens.size()) throw Failure(*tokens_.fault);
  }
  Token next() {
    auto token = current();
    if (token.kind != TokenKind::End) ++at_;
    checkFault();
    return token;
  }
  [[nodiscard]] const Token& ahead() const {
    if (at_ + 1 >= tokens_.tokens.size()) {
      if (tokens_.fault != nullptr) throw Failure(*tokens_.fault);
      return current();
    }
    return tokens_.tokens[at_ + 1];
  }
  bool skipName(std::string_view name) {
    if (!isName(name)) return false;
    next();
    return true;
  }
  bool skip(TokenKind wanted) {
    if (kind() != wanted) return false;
    next();
    return true;
  }

  [[noreturn]] static void fault(const std::string& message, int line) {
    throw Failure("TemplateSyntaxError", message, line);
  }
  [[noreturn]] void fault(const std::string& message) const { fault(message, current().line); }

  static std::string describe(const Token& token) {
    return token.kind == TokenKind::Name ? token.text : std::string(jinja::describe(token.kind));
  }

  [[noreturn]] void unexpected(std::string_view wanted) const {
    if (kind() == TokenKind::End) fault("unexpected end of template, expected " + pythonQuoted(wanted) + ".");
    fault("expected token " + pythonQuoted(wanted) + ", got " + pythonQuoted(describe(current())));
  }
  Token expect(TokenKind wanted) {
    if (kind() != wanted) unexpected(jinja::describe(wanted));
    return next();
  }
  Token expectName(std::string_view name) {
    if (!isName(name)) unexpected(name);
    return next();
  }

  // ---- building ----

  NameId idOf(const std::string& name) {
    const auto [found, fresh] = ids_.try_emplace(name, names_.size());
    if (fresh) names_.push_back(name);
    return found->second;
  }

  static ExpressionPtr make(int line, Expression::Node node) {
    auto expression = std::make_unique<Expression>();
    expression->line = line;
    expression->node = std::move(node);
    forEachPart(*expression,
                [&](const Expression& part) { expression->depth = std::max(expression->depth, part.depth + 1); });
    if (expression->depth > kDeepestExpression) tooDeep(line);
    return expression;
  }

  [[noreturn]] static void tooDeep(int line) {
    throw Failure("SyntaxError", "expressions or blocks are nested too deeply", line);
  }

  class Level {
   public:
    Level(std::size_t& depth, std::size_t limit, int line) : depth_(depth) {
      if (depth_ >= limit) tooDeep(line);
      ++depth_;
    }
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    std::size_t& depth_;
  };

  // ---- statements ----

  [[noreturn]] void unknownTag(const std::string* name, int line) const {
    std::set<std::string_view> expected;
    for (const auto& tags : endTags_) expected.insert(tags.begin(), tags.end());
    auto message =
        name == nullptr ? "Unexpected end of template." : "Encountered unknown tag " + pythonQuoted(*name) + ".";
    if (!endTags_.empty()) {
      std::string looking;
      for (const auto tag : endTags_.back()) looking += (looking.empty() ? "" : " or ") + pythonQuoted(tag);
      if (name != nullptr && expected.contains(*name)) {
        message += " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for " +
                   looking + ".";
      } else {
        message += " Jinja was looking for the following tags: " + looking + ".";
      }
    }
    if (!tags_.empty())
      message += " The innermost block that needs to be closed is " + pythonQuoted(tags_.back()) + ".";
    fault(message, line);
  }

  /// Up to one of the end tags, whose name is then the current token; without them, up to the end.
  Statements statements(const EndTags* ends) {
    Statements body;
    if (ends != nullptr) endTags_.push_back(*ends);
    while (kind() != TokenKind::End) {
      const int line = current().line;
      if (kind() == TokenKind::Data) {
        body.push_back({line, Data{next().text}});
      } else if (kind() == TokenKind::VariableBegin) {
        next();
        auto value = tuple();
        expect(TokenKind::VariableEnd);
        body.push_back({line, Print{std::move(value)}});
      } else {
        next();
        if (ends != nullptr && kind() == TokenKind::Name &&
            std::find(ends->begin(), ends->end(), current().text) != ends->end()) {
          break;
        }
        for (auto& parsed : statement()) body.push_back(std::move(parsed));
        expect(TokenKind::BlockEnd);
      }
    }
    if (ends != nullptr) endTags_.pop_back();
    return body;
  }

  /// The body of a tag: behind its end, up to an end tag, which is dropped on request.
  Statements body(const EndTags& ends, bool drop) {
    skip(TokenKind::Colon);
    expect(TokenKind::BlockEnd);
    auto result = statements(&ends);
    if (kind() == TokenKind::End) {
      endTags_.push_back(ends);
      unknownTag(nullptr, current().line);
    }
    if (drop) next();
    return result;
  }

  std::vector<Statement> statement() {
    const auto token = current();
    if (token.kind != TokenKind::Name) fault("tag name expected", token.line);
    const Level level(statementDepth_, kDeepestStatement, token.line);
    struct Tag {
      std::string_view name;
      void (Parser::*parse)(std::vector<Statement>&);
    };
    static constexpr std::array<Tag, 18> kTags = {{
        {"for", &Parser::forTag},
        {"if", &Parser::ifTag},
        {"block", &Parser::blockTag},
        {"extends", &Parser::extendsTag},
        {"print", &Parser::printTag},
        {"macro", &Parser::macroTag},
        {"include", &Parser::includeTag},
        {"from", &Parser::fromTag},
        {"import", &Parser::importTag},
        {"set", &Parser::setTag},
        {"with", &Parser::withTag},
        {"autoescape", &Parser::autoescapeTag},
        {"call", &Parser::callTag},
        {"filter", &Parser::filterTag},
        {"generation", &Parser::generationTag},
        {"break", &Parser::jumpTag},
        {"continue", &Parser::jumpTag},
        {"", nullptr},
    }};
    const auto* found =
        std::find_if(kTags.begin(), kTags.end() - 1, [&](const Tag& tag) { return tag.name == token.text; });
    if (found->parse == nullptr) unknownTag(&token.text, token.line);
    tags_.push_back(token.text);
    std::vector<Statement> parsed;
    (this->*found->parse)(parsed);
    tags_.pop_back();
    for (auto& one : parsed) one.line = token.line;
    return parsed;
  }

  void forTag(std::vector<Statement>& out) {
    next();
    For node;
    node.target = target("in");
    expectName("in");
    node.source = tuple(false, "recursive");
    if (skipName("if")) node.test = expression();
    node.recursive = skipName("recursive");
    node.body = body({"endfor", "else"}, false);
    if (next().text != "endfor") node.otherwise = body({"endfor"}, true);
    out.push_back({1, std::move(node)});
  }

  void ifTag(std::vector<Statement>& out) {
    next();
    If node;
    while (true) {
      auto test = tuple(false);
      auto branch = body({"elif", "else", "endif"}, false);
      node.branches.emplace_back(std::move(test), std::move(branch));
      const auto end = next().text;
      if (end == "elif") continue;
      if (end == "else") node.otherwise = body({"endif"}, true);
      break;
    }
    out.push_back({1, std::move(node)});
  }

  void blockTag(std::vector<Statement>& out) {
    next();
    Block node;
    node.name = expect(TokenKind::Name).text;
    node.scoped = skipName("scoped");
    node.required = skipName("required");
    if (kind() == TokenKind::Sub) {
      fault(
          "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore "
          "instead.");
    }
    node.body = body({"endblock"}, true);
    for (const auto& inside : node.body) {
      const auto* data = std::get_if<Data>(&inside.node);
      if (node.required && (data == nullptr || data->text.find_first_not_of(" \t\n\r\f\v") != std::string::npos)) {
        fault("Required blocks can only contain comments or whitespace");
      }
    }
    skipName(node.name);
    out.push_back({1, std::move(node)});
  }

  void extendsTag(std::vector<Statement>& out) {
    next();
    out.push_back({1, OtherTemplate{expression(), true}});
  }

  void contextOfImport() {
    if ((isName("with") || isName("without")) && ahead().kind == TokenKind::Name && ahead().text == "context") {
      next();
      next();
    }
  }

  void includeTag(std::vector<Statement>& out) {
    next();
    auto name = expression();
    if (isName("ignore") && ahead().kind == TokenKind::Name && ahead().text == "missing") {
      next();
      next();
    }
    contextOfImport();
    out.push_back({1, OtherTemplate{std::move(name), false}});
  }

  void importTag(std::vector<Statement>& out) {
    next();
    auto name = expression();
    expectName("as");
    nameTarget();
    contextOfImport();
    out.push_back({1, OtherTemplate{std::move(name), false}});
  }

  void fromTag(std::vector<Statement>& out) {
    next();
    auto name = expression();
    expectName("import");
    for (bool first = true;; first = false) {
      if (!first) expect(TokenKind::Comma);
      if (kind() != TokenKind::Name) expect(TokenKind::Name);
      if ((isName("with") || isName("without")) && ahead().kind == TokenKind::Name && ahead().text == "context") {
        contextOfImport();
        break;
      }
      const auto token = nameTarget();
      if (token.text.starts_with("_")) {
        throw Failure("TemplateAssertionError", "names starting with an underline can not be imported", token.line);
      }
      if (skipName("as")) nameTarget();
      contextOfImport();
      if (kind() != TokenKind::Comma) break;
    }
    out.push_back({1, OtherTemplate{std::move(name), false}});
  }

  void printTag(std::vector<Statement>& out) {
    next();
    for (bool first = true; kind() != TokenKind::BlockEnd; first = false) {
      if (!first) expect(TokenKind::Comma);
      out.push_back({1, Print{expression()}});
    }
  }

  void setTag(std::vector<Statement>& out) {
    next();
    auto into = target({}, true);
    if (skip(TokenKind::Assign)) {
      out.push_back({1, Set{std::move(into), tuple()}});
      return;
    }
    auto filter = filters(nullptr);
    auto inside = body({"endset"}, true);
    out.push_back({1, SetBlock{std::move(into), std::move(filter), std::move(inside)}});
  }

  void withTag(std::vector<Statement>& out) {
    next();
    With node;
    while (kind() != TokenKind::BlockEnd) {
      if (!node.values.empty()) expect(TokenKind::Comma);
      auto into = target({});
      expect(TokenKind::Assign);
      node.values.emplace_back(std::move(into), expression());
    }
    node.body = body({"endwith"}, true);
    out.push_back({1, std::move(node)});
  }

  void autoescapeTag(std::vector<Statement>& out) {
    next();
    auto value = expression();
    auto inside = body({"endautoescape"}, true);
    out.push_back({1, Autoescape{std::move(value), std::move(inside)}});
  }

  Signature signature() {
    Signature result;
    expect(TokenKind::LParen);
    while (kind() != TokenKind::RParen) {
      if (!result.parameters.empty()) expect(TokenKind::Comma);
      const auto token = nameTarget();
      if (skip(TokenKind::Assign)) {
        result.defaults.push_back(expression());
      } else if (!result.defaults.empty()) {
        fault("non-default argument follows default argument");
      }
      result.parameters.push_back(idOf(token.text));
    }
    expect(TokenKind::RParen);
    return result;
  }

  void macroTag(std::vector<Statement>& out) {
    next();
    MacroDefinition node;
    node.name = nameTarget().text;
    node.id = idOf(node.name);
    node.signature = signature();
    node.body = body({"endmacro"}, true);
    out.push_back({1, std::move(node)});
  }

  void callTag(std::vector<Statement>& out) {
    const int line = next().line;
    CallBlock node;
    if (kind() == TokenKind::LParen) node.signature = signature();
    node.call = expression();
    if (!std::holds_alternative<Call>(node.call->node)) fault("expected call", line);
    node.body = body({"endcall"}, true);
    out.push_back({1, std::move(node)});
  }

  void filterTag(std::vector<Statement>& out) {
    next();
    FilterBlock node;
    node.filter = filters(nullptr, true);
    node.body = body({"endfilter"}, true);
    out.push_back({1, std::move(node)});
  }

  void generationTag(std::vector<Statement>& out) {
    next();
    hasGeneration_ = true;
    out.push_back({1, Generation{body({"endgeneration"}, true)}});
  }

  void jumpTag(std::vector<Statement>& out) { out.push_back({1, Jump{next().text == "continue"}}); }

  // ---- targets ----

  Token nameTarget() {
    auto token = expect(TokenKind::Name);
    if (isConstantName(token.text)) fault("can't assign to 'name'", token.line);
    idOf(token.text);
    return token;
  }

  static bool isConstantName(std::string_view name) {
    return name == "true" || name == "false" || name == "none" || name == "True" || name == "False" || name == "None";
  }

  static bool canAssign(const Expression& expression) {
    if (const auto* tuple = std::get_if<TupleOf>(&expression.node)) {
      return std::all_of(tuple->items.begin(), tuple->items.end(), [](const auto& item) { return canAssign(*item); });
    }
    return std::holds_alternative<Name>(expression.node) || std::holds_alternative<NamespaceTarget>(expression.node);
  }

  static std::string_view kindName(const Expression& expression) {
    static constexpr std::array<std::string_view, 19> kNames = {
        "const",   "name",   "nsref", "tuple",   "list",    "dict",    "condexpr", "and",    "not", "neg",
        "compare", "concat", "add",   "getattr", "getitem", "getitem", "call",     "filter", "test"};
    return kNames[expression.node.index()];
  }

  /// The left side of an assignment; `end` is a name at which a list of targets ends.
  ExpressionPtr target(std::string_view end, bool withNamespace = false) {
    auto result = tupleOf([&] { return primary(withNamespace); }, end, false);
    if (!canAssign(*result)) fault("can't assign to " + pythonQuoted(kindName(*result)), result->line);
    return result;
  }

  // ---- expressions ----

  ExpressionPtr tuple(bool withConditional = true, std::string_view end = {}, bool parentheses = false) {
    return tupleOf([&] { return expression(withConditional); }, end, parentheses);
  }

  template <typename Parse>
  ExpressionPtr tupleOf(Parse parse, std::string_view end, bool parentheses) {
    int line = current().line;
    TupleOf node;
    bool isTuple = false;
    while (true) {
      if (!node.items.empty()) expect(TokenKind::Comma);
      const bool ended = kind() == TokenKind::VariableEnd || kind() == TokenKind::BlockEnd ||
                         kind() == TokenKind::RParen || (!end.empty() && isName(end));
      if (ended) break;
      node.items.push_back(parse());
      if (kind() != TokenKind::Comma) break;
      isTuple = true;
      line = current().line;
    }
    if (!isTuple) {
      if (!node.items.empty()) return std::move(node.items[0]);
      if (!parentheses) fault("Expected an expression, got " + pythonQuoted(describe(current())));
    }
    return make(line, std::move(node));
  }

  ExpressionPtr expression(bool withConditional = true) {
    const Level level(expressionDepth_, kDeepestExpression, current().line);
    return withConditional ? conditional() : disjunction();
  }

  ExpressionPtr conditional() {
    int line = current().line;
    auto value = disjunction();
    while (skipName("if")) {
      auto test = disjunction();
      ExpressionPtr otherwise;
      if (skipName("else")) {
        const Level level(expressionDepth_, kDeepestExpression, current().line);
        otherwise = conditional();
      }
      value = make(line, Conditional{std::move(test), std::move(value), std::move(otherwise)});
      line = current().line;
    }
    return value;
  }

  ExpressionPtr disjunction() {
    const int line = current().line;
    auto left = conjunction();
    while (skipName("or")) left = make(line, Logical{false, std::move(left), conjunction()});
    return left;
  }

  ExpressionPtr conjunction() {
    const int line = current().line;
    auto left = negation();
    while (skipName("and")) left = make(line, Logical{true, std::move(left), negation()});
    return left;
  }

  ExpressionPtr negation() {
    if (!isName("not")) return comparison();
    const Level level(expressionDepth_, kDeepestExpression, current().line);
    const int line = next().line;
    return make(line, Not{negation()});
  }

  ExpressionPtr comparison() {
    const int line = current().line;
    Compared node{sum(), {}};
    while (true) {
      if (const auto op = comparisonSign()) {
        next();
        node.rest.emplace_back(*op, sum());
      } else if (skipName("in")) {
        node.rest.emplace_back(Comparison::In, sum());
      } else if (isName("not") && ahead().kind == TokenKind::Name && ahead().text == "in") {
        next();
        next();
        node.rest.emplace_back(Comparison::NotIn, sum());
      } else {
        break;
      }
    }
    if (node.rest.empty()) return std::move(node.first);
    return make(line, std::move(node));
  }

  [[nodiscard]] std::optional<Comparison> comparisonSign() const {
    switch (kind()) {
      case TokenKind::Eq:
        return Comparison::Equal;
      case TokenKind::Ne:
        return Comparison::NotEqual;
      case TokenKind::Lt:
        return Comparison::Less;
      case TokenKind::LtEq:
        return Comparison::LessOrEqual;
      case TokenKind::Gt:
        return Comparison::Greater;
      case TokenKind::GtEq:
        return Comparison::GreaterOrEqual;
      default:
        return std::nullopt;
    }
  }

  ExpressionPtr sum() {
    const int line = current().line;
    auto left = concatenation();
    while (kind() == TokenKind::Add || kind() == TokenKind::Sub) {
      const auto op = next().kind == TokenKind::Add ? Arithmetic::Add : Arithmetic::Subtract;
      left = make(line, Computed{op, std::move(left), concatenation()});
    }
    return left;
  }

  ExpressionPtr concatenation() {
    const int line = current().line;
    Concatenated node;
    node.parts.push_back(product());
    while (skip(TokenKind::Tilde)) node.parts.push_back(product());
    if (node.parts.size() == 1) return std::move(node.parts[0]);
    return make(line, std::move(node));
  }

  ExpressionPtr product() {
    const int line = current().line;
    auto left = power();
    while (true) {
      Arithmetic op = Arithmetic::Multiply;
      switch (kind()) {
        case TokenKind::Mul:
          break;
        case TokenKind::Div:
          op = Arithmetic::Divide;
          break;
        case TokenKind::FloorDiv:
          op = Arithmetic::FloorDivide;
          break;
        case TokenKind::Mod:
          op = Arithmetic::Modulo;
          break;
        default:
          return left;
      }
      next();
      left = make(line, Computed{op, std::move(left), power()});
    }
  }

  ExpressionPtr power() {
    const int line = current().line;
    auto left = unary();
    while (skip(TokenKind::Pow)) left = make(line, Computed{Arithmetic::Power, std::move(left), unary()});
    return left;
  }

  ExpressionPtr unary(bool withFilter = true) {
    const int line = current().line;
    const Level level(expressionDepth_, kDeepestExpression, line);
    ExpressionPtr node;
    if (skip(TokenKind::Sub)) {
      node = make(line, Signed{true, unary(false)});
    } else if (skip(TokenKind::Add)) {
      node = make(line, Signed{false, unary(false)});
    } else {
      node = primary(false);
    }
    node = postfix(std::move(node));
    return withFilter ? filtersAndTests(std::move(node)) : std::move(node);
  }

  ExpressionPtr primary(bool withNamespace) {
    const auto token = current();
    switch (token.kind) {
      case TokenKind::Name: {
        next();
        if (token.text == "true" || token.text == "True") return make(token.line, Constant{Value::boolean(true)});
        if (token.text == "false" || token.text == "False") return make(token.line, Constant{Value::boolean(false)});
        if (token.text == "none" || token.text == "None") return make(token.line, Constant{Value()});
        if (withNamespace && skip(TokenKind::Dot)) {
          const auto attribute = expect(TokenKind::Name).text;
          return make(token.line, NamespaceTarget{idOf(token.text), attribute});
        }
        return make(token.line, Name{idOf(token.text)});
      }
      case TokenKind::String: {
        std::string text;
        while (kind() == TokenKind::String) text += next().text;
        return make(token.line, Constant{Value::text(std::move(text))});
      }
      case TokenKind::Whole:
      case TokenKind::Real:
        next();
        return make(token.line, Constant{token.number});
      case TokenKind::LParen: {
        next();
        auto inside = tuple(true, {}, true);
        expect(TokenKind::RParen);
        return inside;
      }
      case TokenKind::LBracket:
        return list();
      case TokenKind::LBrace:
        return dict();
      default:
        fault("unexpected " + pythonQuoted(describe(token)), token.line);
    }
  }

  ExpressionPtr list() {
    const int line = next().line;
    ListOf node;
    while (kind() != TokenKind::RBracket) {
      if (!node.items.empty()) expect(TokenKind::Comma);
      if (kind() == TokenKind::RBracket) break;
      node.items.push_back(expression());
    }
    expect(TokenKind::RBracket);
    return make(line, std::move(node));
  }

  ExpressionPtr dict() {
    const int line = next().line;
    DictOf node;
    while (kind() != TokenKind::RBrace) {
      if (!node.items.empty()) expect(TokenKind::Comma);
      if (kind() == TokenKind::RBrace) break;
      auto key = expression();
      expect(TokenKind::Colon);
      node.items.emplace_back(std::move(key), expression());
    }
    expect(TokenKind::RBrace);
    return make(line, std::move(node));
  }

  ExpressionPtr postfix(ExpressionPtr node) {
    while (true) {
      if (kind() == TokenKind::Dot || kind() == TokenKind::LBracket) {
        node = subscript(std::move(node));
      } else if (kind() == TokenKind::LParen) {
        node = call(std::move(node));
      } else {
        return node;
      }
    }
  }

  ExpressionPtr filtersAndTests(ExpressionPtr node) {
    while (true) {
      if (kind() == TokenKind::Pipe) {
        node = filters(std::move(node));
      } else if (isName("is")) {
        node = test(std::move(node));
      } else if (kind() == TokenKind::LParen) {
        node = call(std::move(node));
      } else {
        return node;
      }
    }
  }

  ExpressionPtr subscript(ExpressionPtr node) {
    const auto token = next();
    if (token.kind == TokenKind::Dot) {
      const auto name = current();
      next();
      if (name.kind == TokenKind::Name) return make(token.line, AttributeOf{std::move(node), name.text});
      if (name.kind != TokenKind::Whole) fault("expected name or number", name.line);
      return make(token.line, ItemOf{std::move(node), make(name.line, Constant{name.number})});
    }
    std::vector<ExpressionPtr> keys;
    std::optional<SliceOf> slice;
    while (kind() != TokenKind::RBracket) {
      if (!keys.empty() || slice) expect(TokenKind::Comma);
      ExpressionPtr start;
      if (kind() != TokenKind::Colon) start = expression();
      if (kind() != TokenKind::Colon) {
        keys.push_back(std::move(start));
        continue;
      }
      // Python would make a tuple of several slices, which nothing here can be asked for.
      if (slice || !keys.empty()) fault("only one slice can stand between brackets here");
      slice = sliceBehind(std::move(start));
    }
    expect(TokenKind::RBracket);
    if (slice) {
      if (!keys.empty()) fault("only one slice can stand between brackets here", token.line);
      slice->value = std::move(node);
      return make(token.line, std::move(*slice));
    }
    auto key = keys.size() == 1 ? std::move(keys[0]) : make(token.line, TupleOf{std::move(keys)});
    return make(token.line, ItemOf{std::move(node), std::move(key)});
  }

  SliceOf sliceBehind(ExpressionPtr start) {
    SliceOf slice;
    slice.start = std::move(start);
    next();
    const auto part = [&]() -> ExpressionPtr {
      const bool none = kind() == TokenKind::RBracket || kind() == TokenKind::Comma || kind() == TokenKind::Colon;
      return none ? nullptr : expression();
    };
    slice.stop = part();
    if (skip(TokenKind::Colon)) slice.step = part();
    return slice;
  }

  CallArguments arguments() {
    const int line = expect(TokenKind::LParen).line;
    CallArguments result;
    const auto ensure = [&](bool fits) {
      if (!fits) fault("invalid syntax for function call expression", line);
    };
    for (bool comma = false; kind() != TokenKind::RParen; comma = true) {
      if (comma) {
        expect(TokenKind::Comma);
        if (kind() == TokenKind::RParen) break;
      }
      if (kind() == TokenKind::Mul) {
        ensure(result.spread == nullptr && result.spreadNamed == nullptr);
        next();
        result.spread = expression();
      } else if (kind() == TokenKind::Pow) {
        ensure(result.spreadNamed == nullptr);
        next();
        result.spreadNamed = expression();
      } else if (kind() == TokenKind::Name && ahead().kind == TokenKind::Assign) {
        ensure(result.spreadNamed == nullptr);
        const auto name = next();
        next();
        auto value = expression();
        const bool repeated = std::any_of(result.named.begin(), result.named.end(),
                                          [&](const auto& named) { return named.first == name.text; });
        if (repeated) throw Failure("SyntaxError", "keyword argument repeated: " + name.text, name.line);
        result.named.emplace_back(name.text, std::move(value));
      } else {
        ensure(result.spread == nullptr && result.spreadNamed == nullptr && result.named.empty());
        result.positional.push_back(expression());
      }
    }
    expect(TokenKind::RParen);
    return result;
  }

  ExpressionPtr call(ExpressionPtr node) {
    const int line = current().line;
    auto given = arguments();
    return make(line, Call{std::move(node), std::move(given)});
  }

  ExpressionPtr filters(ExpressionPtr node, bool startInside = false) {
    while (kind() == TokenKind::Pipe || startInside) {
      if (!startInside) next();
      startInside = false;
      const auto token = expect(TokenKind::Name);
      auto name = dotted(token.text);
      CallArguments given;
      if (kind() == TokenKind::LParen) given = arguments();
      node = make(token.line, FilterOf{std::move(node), std::move(name), std::move(given)});
    }
    return node;
  }

  std::string dotted(std::string name) {
    while (skip(TokenKind::Dot)) name += "." + expect(TokenKind::Name).text;
    return name;
  }

  ExpressionPtr test(ExpressionPtr node) {
    const int line = next().line;
    const bool negated = skipName("not");
    auto name = dotted(expect(TokenKind::Name).text);
    CallArguments given;
    if (kind() == TokenKind::LParen) {
      given = arguments();
    } else if (startsArgument() && !isName("else") && !isName("or") && !isName("and")) {
      if (isName("is")) fault("You cannot chain multiple tests with is");
      given.positional.push_back(postfix(primary(false)));
    }
    node = make(line, TestOf{std::move(node), std::move(name), std::move(given)});
    return negated ? make(line, Not{std::move(node)}) : std::move(node);
  }

  [[nodiscard]] bool startsArgument() const {
    switch (kind()) {
      case TokenKind::Name:
      case TokenKind::String:
      case TokenKind::Whole:
      case TokenKind::Real:
      case TokenKind::LBracket:
      case TokenKind::LBrace:
        return true;
      default:
        return false;
    }
  }

  Tokens tokens_;
  std::size_t at_ = 0;
  std::size_t statementDepth_ = 0, expressionDepth_ = 0;
  std::vector<std::string> tags_;
  std::vector<EndTags> endTags_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, NameId> ids_;
  bool hasGeneration_ = false;
};

}  // namespace

Syntax parse(std::string_view source) {
  auto syntax = Parser(tokenize(source)).run();
  checkAndComplete(syntax);
  return syntax;
}

}  // namespace rosa::text::jinja

// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** From tokens to statements, with the reference's messages for what does not fit. */
final class Parser extends ExpressionParser {

  private final Deque<List<String>> ends = new ArrayDeque<>();
  private final Deque<String> tags = new ArrayDeque<>();
  private final Map<String, Integer> blocks = new LinkedHashMap<>();

  Parser(TokenStream stream) {
    super(stream);
  }

  boolean hasBlocks() {
    return !blocks.isEmpty();
  }

  List<Stmt> template() {
    return statements(null);
  }

  private List<Stmt> statements(@Nullable List<String> endTags) {
    enter();
    List<Stmt> body = new ArrayList<>();
    List<Expr> output = new ArrayList<>();
    if (endTags != null) {
      ends.push(endTags);
    }
    while (!stream.is("eof")) {
      Token token = stream.next();
      switch (token.type()) {
        case "data" -> output.add(new Const(token.line(), token.value()));
        case "variable_begin" -> {
          output.add(tuple(true));
          stream.expect("variable_end");
        }
        default -> {
          flush(output, body);
          if (endTags != null && stream.is("name") && endTags.contains(stream.current().value())) {
            ends.pop();
            leave();
            return body;
          }
          body.add(statement());
          stream.expect("block_end");
        }
      }
    }
    flush(output, body);
    if (endTags != null) {
      throw unknown(null, stream.current().line()); // reached the end too early
    }
    leave();
    return body;
  }

  private static void flush(List<Expr> output, List<Stmt> body) {
    if (!output.isEmpty()) {
      body.add(new Output(output.get(0).line, List.copyOf(output)));
      output.clear();
    }
  }

  /** Parses a body up to one of the tags, which then is the current token. */
  private List<Stmt> body(String... endTags) {
    stream.skip(":");
    stream.expect("block_end");
    return statements(List.of(endTags));
  }

  /** Parses a body up to a tag, and goes over it. */
  private List<Stmt> bodyTo(String endTag) {
    List<Stmt> body = body(endTag);
    stream.next();
    return body;
  }

  private Stmt statement() {
    Token token = stream.current();
    if (!token.is("name")) {
      throw stream.fail("tag name expected", token.line());
    }
    String tag = (String) token.value();
    tags.push(tag);
    Stmt statement =
        switch (tag) {
          case "for" -> forLoop();
          case "if" -> ifElse();
          case "set" -> set();
          case "macro" -> macro();
          case "call" -> call();
          case "filter" -> filterBlock();
          case "generation" -> generation();
          case "with" -> with();
          case "print" -> print();
          case "block" -> block();
          case "autoescape" -> autoescape();
          case "include", "extends", "import", "from" -> load(tag);
          case "break" -> new Statements.Jump(stream.next().line(), Stmt.Flow.BREAK);
          case "continue" -> new Statements.Jump(stream.next().line(), Stmt.Flow.CONTINUE);
          default -> {
            tags.pop();
            throw unknown(tag, token.line());
          }
        };
    tags.pop();
    return statement;
  }

  private PyError unknown(@Nullable String tag, int line) {
    StringBuilder message =
        new StringBuilder(
            tag == null
                ? "Unexpected end of template."
                : "Encountered unknown tag " + Text.quote(tag) + ".");
    List<String> looking = ends.peek();
    if (looking != null) {
      String wanted = looking.stream().map(Text::quote).collect(Collectors.joining(" or "));
      message.append(
          ends.stream().anyMatch(expected -> tag != null && expected.contains(tag))
              ? " You probably made a nesting mistake. Jinja is expecting this tag, but currently"
                  + " looking for "
                  + wanted
                  + "."
              : " Jinja was looking for the following tags: " + wanted + ".");
    }
    if (!tags.isEmpty()) {
      message.append(" The innermost block that needs to be closed is ");
      message.append(Text.quote(tags.peek())).append('.');
    }
    return stream.fail(message.toString(), line);
  }

  private Target target(boolean withNamespace) {
    return Target.of(stream, tuple(true, true, false, withNamespace));
  }

  private Target.Named name() {
    Token token = stream.expect("name");
    String name = (String) token.value();
    if (List.of("true", "false", "none", "True", "False", "None").contains(name)) {
      throw stream.fail("can't assign to 'name'", token.line());
    }
    return new Target.Named(token.line(), name);
  }

  private Stmt forLoop() {
    int line = stream.next().line();
    Expr parsed = tuple(true, true, false, false);
    Target target = Target.of(stream, parsed);
    stream.expectName("in");
    Expr iterable = tuple(false);
    Expr test = stream.skipName("if") ? expression() : null;
    boolean recursive = stream.skipName("recursive");
    List<Stmt> body = body("endfor", "else");
    List<Stmt> otherwise = stream.next().isName("endfor") ? List.of() : bodyTo("endfor");
    return new For(
        line, target, Target.of(stream, parsed), iterable, test, recursive, body, otherwise);
  }

  private Stmt ifElse() {
    int line = stream.next().line();
    List<Expr> tests = new ArrayList<>();
    List<List<Stmt>> bodies = new ArrayList<>();
    while (true) {
      tests.add(tuple(false));
      bodies.add(body("elif", "else", "endif"));
      Token end = stream.next();
      if (end.isName("else")) {
        bodies.add(bodyTo("endif"));
        break;
      }
      if (end.isName("endif")) {
        bodies.add(List.of());
        break;
      }
    }
    return new Statements.If(line, tests, bodies);
  }

  private Stmt set() {
    int line = stream.next().line();
    Target target = target(true);
    if (stream.skip("=")) {
      return new Statements.Set(line, target, tuple(true));
    }
    Blocks.BlockText text = new Blocks.BlockText(line);
    Expr value = filter(text, false);
    return new Blocks.Captured(line, target, text, value, bodyTo("endset"));
  }

  private Stmt filterBlock() {
    int line = stream.next().line();
    Blocks.BlockText text = new Blocks.BlockText(line);
    Expr value = filter(text, true);
    return new Blocks.Captured(line, null, text, value, bodyTo("endfilter"));
  }

  private void signature(List<String> parameters, List<Expr> defaults) {
    stream.expect("(");
    while (!stream.is(")")) {
      if (!parameters.isEmpty()) {
        stream.expect(",");
      }
      String parameter = name().name;
      if (stream.skip("=")) {
        defaults.add(expression());
      } else if (!defaults.isEmpty()) {
        throw stream.fail("non-default argument follows default argument");
      }
      if (parameters.contains(parameter)) {
        throw new PyError(
            "SyntaxError",
            "duplicate argument " + Text.quote(parameter) + " in function definition");
      }
      parameters.add(parameter);
    }
    stream.expect(")");
  }

  private Stmt macro() {
    int line = stream.next().line();
    Target.Named name = name();
    List<String> parameters = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    signature(parameters, defaults);
    List<Stmt> body = bodyTo("endmacro");
    return new MacroStatements.Define(
        line, name, new MacroBody(line, name.name, parameters, defaults, body));
  }

  private Stmt call() {
    int line = stream.next().line();
    List<String> parameters = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    if (stream.is("(")) {
      signature(parameters, defaults);
    }
    if (!(expression() instanceof Calls.Call call)) {
      throw stream.fail("expected call", line);
    }
    List<Stmt> body = bodyTo("endcall");
    return new MacroStatements.CallBlock(
        line, call, new MacroBody(line, null, parameters, defaults, body));
  }

  private Stmt generation() {
    int line = stream.next().line();
    List<Stmt> body = bodyTo("endgeneration");
    return new MacroStatements.Generation(
        line, new MacroBody(line, null, List.of(), List.of(), body));
  }

  private Stmt with() {
    int line = stream.next().line();
    List<Target> targets = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!stream.is("block_end")) {
      if (!targets.isEmpty()) {
        stream.expect(",");
      }
      targets.add(target(false));
      stream.expect("=");
      values.add(expression());
    }
    return new Blocks.With(line, targets, values, bodyTo("endwith"));
  }

  private Stmt autoescape() {
    int line = stream.next().line();
    if (!(expression() instanceof Const constant) || Types.truth(constant.value)) {
      stream.line = line;
      throw PyError.notOffered("autoescape, but for 'autoescape false',");
    }
    return new Blocks.With(line, List.of(), List.of(), bodyTo("endautoescape"));
  }

  private Stmt print() {
    int line = stream.next().line();
    List<Expr> parts = new ArrayList<>();
    while (!stream.is("block_end")) {
      if (!parts.isEmpty()) {
        stream.expect(",");
      }
      parts.add(expression());
    }
    return new Output(line, parts);
  }

  private Stmt block() {
    int line = stream.next().line();
    String name = (String) stream.expect("name").value();
    stream.skipName("scoped");
    boolean required = stream.skipName("required");
    if (stream.is("-")) {
      throw stream.fail(
          "Block names in Jinja have to be valid Python identifiers and may not contain hyphens,"
              + " use an underscore instead.");
    }
    List<Stmt> body = bodyTo("endblock");
    if (required && !body.stream().allMatch(Parser::isBlank)) {
      throw stream.fail("Required blocks can only contain comments or whitespace");
    }
    stream.skipName(name);
    if (blocks.put(name, line) != null) {
      stream.line = line;
      throw new PyError("TemplateAssertionError", "block " + Text.quote(name) + " defined twice");
    }
    return new BlockStatement(line, name, required, body);
  }

  private static boolean isBlank(Stmt statement) {
    return statement instanceof Output output
        && output.children().stream()
            .allMatch(part -> part instanceof Const text && text.value.toString().isBlank());
  }

  private Stmt load(String tag) {
    int line = stream.next().line();
    Expr template = expression();
    Target target = null;
    switch (tag) {
      case "include" -> {
        if (stream.isName("ignore") && stream.look().isName("missing")) {
          stream.next();
          stream.next();
        }
      }
      case "import" -> {
        stream.expectName("as");
        target = name();
      }
      case "from" -> {
        stream.expectName("import");
        target = imported(line);
      }
      default -> {}
    }
    boolean context = stream.isName("with") || stream.isName("without");
    if (!tag.equals("extends") && context && stream.look().isName("context")) {
      stream.next();
      stream.next();
    }
    return new Statements.Load(line, template, target);
  }

  private Target imported(int line) {
    List<Target> targets = new ArrayList<>();
    do {
      Target.Named name = name();
      if (name.name.startsWith("_")) {
        stream.line = name.line;
        throw new PyError(
            "TemplateAssertionError", "names starting with an underline can not be imported");
      }
      targets.add(stream.skipName("as") ? name() : name);
    } while (stream.skip(",") && stream.is("name"));
    return new Target.Several(line, targets);
  }
}

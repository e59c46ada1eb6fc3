// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.File;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {

  private static final Limits SMALL = new Limits(100_000, 100, 10_000, 100_000);

  private static String render(String template, Map<String, ?> context) {
    return ChatTemplate.compile(template).render(context).text();
  }

  private static TemplateException failure(String template, Limits limits, Map<String, ?> context) {
    return catchThrowableOfType(
        TemplateException.class, () -> ChatTemplate.compile(template, limits).render(context));
  }

  @Test
  void spansAreIndicesOfTheTextAndInCodePointsThoseOfTheReference() {
    Rendered rendered =
        ChatTemplate.compile(
                "{% for m in messages %}{{ m.role }}: {% generation %}{{ m.content }}{% endgeneration %}{{ '\\n' }}{% endfor %}")
            .render(Map.of("messages", List.of(turn("😀", "a😀b"), turn("x", "c"))));
    assertThat(rendered.text()).isEqualTo("😀: a😀b\nx: c\n");
    assertThat(rendered.spans())
        .containsExactly(new Rendered.Span(4, 8, 3, 6), new Rendered.Span(12, 13, 10, 11));
    assertThat(rendered.spans().stream().map(s -> rendered.text().substring(s.begin(), s.end())))
        .containsExactly("a😀b", "c");
  }

  @Test
  void aSpanThatTheReferencePutsBehindTheTextEndsWithTheText() {
    Rendered rendered =
        ChatTemplate.compile("{% set x %}{% generation %}abc{% endgeneration %}{% endset %}d")
            .render(Map.of());
    assertThat(rendered.text()).isEqualTo("d");
    assertThat(rendered.spans()).containsExactly(new Rendered.Span(0, 1, 0, 3));
  }

  private static Map<String, Object> turn(String role, String content) {
    return Map.of("role", role, "content", content);
  }

  @Test
  void textsOfTheConversationAreNotTemplates() {
    assertThat(render("{{ m }}", Map.of("m", "{{ 7 * 7 }}{% raise %}{# #}")))
        .isEqualTo("{{ 7 * 7 }}{% raise %}{# #}");
  }

  @Test
  void javasValuesAreThoseOfPython() {
    Map<String, Object> context = new LinkedHashMap<>();
    context.put(
        "v",
        Arrays.asList(
            1,
            2L,
            (short) 3,
            0.5f,
            1e16,
            new BigInteger("99999999999999999999"),
            new BigDecimal("1.5"),
            true,
            null,
            'c',
            java.nio.CharBuffer.wrap("s"),
            new Object[] {1},
            Map.of("k", 1)));
    assertThat(render("{{ v }}", context))
        .isEqualTo(
            "[1, 2, 3, 0.5, 1e+16, 99999999999999999999, 1.5, True, None, 'c', 's', [1], {'k': 1}]");
  }

  @Test
  void aValueOfAnotherKindIsRefusedWithItsPlace() {
    Map<String, Object> context = Map.of("messages", List.of(Map.of("content", new File("x"))));
    TemplateException refused = failure("a", Limits.defaults(), context);
    assertThat(refused)
        .hasMessage(
            "chat template: messages[0].content is of the class java.io.File: give texts, numbers, flags, null, or lists and maps of these");
    assertThat(refused.line()).isZero();
  }

  @Test
  void aListThatHoldsItselfIsRefused() {
    List<Object> list = new ArrayList<>();
    list.add(list);
    assertThat(failure("a", Limits.defaults(), Map.of("messages", list)))
        .hasMessageContaining("messages[0][0]")
        .hasMessageContaining("does a list or a map hold itself?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ d.clear() }}",
        "{{ d.pop('a') }}",
        "{{ d.update({'b': 1}) }}",
        "{{ d.setdefault('b', 1) }}",
        "{{ l.append(1) }}",
        "{{ l.sort() }}",
        "{{ l.extend([1]) }}",
        "{{ l.insert(0, 1) }}",
        "{% set x = [] %}{{ x.append(1) }}",
        "{{ [].__class__.__mro__ }}",
        "{{ d.__init__.__globals__ }}",
        "{{ l.__class__() }}",
        "{{ raise_exception.__globals__.os }}",
        "{{ ''['__class__'].x }}",
        "{{ '{0.__class__.x}'.format(1) }}"
      })
  void whatIsUnsafeInTheReferenceIsUnsafeHere(String template) {
    List<Object> list = new ArrayList<>(List.of(2, 1));
    Map<String, Object> map = new HashMap<>(Map.of("a", 1));
    TemplateException unsafe = failure(template, Limits.defaults(), Map.of("l", list, "d", map));
    assertThat(unsafe.kind()).isEqualTo("SecurityError");
    assertThat(unsafe.reason()).matches("access to attribute '\\w+' of '\\w+' object is unsafe\\.");
    assertThat(list).containsExactly(2, 1);
    assertThat(map).isEqualTo(Map.of("a", 1));
  }

  @Test
  void aTemplateCallsNothingOfJava() {
    for (String member :
        List.of(
            "getClass()",
            "class",
            "toString()",
            "hashCode",
            "length()",
            "isEmpty()",
            "items.getClass()")) {
      TemplateException failed =
          failure("{{ (s." + member + ").x.y }}", Limits.defaults(), Map.of("s", "text"));
      assertThat(failed.kind()).as(member).isEqualTo("UndefinedError");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{% for x in range(99999) %}{% for y in range(99999) %}{% endfor %}{% endfor %}; LimitError; more than 100000 steps",
        "{{ 'a' * 10001 }}; LimitError; (limit 'valueSize')",
        "{{ [1] * 10001 }}; LimitError; (limit 'valueSize')",
        "{{ 'a' * 99999999999999999999 }}; OverflowError; cannot fit",
        "{{ [1, 2, 3, 4] * 2333319999999999999 }}; LimitError; (limit 'valueSize')",
        "{{ 'abcd' * 2333319999999999999 }}; LimitError; (limit 'valueSize')",
        "{{ 'a'.center(20000) }}; LimitError; (limit 'valueSize')",
        "{{ '%99999d' % 1 }}; LimitError; (limit 'valueSize')",
        "{{ '{:99999}'.format(1) }}; LimitError; (limit 'valueSize')",
        "{{ '%.99999f' % 1 }}; LimitError; (limit 'valueSize')",
        "{{ 'a'|indent(99999, true) }}; LimitError; (limit 'valueSize')",
        "{{ ('a' * 5000).replace('a', 'bbb') }}; LimitError; (limit 'valueSize')",
        "{{ ('a' * 5000)|replace('', 'bbb') }}; LimitError; (limit 'valueSize')",
        "{{ ['a' * 5000, 'b' * 5000, 1]|join }}; LimitError; (limit 'valueSize')",
        "{{ 'a' * 9000 ~ 'b' * 9000 }}; LimitError; (limit 'valueSize')",
        "{{ 'a' * 9000 + 'b' * 9000 }}; LimitError; (limit 'valueSize')",
        "{{ range(100000)|list }}; LimitError; (limit 'valueSize')",
        "{{ range(100001) }}; OverflowError; Range too big",
        "{{ lipsum(99999) }}; LimitError; limit",
        "{{ 10 ** 5000 }}; LimitError; more than 4,300 digits",
        "{% set ns = namespace(x=10) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}; LimitError; more than 4,300 digits",
        "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}; LimitError; (limit 'valueSize')",
        "{% set ns = namespace(x=[]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}; LimitError; limit",
        "{% set ns = namespace(x=[]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}; LimitError; limit",
        "{% set ns = namespace(x=[],y=[]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}; LimitError; steps",
        "{% set ns = namespace(x=()) %}{% for i in range(99) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {ns.x: 1} }}; LimitError; a key of a dict",
        "{% for i in range(99) %}{% set x = 'a' * 9000 %}{% endfor %}; LimitError; (limit 'totalSize')",
        "{% for i in range(99) %}{{ 'abc' * 300 }}{% endfor %}; LimitError; (limit 'valueSize')",
        "{% set ns = namespace(x=1) %}{% for i in range(200) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}; RecursionError; values are nested more than 100 deep",
        "{% set ns = namespace(x=1) %}{% set ns.x = ns %}{{ ns }}; RecursionError; values are nested",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}; RecursionError; macros call each other",
        "{% macro m() %}{{ caller }}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}; RecursionError; macros call each other",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}; RecursionError; macros call each other"
      })
  void whateverATemplateDoesItEndsWithTheNameOfALimit(String template, String kind, String words) {
    TemplateException limit = failure(template, SMALL, Map.of());
    assertThat(limit.kind()).as(limit.getMessage()).isEqualTo(kind);
    assertThat(limit.line()).isEqualTo(1);
    assertThat(limit).hasMessageContaining(words);
  }

  @Test
  void searchesOfLongTextsTakeLinearTime() {
    String template =
        "{% set a = 'a' * 4000000 %}{% set b = 'a' * 2000000 + 'b' %}{{ b in a }}{{ a.find(b) }}{{ a.rfind(b) }}{{ a.count(b) }}{{ a.replace(b, '') == a }}{{ a.split(b)|length }}";
    assertThat(render(template, Map.of())).isEqualTo("False-1-10True1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(",
        "[",
        "{1:",
        "-",
        "not ",
        "a[",
        "f(",
        "1 if x else ",
        "a is b is c(",
        "'a'|f("
      })
  void parenthesesWithoutEndAreRefusedNotFollowed(String part) {
    TemplateException deep =
        failure("{{ " + part.repeat(20_000) + " }}", Limits.defaults(), Map.of());
    assertThat(deep.kind()).isIn("RecursionError", "TemplateSyntaxError");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {" - 1", ".a", "|string", "[0]", " and 1", " or 1", " if 1 else 1", " * 1", "()"})
  void chainsWithoutEndAreRefusedNotFollowed(String part) {
    TemplateException deep =
        failure("{{ a" + part.repeat(20_000) + " }}", Limits.defaults(), Map.of());
    assertThat(deep.kind()).isEqualTo("RecursionError");
  }

  @Test
  void longSumsConcatenationsAndBranchesAreFine() {
    assertThat(render("{{ a" + " + 'x'".repeat(20_000) + " }}", Map.of("a", "")).length())
        .isEqualTo(20_000);
    assertThat(render("{{ a" + " ~ 1".repeat(20_000) + " }}", Map.of("a", "")).length())
        .isEqualTo(20_000);
    assertThat(
            render(
                "{% if a == 0 %}" + "{% elif a == 1 %}x".repeat(5_000) + "{% endif %}",
                Map.of("a", 1)))
        .isEqualTo("x");
    assertThat(render("{{ 1" + "_1".repeat(2_000) + " }}", Map.of())).hasSize(2001);
  }

  @Test
  void aSmallStackIsNoReasonToDie() throws InterruptedException {
    List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                ChatTemplate.compile(
                        "{% macro m() %}{{ [[[[m()]]]] }}{% endmacro %}{{ m() }}",
                        Limits.defaults().withDepth(1000))
                    .render(Map.of());
              } catch (Throwable t) {
                thrown.add(t);
              }
            },
            "small",
            180 * 1024);
    thread.start();
    thread.join();
    assertThat(thrown).singleElement().isInstanceOf(TemplateException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "3; TemplateSyntaxError; \\n\\n{{ a b }}",
        "2; TemplateSyntaxError; \\n{% foo %}",
        "3; TemplateAssertionError; {% for x in y %}\\n\\n{{ x|nope }}{% endfor %}",
        "4; UndefinedError; {% if true %}\\n\\n\\n{{ a.b.c }}\\n{% endif %}",
        "2; TemplateError; {% macro m() %}\\n{{ raise_exception('no') }}{% endmacro %}\\n\\n{{ m() }}",
        "4; TypeError; {% macro m() %}\\nx{% endmacro %}\\n\\n{{ m() + 1 }}",
        "2; SyntaxError; a\\n{% break %}"
      })
  void errorsNameTheLine(int line, String kind, String template) {
    TemplateException error = failure(template.replace("\\n", "\n"), Limits.defaults(), Map.of());
    assertThat(error.line()).isEqualTo(line);
    assertThat(error.kind()).isEqualTo(kind);
    assertThat(error).hasMessageStartingWith("chat template, line " + line + ": " + error.reason());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ''|urlize }}",
        "{{ ''|pprint }}",
        "{{ 'a'.encode() }}",
        "{% autoescape true %}{% endautoescape %}",
        "{{ (-8) ** 0.5 }}",
        "{{ {}.keys() - {} }}"
      })
  void whatIsNotOfferedSaysSo(String template) {
    assertThat(failure(template, Limits.defaults(), Map.of()))
        .hasMessageContaining("is not offered in chat templates");
  }

  @Test
  void theDateIsThatOfTheClock() {
    ChatTemplate template =
        ChatTemplate.compile("{{ strftime_now('%d %B %Y, %-I:%M %p, %a %j %U %%') }}");
    Clock clock = Clock.fixed(Instant.parse("2026-03-01T14:05:00Z"), ZoneOffset.UTC);
    // As Python's strftime writes that moment.
    assertThat(template.withClock(clock).render(Map.of()).text())
        .isEqualTo("01 March 2026, 2:05 PM, Sun 060 09 %");
  }

  @Test
  void oneTemplateRendersInManyThreads() {
    ChatTemplate template =
        ChatTemplate.compile(
            "{% set ns = namespace(n=0) %}{% macro m(x) %}[{{ x }}{{ n }}]{% endmacro %}{% for i in range(n) if i % 2 %}{% set ns.n = ns.n + i %}{{ m(i) }}{% generation %}{{ loop.index }}{% endgeneration %}{% endfor %}{{ ns.n }}");
    List<Rendered> alone =
        IntStream.range(0, 64).mapToObj(n -> template.render(Map.of("n", n))).toList();
    List<Rendered> together =
        IntStream.range(0, 64 * 20)
            .parallel()
            .mapToObj(n -> template.render(Map.of("n", n % 64)))
            .toList();
    for (int i = 0; i < together.size(); i++) {
      assertThat(together.get(i)).isEqualTo(alone.get(i % 64));
    }
  }

  @Test
  void limitsThatAllowNothingAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limits.defaults().withSteps(0))
        .withMessageContaining("steps is 0");
    assertThatIllegalArgumentException().isThrownBy(() -> Limits.defaults().withDepth(2000));
  }
}

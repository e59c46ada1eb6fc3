// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;

/** Python's {@code json.dumps(indent=2)}. */
final class JsonStyle extends DefaultPrettyPrinter {

  private static final long serialVersionUID = 1;

  JsonStyle() {
    super(
        Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
            .withObjectEmptySeparator("")
            .withArrayEmptySeparator(""));
    indentArraysWith(new DefaultIndenter("  ", "\n"));
    indentObjectsWith(new DefaultIndenter("  ", "\n"));
  }

  private JsonStyle(JsonStyle base) {
    super(base);
  }

  @Override
  public JsonStyle createInstance() {
    return new JsonStyle(this);
  }
}

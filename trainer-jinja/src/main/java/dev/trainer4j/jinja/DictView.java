// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;

/** {@code keys()}, {@code values()} or {@code items()} of a dict. */
record DictView(PyDict dict, Part part) {

  enum Part {
    KEYS("dict_keys"),
    VALUES("dict_values"),
    ITEMS("dict_items");

    final String type;

    Part(String type) {
      this.type = type;
    }
  }

  List<Object> list() {
    return switch (part) {
      case KEYS -> dict.keys();
      case VALUES -> dict.values();
      case ITEMS -> dict.items();
    };
  }
}

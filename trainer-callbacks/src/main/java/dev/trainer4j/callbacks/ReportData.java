// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** The curves as the report's script reads them. */
final class ReportData {

  /** More than the pixels of a chart's width, so that thinning does not show until one zooms in. */
  static final int BUCKETS = 1000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<CurveGroup> groups;

  ReportData(List<CurveGroup> groups) {
    this.groups = groups;
  }

  /** Returns JSON that may stand in a script element: it has no {@code <}, and so no end tag. */
  String toJson(Instant written, boolean running, Duration refresh) {
    ObjectNode root = JSON.createObjectNode();
    root.put("written", written.toEpochMilli());
    root.put("running", running);
    root.put("refreshSeconds", refresh.toMillis() / 1000.0);
    ArrayNode charts = root.putArray("charts");
    for (CurveGroup group : groups) {
      ObjectNode chart = charts.addObject().put("title", group.title());
      ArrayNode series = chart.putArray("series");
      group.curves().forEach(curve -> write(curve.thinned(BUCKETS), series.addObject()));
    }
    try {
      return JSON.writeValueAsString(root).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the curves cannot be written as JSON", e);
    }
  }

  private static void write(Curve curve, ObjectNode series) {
    series.put("name", curve.name());
    ArrayNode x = series.putArray("x");
    ArrayNode y = series.putArray("y");
    for (int i = 0; i < curve.size(); i++) {
      x.add(curve.step(i));
      if (curve.isFinite(i)) {
        y.add(curve.value(i));
      } else {
        y.addNull();
      }
    }
  }
}

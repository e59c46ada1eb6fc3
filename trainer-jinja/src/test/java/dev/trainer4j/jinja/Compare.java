package dev.trainer4j.jinja;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.time.Clock;
import java.util.Map;

class Compare {
  public static void main(String[] a) throws Exception {
    JsonNode c = Figures.JSON.readTree(new File(a[0]));
    int bad = 0, n = 0;
    if (c.has("templates")) {
      Clock clock = Figures.day(c.get("rendered_on").asText());
      for (JsonNode f : c.get("cases")) {
        n++;
        String got = Figures.outcome(c.get("templates").get(f.get("template").asText()).asText(), clock, Figures.context(f.get("ctx")));
        if (!got.equals(Figures.expected(f))) { bad++; System.out.println("--- " + f.get("template") + " " + f.get("conv") + "\nGOT " + got + "\nEXP " + Figures.expected(f)); }
      }
    } else {
      Map<String, Object> ctx = Figures.context(c.get("ctx"));
      for (JsonNode f : c.get("cases")) {
        n++;
        String got;
        try { got = Figures.outcome(f.get("t").asText(), Clock.systemUTC(), ctx).replaceFirst("\nspans [-0-9 ]*$", "\nspans "); } catch (Throwable t) { got = "THROWN " + t + " " + t.getStackTrace()[0]; }
        if (!got.equals(Figures.expected(f))) { bad++; System.out.println("--- " + f.get("t") + "\nGOT " + got + "\nEXP " + Figures.expected(f)); }
      }
    }
    System.out.println(bad + " of " + n + " differ");
  }
}

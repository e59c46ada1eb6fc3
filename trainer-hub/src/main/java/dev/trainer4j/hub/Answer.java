// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a server said.
 *
 * @param headers by their names in lower case, the first of each
 * @param body of an answer that is no file
 */
record Answer(int status, Map<String, String> headers, String body, URI uri) {
  private static final JsonMapper JSON = new JsonMapper();

  boolean isSuccess() {
    return status >= 200 && status < 300;
  }

  Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name));
  }

  /** Reads the body. */
  JsonNode json() throws HubException {
    JsonNode node = jsonIfAny();
    if (node == null) {
      throw notOfAHub("its answer is no JSON");
    }
    return node;
  }

  @Nullable JsonNode jsonIfAny() {
    try {
      JsonNode node = JSON.readTree(body);
      return node == null || node.isMissingNode() ? null : node;
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  HubException notOfAHub(String what) {
    return new HubException(
        HubException.Reason.HOSTILE,
        Call.shown(uri)
            + " does not answer as a Hub does: "
            + what
            + ". Check HF_ENDPOINT, and whether a proxy stands between");
  }
}

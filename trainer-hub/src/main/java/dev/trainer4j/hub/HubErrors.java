// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.hub.HubException.Reason;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Says what an answer means for whoever asked.
 *
 * @param revision null where there was none
 * @param file null where no single file was asked for
 */
record HubErrors(
    HubSettings settings, HubRepo repo, @Nullable String revision, @Nullable String file) {

  HubErrors ofFile(String name) {
    return new HubErrors(settings, repo, revision, name);
  }

  HubErrors ofRevision(String name) {
    return new HubErrors(settings, repo, name, file);
  }

  HubException of(Answer answer) {
    String code = answer.headers().getOrDefault("x-error-code", "");
    return switch (code) {
      case "GatedRepo" -> new HubException(Reason.GATED, gated());
      case "RevisionNotFound" -> new HubException(Reason.REVISION_NOT_FOUND, noRevision());
      case "EntryNotFound" -> new HubException(Reason.FILE_NOT_FOUND, noFile());
      case "RepoNotFound" -> new HubException(Reason.REPOSITORY_NOT_FOUND, noRepository());
      default -> ofStatus(answer);
    };
  }

  private HubException ofStatus(Answer answer) {
    String said = said(answer);
    boolean credentials = said.contains("Invalid credentials");
    return switch (answer.status()) {
      case 401 ->
          credentials
              ? new HubException(Reason.NOT_ALLOWED, badToken())
              : new HubException(Reason.REPOSITORY_NOT_FOUND, noRepository());
      case 403 -> new HubException(Reason.NOT_ALLOWED, notAllowed(said));
      case 404 ->
          file == null
              ? new HubException(Reason.REPOSITORY_NOT_FOUND, noRepository())
              : new HubException(Reason.FILE_NOT_FOUND, noFile());
      case 429 ->
          new HubException(
              Reason.RATE_LIMITED,
              Call.shown(answer.uri())
                  + " has had too many requests"
                  + (Backoff.asked(answer).isZero()
                      ? ""
                      : " and asks to wait " + Backoff.asked(answer).toSeconds() + " s")
                  + "; try again later, with a token if you had none");
      default -> other(answer, said);
    };
  }

  HubException unreachable(Call call, IOException cause) {
    return new HubException(
        Reason.UNREACHABLE,
        call.shown()
            + " failed in all tries, last with: "
            + settings.scrub(NoAnswer.why(cause))
            + ". Check the network, HF_ENDPOINT and -Dhttps.proxyHost",
        cause);
  }

  private HubException other(Answer answer, String said) {
    boolean server = answer.status() >= 500;
    return new HubException(
        server ? Reason.UNREACHABLE : Reason.REFUSED,
        Call.shown(answer.uri())
            + " answered "
            + answer.status()
            + (server ? " in all tries" : "")
            + (said.isEmpty() ? "" : ": " + said)
            + (server ? ". The trouble is on the server's side; try again later" : ""));
  }

  private String noRepository() {
    return "there is no %s '%s' on %s%s. Check the name"
            .formatted(repo.kind(), repo.id(), settings.endpoint(), ", or it is private")
        + (settings.token() == null
            ? "; for a private one set HF_TOKEN, or log in with `hf auth login`: no token was sent"
            : "; a token was sent, so it may lack access to this repository");
  }

  private String gated() {
    return "the %s '%s' is gated. Open %s/%s, ask for access there"
            .formatted(repo.kind(), repo.id(), settings.endpoint(), repo.webPath())
        + (settings.token() == null
            ? ", and set HF_TOKEN, or log in with `hf auth login`: no token was sent"
            : ": the account of the token that was sent has none yet");
  }

  private String noRevision() {
    return "the %s '%s' has no revision '%s'; give a branch, a tag or a commit of %s/%s/commits/main"
        .formatted(repo.kind(), repo.id(), revision, settings.endpoint(), repo.webPath());
  }

  private String noFile() {
    return "the %s '%s' has no file '%s'%s; its files are listed at %s/%s/tree/main"
        .formatted(
            repo.kind(),
            repo.id(),
            file == null ? "of this name" : HubFileName.shown(file),
            revision == null ? "" : " in revision '" + revision + "'",
            settings.endpoint(),
            repo.webPath());
  }

  private static String badToken() {
    return "the Hub does not know the token; make a new one at https://huggingface.co/settings/tokens"
        + " and set HF_TOKEN, or log in with `hf auth login`";
  }

  private String notAllowed(String said) {
    return "the Hub does not allow this with '%s'%s. %s"
        .formatted(
            repo.id(),
            said.isEmpty() ? "" : ": " + said,
            settings.token() == null
                ? "Set HF_TOKEN, or log in with `hf auth login`: no token was sent"
                : "Give the token the permission, to write for a push, at"
                    + " https://huggingface.co/settings/tokens");
  }

  /** What the server says of it, on one line and without the token. */
  private String said(Answer answer) {
    String message = answer.headers().get("x-error-message");
    if (message == null) {
      JsonNode json = answer.jsonIfAny();
      JsonNode error = json == null ? null : json.get("error");
      JsonNode inner = error != null && error.isObject() ? error.get("message") : error;
      message = inner == null ? "" : inner.asText("");
    }
    return HubFileName.shown(settings.scrub(message));
  }
}

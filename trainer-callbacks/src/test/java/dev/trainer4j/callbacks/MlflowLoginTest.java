// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.ResumeFrom;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Addresses of servers, and what a run proves itself with. */
class MlflowLoginTest extends MlflowFixture {

  @Test
  void aLoginInTheAddressIsUsedAndNeverPrinted() throws IOException {
    URI login = URI.create("http://us%40er:p%3A%2Bss@localhost:" + server.uri().getPort());
    run(args().build(), ResumeFrom.never(), MlflowCallback.builder(login).build());
    String header =
        "Basic "
            + Base64.getEncoder().encodeToString("us@er:p:+ss".getBytes(StandardCharsets.UTF_8));
    assertThat(server.authorizations).containsOnly(header);

    Map<String, String> environment =
        Map.of("MLFLOW_TRACKING_URI", login.toString(), "MLFLOW_TRACKING_TOKEN", "other");
    run(
        args().build(),
        ResumeFrom.never(),
        MlflowCallback.fromEnvironment(environment::get).build());
    assertThat(server.authorizations).as("the address wins").containsOnly(header);

    server.close();
    assertThatThrownBy(
            () ->
                run(
                    args().build(),
                    ResumeFrom.never(),
                    MlflowCallback.builder(login)
                        .retryPause(Duration.ofMillis(1))
                        .failOnError(true)
                        .build()))
        .hasMessageContaining("localhost")
        .message()
        .doesNotContain("us%40er", "us@er", "ss@");
    assertThatThrownBy(() -> MlflowCallback.builder(login).token("another"))
        .hasMessageContaining("token(...)");
    assertThatThrownBy(() -> MlflowCallback.builder(login).basicAuthentication("a", "b"))
        .hasMessageContaining("basicAuthentication(...)");
  }

  @Test
  void anAddressThatIsRefusedDoesNotShowItsPassword() {
    List<String> refused =
        List.of(
            "postgresql://user:sesame@db/mlflow",
            "file:user:sesame@x",
            "http://user:sesame@my_host:5000",
            "http://user:se^same@host",
            "http://user:sesame/x@host",
            "http://user:sesame@host:70000",
            "http://user:sesame@host/?a=b",
            "http://sesame@host");
    for (String address : refused) {
      assertThatThrownBy(
              () ->
                  MlflowCallback.fromEnvironment(
                      name -> name.equals("MLFLOW_TRACKING_URI") ? address : null))
          .as(address)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("tracking URI")
          .hasNoCause()
          .message()
          .doesNotContain("sesame", "se^same");
    }
  }

  @Test
  void aTokenFromAFileLosesItsLineEndAndOneThatIsNoneIsRefused() throws IOException {
    run(args().build(), ResumeFrom.never(), mlflow().token(" secret\n").build());

    assertThat(server.authorizations).containsOnly("Bearer secret");
    assertThatThrownBy(() -> mlflow().token("two words"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("MLFLOW_TRACKING_TOKEN");
    assertThatThrownBy(() -> mlflow().token(" ")).hasMessageContaining("token");
  }

  @Test
  void readsTheVariablesOfMlflowsClients() {
    Map<String, String> environment = Map.of("MLFLOW_TRACKING_URI", server.uri().toString());
    assertThat(MlflowCallback.fromEnvironment(environment::get).build()).isNotNull();
    assertThat(MlflowCallback.fromEnvironment(name -> name.endsWith("URI") ? "http://a" : " "))
        .as("variables that are set to nothing are not set")
        .isNotNull();
    assertThatThrownBy(() -> MlflowCallback.fromEnvironment(name -> null))
        .hasMessageContaining("MLFLOW_TRACKING_URI");
    assertThatThrownBy(() -> MlflowCallback.builder(URI.create("file:///tmp/mlruns")))
        .hasMessageContaining("mlflow server");
  }
}

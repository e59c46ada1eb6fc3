// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/** Hands the body of an answer to a sink as it arrives, and notes that something moves. */
final class Body implements BodySubscriber<Boolean> {

  /** Takes a body piece by piece. */
  @FunctionalInterface
  interface Sink {
    void accept(ByteBuffer piece) throws IOException;
  }

  private final Sink sink;
  private final Activity activity;
  private final CompletableFuture<Boolean> end = new CompletableFuture<>();
  private @Nullable Subscription subscription;
  private boolean stopped;

  Body(Sink sink, Activity activity) {
    this.sink = sink;
    this.activity = activity;
  }

  @Override
  public CompletionStage<Boolean> getBody() {
    return end;
  }

  @Override
  public synchronized void onSubscribe(Subscription begun) {
    subscription = begun;
    activity.note();
    begun.request(1);
  }

  /** Lets nothing through from now on: another try may use the same sink. */
  synchronized void stop() {
    stopped = true;
  }

  @Override
  public synchronized void onNext(List<ByteBuffer> pieces) {
    activity.note();
    Subscription current = subscription;
    if (stopped) {
      return;
    }
    try {
      for (ByteBuffer piece : pieces) {
        sink.accept(piece);
      }
      if (current != null) {
        current.request(1);
      }
    } catch (IOException | RuntimeException e) {
      if (current != null) {
        current.cancel();
      }
      end.completeExceptionally(e);
    }
  }

  @Override
  public void onError(Throwable error) {
    end.completeExceptionally(error);
  }

  @Override
  public void onComplete() {
    end.complete(true);
  }
}

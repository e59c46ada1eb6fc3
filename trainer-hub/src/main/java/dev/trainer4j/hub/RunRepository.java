// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.nio.file.Path;

/** Where a run is pushed to. */
final class RunRepository {
  private final HubClient client;
  private final HubRepo repo;
  private final String branch;

  private RunRepository(HubClient client, HubRepo repo, String branch) {
    this.client = client;
    this.repo = repo;
    this.branch = branch;
  }

  /** The client that the arguments ask for. */
  static HubClient client(TrainingArguments args) {
    HubClient.Builder builder = HubClient.builder();
    args.hubToken().ifPresent(builder::token);
    return builder.build();
  }

  /** Makes the repository and the branch, unless they are there. */
  static RunRepository open(HubClient client, TrainingArguments args) throws IOException {
    String name = args.hubModelId().orElseGet(() -> folderName(args.outputDir()));
    String id = name.contains("/") ? name : HubApi.account(client.http()) + "/" + name;
    HubRepo repo;
    try {
      repo = HubRepo.model(id);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          (args.hubModelId().isPresent()
                  ? "hubModelId: "
                  : "outputDir, which names the repository: ")
              + e.getMessage()
              + (args.hubModelId().isPresent() ? "" : "; or set hubModelId"),
          e);
    }
    client.createRepository(repo, args.hubPrivateRepo().orElse(null));
    String branch = args.hubRevision().orElse("main");
    if (!branch.equals("main")) {
      client.api(repo).createBranch(branch);
    }
    return new RunRepository(client, repo, branch);
  }

  private static String folderName(Path outputDir) {
    Path name = outputDir.toAbsolutePath().normalize().getFileName();
    return name == null ? "" : name.toString();
  }

  HubClient client() {
    return client;
  }

  HubRepo repo() {
    return repo;
  }

  String branch() {
    return branch;
  }

  HubApi api() {
    return client.api(repo);
  }
}

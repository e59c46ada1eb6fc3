// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.TensorFile;
import dev.trainer4j.checkpoint.TensorFiles;
import dev.trainer4j.checkpoint.TensorPiece;
import dev.trainer4j.checkpoint.TensorSource;
import dev.trainer4j.model.Segment;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TiedTensors;
import dev.trainer4j.torch.TorchFunctions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The tensors of a model whose ranks hold a share each, from and to files. */
final class ModelFiles {

  private final TrainableModel model;
  private final GatheredParameters parameters;
  private final ShardRanks ranks;
  private final Map<String, NDArray> saved;

  /** The names in the model's state: files of adapters call tensors otherwise. */
  private final IdentityHashMap<NDArray, String> names = new IdentityHashMap<>();

  ModelFiles(TrainableModel model, GatheredParameters parameters, ShardRanks ranks) {
    this.model = model;
    this.parameters = parameters;
    this.ranks = ranks;
    saved = model.savedTensors();
    model.state().forEach((name, array) -> names.putIfAbsent(array, name));
  }

  /** Returns the name in the model's state of a tensor that ranks share; null of another one. */
  private @Nullable String shared(NDArray tensor) {
    String name = names.get(tensor);
    return name != null && parameters.has(name) ? name : null;
  }

  /** Rank 0 writes tensor by tensor, and gathers a unit when the first of its tensors comes; a collective. */
  void writeWhole(CheckpointFiles files, long maxShardBytes) throws IOException {
    try {
      if (ranks.all().isMain()) {
        List<TensorSource> sources =
            TiedTensors.distinct(saved).entrySet().stream()
                .map(entry -> source(entry.getKey(), entry.getValue()))
                .toList();
        files.writeModelTensors(model.tensorsFile(), sources, maxShardBytes);
      }
    } finally {
      parameters.rest();
    }
  }

  private TensorSource source(String name, NDArray array) {
    TensorSource there = TensorSource.of(name, array);
    String shared = shared(array);
    if (shared == null) {
      return there;
    }
    Segment alone = new WholeModel(List.of(shared));
    return new TensorSource(
        name,
        there.type(),
        there.shape(),
        channel -> {
          parameters.bring(alone);
          try {
            there.content().writeTo(channel);
          } finally {
            parameters.take(alone);
          }
        });
  }

  /** Whether ranks can write pieces of the model: what is in a file of its own, such as adapters, is small. */
  boolean canBePieces() {
    return model.tensorsFile().equals(CheckpointFiles.MODEL) && ranks.sharing().worldSize() > 1;
  }

  /** Every rank writes what it has, and rank 0 what all have; a collective. */
  void writePieces(CheckpointFiles files) throws IOException {
    try (NDManager views = model.manager().newSubManager()) {
      if (ranks.isFirstCopy()) {
        files.writeModelPieces(ranks.sharing().rank(), ranks.sharing().worldSize(), pieces(views));
      }
    } finally {
      parameters.rest();
    }
  }

  private List<TensorPiece> pieces(NDManager views) {
    List<TensorPiece> pieces = new ArrayList<>();
    for (Map.Entry<String, NDArray> entry : TiedTensors.distinct(saved).entrySet()) {
      String name = entry.getKey();
      String shared = shared(entry.getValue());
      if (shared == null || parameters.unitOf(shared).isBytes()) {
        if (ranks.sharing().rank() == 0) {
          TensorSource whole = source(name, entry.getValue());
          pieces.add(
              new TensorPiece(
                  name, whole.type(), whole.shape(), 0, whole.shape().size(), whole.content()));
        }
        continue;
      }
      ParameterUnit unit = parameters.unitOf(shared);
      for (ShardSlice slice : unit.layout().slices(ranks.sharing().rank())) {
        if (slice.parameter().name().equals(shared)) {
          NDArray values =
              ArrayScope.keep(
                  FlatTensors.view(unit.share(), slice.offset(), slice.length()), views);
          pieces.add(TensorPiece.of(name, slice.parameter().shape(), slice.start(), values));
        }
      }
    }
    return pieces;
  }

  /**
   * Reads what this rank holds; a collective that fails on all ranks or on none.
   *
   * @throws IOException if a rank cannot read
   */
  void read(CheckpointFiles files) throws IOException {
    ranks.failTogether(
        () -> {
          model.loadExtras(files.folder());
          parameters.settle();
          try (Autograd.Recording off = Autograd.record(false);
              TensorFile tensors = files.openModel(model.tensorsFile())) {
            TensorFiles.load(
                tensors, saved, "model", (name, inFile) -> read(name, tensors, inFile));
          }
        });
  }

  private void read(String name, TensorFile tensors, String inFile) throws IOException {
    NDArray target = Objects.requireNonNull(saved.get(name));
    String shared = shared(target);
    if (shared != null) {
      parameters.put(shared, (start, end, owner) -> tensors.read(inFile, start, end, owner));
      return;
    }
    try (ArrayScope scope = ArrayScope.open();
        NDManager host = model.manager().newSubManager(Device.cpu())) {
      TorchFunctions.copy(List.of(target), List.of(tensors.read(inFile, host)));
    }
  }
}

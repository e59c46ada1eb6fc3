// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows the first batch of each run in the log. */
final class FirstBatch implements TrainerCallback {

  private static final Logger LOG = LoggerFactory.getLogger(SftTrainer.class);

  private final PretrainedTokenizer tokenizer;
  private boolean shown;

  FirstBatch(PretrainedTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    shown = !LOG.isInfoEnabled() || !state.isLocalProcessZero();
  }

  @Override
  public void onSubstepBegin(
      CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
    if (!shown) {
      shown = true;
      LOG.info(BatchPreview.of(inputs, tokenizer));
    }
  }
}

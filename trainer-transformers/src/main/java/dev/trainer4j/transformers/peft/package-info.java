// SPDX-License-Identifier: Apache-2.0
/**
 * Which adapters a model gets, and the folders that PEFT reads and writes: configurations with PEFT's names and
 * meaning, which modules they name, and what their tensors are called in {@code adapter_model.safetensors}.
 */
@NullMarked
package dev.trainer4j.transformers.peft;

import org.jspecify.annotations.NullMarked;

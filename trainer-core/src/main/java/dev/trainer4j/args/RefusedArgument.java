// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** An argument that Hugging Face has and that cannot be set here. */
record RefusedArgument(String group, String name, String decision) implements ArgumentRow {}

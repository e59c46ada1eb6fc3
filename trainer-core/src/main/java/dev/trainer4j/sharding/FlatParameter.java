// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.NamedParameter;

/**
 * What a layout needs to know of a parameter; its memory may be anywhere, or nowhere yet.
 *
 * @param name unique in its model
 * @param shape of the whole parameter
 * @param type of its elements
 * @param decays whether weight decay applies to it
 */
public record FlatParameter(String name, Shape shape, DataType type, boolean decays) {

  /** Describes a parameter. */
  public static FlatParameter of(NamedParameter parameter) {
    return new FlatParameter(
        parameter.name(),
        parameter.array().getShape(),
        parameter.array().getDataType(),
        parameter.decays());
  }

  /** Returns the number of its elements. */
  public long size() {
    return shape.size();
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

/** Nothing comes and nothing goes; gradients stay in the parameters. */
enum ParametersInPlace implements SegmentParameters {
  INSTANCE;

  @Override
  public void bring(Segment segment) {}

  @Override
  public void take(Segment segment) {}

  @Override
  public void expect(Segment segment) {}

  @Override
  public void collect(Segment segment, double factor) {}
}

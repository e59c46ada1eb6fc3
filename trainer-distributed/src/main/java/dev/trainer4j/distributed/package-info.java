// SPDX-License-Identifier: Apache-2.0

/**
 * Training in several processes: groups over Open MPI and NCCL. How a group is used is the core's business
 * ({@code dev.trainer4j.process}); this package only brings bytes from one process to another.
 */
@NullMarked
package dev.trainer4j.distributed;

import org.jspecify.annotations.NullMarked;

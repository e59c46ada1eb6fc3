// SPDX-License-Identifier: Apache-2.0
/**
 * The one way in which JSON files are read: strictly, with an error that names the file, the place in it,
 * what stands there and what was expected. It knows no other package.
 */
@NullMarked
package dev.trainer4j.json;

import org.jspecify.annotations.NullMarked;

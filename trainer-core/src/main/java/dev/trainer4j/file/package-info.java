// SPDX-License-Identifier: Apache-2.0
/** What a file may be other than what its name says. It knows no other package. */
@NullMarked
package dev.trainer4j.file;

import org.jspecify.annotations.NullMarked;

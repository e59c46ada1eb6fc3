// SPDX-License-Identifier: Apache-2.0
/** Files and folders as such: what one may be other than its name says, and what lies in a folder. It knows no other package. */
@NullMarked
package dev.trainer4j.file;

import org.jspecify.annotations.NullMarked;

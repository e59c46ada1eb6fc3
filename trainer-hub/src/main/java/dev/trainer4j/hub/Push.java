// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.util.List;

/**
 * What one commit brings.
 *
 * @param revision the branch
 * @param message its first line
 * @param files what is added or replaced; what the repository has already is left out
 * @param renewed folders whose other files are deleted, such as {@code last-checkpoint}
 */
record Push(String revision, String message, List<UploadFile> files, List<String> renewed) {}

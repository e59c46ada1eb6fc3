// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

/**
 * A commit of a repository.
 *
 * @param url of its page, as the Hub gives it
 * @param oid its hash
 * @param message its first line
 */
public record CommitInfo(String url, String oid, String message) {}

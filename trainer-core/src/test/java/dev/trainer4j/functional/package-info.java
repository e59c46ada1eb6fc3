// SPDX-License-Identifier: Apache-2.0
/** What a user may rely on, shown through the public API with tiny models. */
package dev.trainer4j.functional;

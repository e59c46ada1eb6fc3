// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import javax.annotation.processing.Generated;
import org.immutables.value.Value;

/**
 * For arguments of the library's own modules: an implementation is generated for a class or interface of accessors. It stays in its package; what is seen is the interface and its nested builder. The style stands here, and not on the
 * interface, so that nothing of it reaches the class files a user compiles against: javac would warn about types it cannot find.
 */
@Retention(RetentionPolicy.SOURCE)
@Target(ElementType.TYPE)
@Value.Style(
    visibilityString = "PACKAGE",
    overshadowImplementation = true,
    jdkOnly = true,
    allowedClasspathAnnotations = Generated.class,
    defaults = @Value.Immutable(copy = false))
public @interface HiddenImplementation {}

// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The engine stands alone, and a template cannot get out of it. */
@AnalyzeClasses(packages = "dev.trainer4j.jinja", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule nothingButJavaIsNeeded =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("dev.trainer4j.jinja", "java..", "org.jspecify.annotations");

  @ArchTest
  static final ArchRule nothingIsReflectedOnReadOrStarted =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.lang.reflect..",
              "java.lang.invoke..",
              "java.io",
              "java.nio.file..",
              "java.net..");

  @ArchTest
  static final ArchRule fiveTypesAreTheDoor =
      classes()
          .that()
          .arePublic()
          .and()
          .areTopLevelClasses()
          .should()
          .haveNameMatching(".*\\.(ChatTemplate|Limits|Rendered|TemplateException|package-info)");
}

// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;

/** The drawing of the module: one package, whose classes know only those below them, but for the face that they stand behind. */
@AnalyzeClasses(packages = "dev.trainer4j.hub", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  /** Its methods are one line each, and hand it on to who does the work. */
  private static final String FACE = HubClient.class.getName();

  private static final String NETWORK =
      "HubHttp|HubApi|HubCache|HubDownload|FileDownload|HubUpload|LargeFiles|Transfers|Call|Answer|Body";

  @ArchTest
  static final ArchRule classesHaveNoCycles =
      slices()
          .assignedFrom(
              new SliceAssignment() {
                @Override
                public SliceIdentifier getIdentifierOf(JavaClass type) {
                  String name = type.getName().replaceAll("\\$.*", "");
                  return type.getPackageName().equals("dev.trainer4j.hub") && !name.equals(FACE)
                      ? SliceIdentifier.of(name)
                      : SliceIdentifier.ignore();
                }

                @Override
                public String getDescription() {
                  return "classes of the hub";
                }
              })
          .should()
          .beFreeOfCycles();

  @ArchTest
  static final ArchRule theNetworkKnowsNothingOfTraining =
      noClasses()
          .that()
          .haveNameMatching(".*\\.(" + NETWORK + ")")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.trainer4j",
              "dev.trainer4j.args..",
              "dev.trainer4j.callback..",
              "dev.trainer4j.state..");

  @ArchTest
  static final ArchRule theNetworkStandsBelowTheFace =
      noClasses()
          .that()
          .haveNameMatching(".*\\.(" + NETWORK + ")")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName(FACE);

  @ArchTest
  static final ArchRule thirdPartiesAreFew =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "", // primitives
              "java..",
              "dev.trainer4j..",
              "ai.djl.engine", // whose version a card names
              "org.slf4j..",
              "com.fasterxml.jackson..",
              "org.jspecify..");
}

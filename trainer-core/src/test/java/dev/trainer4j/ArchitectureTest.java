// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import org.jspecify.annotations.NullMarked;

/** The drawing of the packages: data flows down this list, and nothing knows what is below it. */
@AnalyzeClasses(packages = "dev.trainer4j", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule packagesDependInOneDirection =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("args")
          .definedBy("dev.trainer4j.args..")
          .layer("state")
          .definedBy("dev.trainer4j.state..")
          .layer("process")
          .definedBy("dev.trainer4j.process..")
          .layer("metrics")
          .definedBy("dev.trainer4j.metrics..")
          .layer("schedule")
          .definedBy("dev.trainer4j.schedule..")
          .layer("json")
          .definedBy("dev.trainer4j.json..")
          .layer("file")
          .definedBy("dev.trainer4j.file..")
          .layer("data")
          .definedBy("dev.trainer4j.data..")
          .layer("torch")
          .definedBy("dev.trainer4j.torch..")
          .layer("model")
          .definedBy("dev.trainer4j.model..")
          .layer("optim")
          .definedBy("dev.trainer4j.optim..")
          .layer("callback")
          .definedBy("dev.trainer4j.callback..")
          .layer("checkpoint")
          .definedBy("dev.trainer4j.checkpoint..")
          .layer("sharding")
          .definedBy("dev.trainer4j.sharding..")
          .layer("run")
          .definedBy("dev.trainer4j.run..")
          .layer("report")
          .definedBy("dev.trainer4j.report..")
          .layer("signal")
          .definedBy("dev.trainer4j.signal..")
          .layer("evaluation")
          .definedBy("dev.trainer4j.evaluation..")
          .layer("saving")
          .definedBy("dev.trainer4j.saving..")
          .layer("root")
          .definedBy("dev.trainer4j")
          .whereLayer("args")
          .mayNotAccessAnyLayer()
          .whereLayer("json")
          .mayNotAccessAnyLayer()
          .whereLayer("state")
          .mayOnlyAccessLayers("json")
          .whereLayer("process")
          .mayOnlyAccessLayers("torch")
          .whereLayer("metrics")
          .mayNotAccessAnyLayer()
          .whereLayer("schedule")
          .mayOnlyAccessLayers("args")
          .whereLayer("file")
          .mayNotAccessAnyLayer()
          .whereLayer("data")
          .mayOnlyAccessLayers("file", "torch")
          .whereLayer("torch")
          .mayOnlyAccessLayers("file")
          .whereLayer("signal")
          .mayNotAccessAnyLayer()
          .whereLayer("model")
          .mayOnlyAccessLayers("data", "torch")
          .whereLayer("optim")
          .mayOnlyAccessLayers("process", "model", "torch")
          .whereLayer("callback")
          .mayOnlyAccessLayers("args", "state", "data", "schedule", "model", "optim")
          .whereLayer("checkpoint")
          .mayOnlyAccessLayers("file", "json", "state", "torch", "model", "optim")
          .whereLayer("sharding")
          .mayOnlyAccessLayers("args", "process", "data", "torch", "model", "optim", "checkpoint")
          .whereLayer("run")
          .mayOnlyAccessLayers(
              "args",
              "state",
              "process",
              "data",
              "torch",
              "model",
              "optim",
              "schedule",
              "callback",
              "checkpoint")
          .whereLayer("report")
          .mayOnlyAccessLayers("args", "state", "torch", "model", "callback", "run")
          .whereLayer("evaluation")
          .mayOnlyAccessLayers(
              "args",
              "process",
              "data",
              "torch",
              "model",
              "metrics",
              "callback",
              "sharding",
              "run",
              "report")
          .whereLayer("saving")
          .mayOnlyAccessLayers(
              "args",
              "state",
              "process",
              "data",
              "torch",
              "model",
              "optim",
              "schedule",
              "callback",
              "checkpoint",
              "sharding",
              "run",
              "report")
          .whereLayer("root")
          .mayNotBeAccessedByAnyLayer();

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.trainer4j.(*)..").should().beFreeOfCycles();

  /** The parts are handed what they need; the only way up to a subclass is {@code TrainerHooks}. */
  @ArchTest
  static final ArchRule nobodyCallsBackIntoTheFace =
      noClasses()
          .that()
          .areNotAssignableTo(Trainer.class)
          .and()
          .areNotAssignableTo(TrainerBuilder.class)
          .and()
          .haveNameNotMatching("dev\\.trainer4j\\.Trainer\\$.*")
          .should()
          .dependOnClassesThat()
          .areAssignableTo(Trainer.class);

  /** Of the classes of the root package each knows only those below it. */
  @ArchTest
  static final ArchRule theRootPackageHasNoCycles =
      slices()
          .assignedFrom(
              new SliceAssignment() {
                @Override
                public SliceIdentifier getIdentifierOf(JavaClass type) {
                  if (!type.getPackageName().equals("dev.trainer4j")) {
                    return SliceIdentifier.ignore();
                  }
                  String name = type.getName().replaceAll("\\$.*", "");
                  return SliceIdentifier.of(name);
                }

                @Override
                public String getDescription() {
                  return "classes of the root package";
                }
              })
          .should()
          .beFreeOfCycles();

  @ArchTest
  static final ArchRule onlyTorchTouchesTheEngine =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.trainer4j.torch..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.djl.pytorch..");

  @ArchTest
  static final ArchRule nobodyUsesDjlsOwnTrainer =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveNameMatching("ai\\.djl\\.training\\.(?!ParameterStore$).*");

  @ArchTest
  static final ArchRule thirdPartiesAreFew =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "", // primitives
              "java..",
              "javax.annotation.processing", // generated code says so
              "dev.trainer4j..",
              "ai.djl..",
              "org.slf4j..",
              "com.fasterxml.jackson..",
              "com.sun.jna", // the C library's heap
              "org.apache.commons.csv..",
              "blue.strategic.parquet..", // only where Parquet files are read
              "org.apache.parquet..",
              "picocli..",
              "org.jspecify..",
              "org.immutables..");

  @ArchTest
  static final ArchRule nobodyUsesJavaUtilLogging = NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;

  @ArchTest
  static final ArchRule nobodyWritesToTheConsole = NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

  @ArchTest
  static final ArchRule nobodyEndsTheProcess =
      noClasses()
          .should()
          .callMethod(System.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "halt", int.class);

  @ArchTest
  static final ArchRule namesSayWhatAClassIs =
      noClasses()
          .that()
          .arePublic()
          .should()
          .haveNameMatching(".*(Impl|Utils?|Helper|Manager)|.*\\.Abstract[A-Z][^.]*");

  @ArchTest
  static void everyPackageIsNullMarked(JavaClasses core) {
    assertThat(core.getPackage("dev.trainer4j").getSubpackagesInTree())
        .hasSizeGreaterThan(10)
        .allSatisfy(ArchitectureTest::assertNullMarked);
    assertNullMarked(core.getPackage("dev.trainer4j"));
  }

  private static void assertNullMarked(JavaPackage javaPackage) {
    assertThat(javaPackage.isAnnotatedWith(NullMarked.class)).as(javaPackage.getName()).isTrue();
  }
}

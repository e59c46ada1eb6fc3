// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.jspecify.annotations.NullMarked;

/** The drawing of the module: groups on one side, the launcher on the other, and neither knows the other. */
@AnalyzeClasses(packages = "dev.trainer4j.distributed", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule packagesDependInOneDirection =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("mpi")
          .definedBy("dev.trainer4j.distributed.mpi..")
          .layer("nccl")
          .definedBy("dev.trainer4j.distributed.nccl..")
          .layer("launch")
          .definedBy("dev.trainer4j.distributed.launch..")
          .layer("root")
          .definedBy("dev.trainer4j.distributed")
          .whereLayer("mpi")
          .mayNotAccessAnyLayer()
          .whereLayer("nccl")
          .mayOnlyAccessLayers("mpi")
          .whereLayer("launch")
          .mayNotAccessAnyLayer()
          .whereLayer("root")
          .mayOnlyAccessLayers("mpi", "nccl");

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.trainer4j.distributed.(*)..").should().beFreeOfCycles();

  /** How a group is used is the core's business: training, arguments and models are none of a group's. */
  @ArchTest
  static final ArchRule groupsKnowOfTheCoreWhatAGroupIs =
      classes()
          .that()
          .resideInAnyPackage("dev.trainer4j.distributed.mpi..", "dev.trainer4j.distributed.nccl..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "", // primitives
              "java..",
              "dev.trainer4j.distributed..",
              "dev.trainer4j.process..",
              "dev.trainer4j.torch..",
              "ai.djl",
              "ai.djl.engine..",
              "ai.djl.ndarray..",
              "com.sun.jna..",
              "org.slf4j..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule onlyGroupsCallNativeCode =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "dev.trainer4j.distributed.mpi..", "dev.trainer4j.distributed.nccl..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.sun.jna..");

  @ArchTest
  static final ArchRule nobodyTouchesTheEngine =
      noClasses().should().dependOnClassesThat().resideInAPackage("ai.djl.pytorch..");

  @ArchTest
  static void everyPackageIsNullMarked(JavaClasses module) {
    JavaPackage root = module.getPackage("dev.trainer4j.distributed");
    assertThat(root.isAnnotatedWith(NullMarked.class)).isTrue();
    assertThat(root.getSubpackagesInTree())
        .hasSizeGreaterThan(2)
        .allSatisfy(
            part -> assertThat(part.isAnnotatedWith(NullMarked.class)).as(part.getName()).isTrue());
  }
}

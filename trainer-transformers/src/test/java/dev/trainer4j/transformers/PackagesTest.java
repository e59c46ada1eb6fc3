// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import org.jspecify.annotations.NullMarked;

/**
 * The drawing of the module's packages. The root package counts as two: the values that programs and
 * all packages speak in, and the models that are loaded, which know the kinds of architecture.
 */
@AnalyzeClasses(packages = PackagesTest.ROOT, importOptions = DoNotIncludeTests.class)
class PackagesTest {

  static final String ROOT = "dev.trainer4j.transformers";

  private static final DescribedPredicate<JavaClass> VALUES =
      describe(
          "values of the root package, or arrays of them",
          javaClass ->
              belongToAnyOf(
                      Task.class,
                      Dtype.class,
                      ProblemType.class,
                      PretrainedConfig.class,
                      JsonStyle.class,
                      PythonFloat.class,
                      LoadOptions.class,
                      SaveOptions.class,
                      QuantizationConfig.class,
                      QuantizationConfig.Builder.class,
                      PretrainedException.class)
                  .test(javaClass.getBaseComponentType()));

  private static final DescribedPredicate<JavaClass> MODELS =
      resideInAPackage(ROOT).and(not(VALUES));

  @ArchTest
  static final ArchRule packagesDependInOneDirection =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("values")
          .definedBy(VALUES)
          .layer("tokenization")
          .definedBy(ROOT + ".tokenization..")
          .layer("generation")
          .definedBy(ROOT + ".generation..")
          .layer("metrics")
          .definedBy(ROOT + ".metrics..")
          .layer("architecture")
          .definedBy(ROOT + ".architecture..")
          .layer("encoder")
          .definedBy(ROOT + ".encoder..")
          .layer("decoder")
          .definedBy(ROOT + ".decoder..")
          .layer("seq2seq")
          .definedBy(ROOT + ".seq2seq..")
          .layer("quantization")
          .definedBy(ROOT + ".quantization..")
          .layer("peft")
          .definedBy(ROOT + ".peft..")
          .layer("models")
          .definedBy(MODELS)
          .layer("collate")
          .definedBy(ROOT + ".collate..")
          .layer("prepare")
          .definedBy(ROOT + ".prepare..")
          .layer("predict")
          .definedBy(ROOT + ".predict..")
          .layer("embedding")
          .definedBy(ROOT + ".embedding..")
          .layer("trainer")
          .definedBy(ROOT + ".trainer..")
          .layer("sft")
          .definedBy(ROOT + ".sft..")
          .whereLayer("values")
          .mayNotAccessAnyLayer()
          .whereLayer("tokenization")
          .mayNotAccessAnyLayer()
          .whereLayer("generation")
          .mayOnlyAccessLayers("tokenization")
          .whereLayer("metrics")
          .mayOnlyAccessLayers("tokenization")
          .whereLayer("architecture")
          .mayOnlyAccessLayers("values", "generation")
          .whereLayer("encoder")
          .mayOnlyAccessLayers("values", "architecture")
          .whereLayer("decoder")
          .mayOnlyAccessLayers("values", "architecture", "generation")
          .whereLayer("seq2seq")
          .mayOnlyAccessLayers("values", "architecture", "generation")
          .whereLayer("quantization")
          .mayOnlyAccessLayers("values", "architecture")
          .whereLayer("peft")
          .mayOnlyAccessLayers("architecture")
          .whereLayer("models")
          .mayOnlyAccessLayers(
              "values",
              "tokenization",
              "generation",
              "architecture",
              "quantization",
              "peft",
              "encoder",
              "decoder",
              "seq2seq")
          .whereLayer("collate")
          .mayOnlyAccessLayers("tokenization", "models")
          .whereLayer("prepare")
          .mayOnlyAccessLayers("tokenization", "metrics")
          .whereLayer("predict")
          .mayOnlyAccessLayers("values", "tokenization", "models")
          .whereLayer("embedding")
          .mayOnlyAccessLayers("values", "tokenization", "models", "collate", "predict")
          .whereLayer("trainer")
          .mayOnlyAccessLayers("tokenization", "generation")
          .whereLayer("sft")
          .mayOnlyAccessLayers(
              "values", "tokenization", "architecture", "peft", "models", "collate", "trainer")
          .ensureAllClassesAreContainedInArchitecture();

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().assignedFrom(new Packages()).should().beFreeOfCycles();

  @ArchTest
  static final ArchRule ofEachKindOfArchitectureOnlyTheFamilyIsSeen =
      classes()
          .that()
          .resideInAnyPackage(ROOT + ".encoder..", ROOT + ".decoder..", ROOT + ".seq2seq..")
          .and()
          .haveSimpleNameNotEndingWith("Family")
          .should()
          .notBePublic();

  @ArchTest
  static final ArchRule onlyTheCoreTouchesTheEngine =
      noClasses().should().dependOnClassesThat().resideInAPackage("ai.djl.pytorch..");

  @ArchTest
  static final ArchRule nobodyWritesToTheConsole = NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

  @ArchTest
  static void everyPackageIsNullMarked(JavaClasses module) {
    assertThat(module.getPackage(ROOT).getSubpackagesInTree())
        .hasSize(15)
        .allMatch(javaPackage -> javaPackage.isAnnotatedWith(NullMarked.class));
    assertThat(module.getPackage(ROOT).isAnnotatedWith(NullMarked.class)).isTrue();
  }

  /** Each package is a slice, and the values of the root package are one of their own. */
  private static final class Packages implements SliceAssignment {

    @Override
    public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
      return VALUES.test(javaClass)
          ? SliceIdentifier.of(ROOT, "values")
          : SliceIdentifier.of(javaClass.getPackageName());
    }

    @Override
    public String getDescription() {
      return "packages of the module, its values apart";
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.checkpoint.SafetensorsType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnpicklerTest {

  @Test
  void readsPlainValues() throws TorchFileException {
    // pickle.dumps({"a": [1, -2, 70000, 2.5, None, True], 3: (("x",), {})}, 2)
    String pickle =
        "\u0080\2}q\0(X\1\0\0\0aq\1]q\2(K\1J\u00fe\u00ff\u00ff\u00ffJp\u0011\1\0G@\4\0\0\0\0\0\0N\u0088e"
            + "K\3X\1\0\0\0xq\3\u0085q\4}q\5\u0086q\6u.";
    assertThat(read(pickle))
        .isEqualTo(
            Map.of(
                "a",
                Arrays.asList(1L, -2L, 70000L, 2.5, null, true),
                3L,
                List.of(List.of("x"), Map.of())));
  }

  @Test
  void readsNumbersOfEveryLength() throws TorchFileException {
    assertThat(read("\u008a\0.")).isEqualTo(0L);
    assertThat(read("\u008a\1\u00ff.")).isEqualTo(-1L);
    assertThat(read("\u008a\5\0\0\0\0\1.")).isEqualTo(1L << 32);
  }

  @ParameterizedTest
  @CsvSource({
    "cos\\nsystem\\n, 'os.system', refused",
    "cbuiltins\\neval\\n, 'builtins.eval', refused",
    "ctorch._utils\\n_rebuild_sparse_tensor\\n, '_rebuild_sparse_tensor', refused",
  })
  void aGlobalThatIsNotOnTheListIsNamed(String pickle, String name, String word) {
    assertThatThrownBy(() -> read(pickle.replace("\\n", "\n")))
        .isInstanceOf(TorchFileException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(word);
  }

  @ParameterizedTest
  @CsvSource({
    "b, BUILD", "i, INST", "o, OBJ", "\u0081, NEWOBJ", "\u0092, NEWOBJ_EX", "\u0093, STACK_GLOBAL",
    "\u0082, EXT1", "P, PERSID", "\u008b, LONG4", "B, BINBYTES", "\u0097, NEXT_BUFFER", "0, POP"
  })
  void anOpcodeThatIsNotNeededIsNamed(String opcode, String name) {
    assertRefused("N" + opcode, "opcode " + name + ", which is refused");
  }

  @Test
  void everyOpcodeIsEitherReadOrNamed() {
    for (PickleOpcode opcode : PickleOpcode.values()) {
      assertThatThrownBy(() -> read(String.valueOf((char) opcode.code())))
          .isInstanceOf(TorchFileException.class);
    }
    assertRefused("\u00fe", "0xfe, which is no opcode");
  }

  @Test
  void aListThatContainsItselfIsRefused() {
    assertRefused("]q\0h\0a.", "a finished one");
    assertRefused("]q\0]q\1h\0ah\0h\1a.", "a finished one");
    assertRefused("}q\0K\1h\0s.", "a finished one");
  }

  @Test
  void deepNestingIsRefused() {
    assertRefused(")" + "\u0085".repeat(100_000) + ".", "nested more than 32 deep");
    assertRefused("(".repeat(100_000) + ".", "nested more than 1000 deep");
  }

  @Test
  void moreThanAnyOptimizerHoldsIsRefused() {
    assertRefused("(" + "]".repeat(600_000), "more than 500000 lists");
    assertRefused("(" + "N".repeat(4_100_000), "more than 4000000 values");
  }

  @Test
  void lengthsThatLieAreRefused() {
    assertRefused("X\u00ff\u00ff\u00ff\u007fabc", "ends within a text");
    assertRefused("X\u00ff\u00ff\u00ff\u00ffabc", "ends within a text");
    assertRefused("\u008a\u00ff", "a number of 255 bytes");
    assertRefused("K", "ends early");
  }

  @Test
  void valuesThatAreNotThereAreRefused() {
    assertRefused(".", "stops before");
    assertRefused("NN.", "stops before");
    assertRefused("N.N", "stops before");
    assertRefused("\u0086.", "not there");
    assertRefused("N(\u0085.", "not there");
    assertRefused("h\7.", "not there");
    assertRefused("t.", "not there");
    assertRefused("Nq\5.", "in order");
  }

  @Test
  void callsOtherThanThoseOfTensorsAreRefused() {
    assertRefused("N)R.", "calls something that is refused");
    assertRefused("ccollections\nOrderedDict\n]R.", "without arguments");
    assertRefused("ccollections\nOrderedDict\nN\u0085R.", "calls something that is refused");
    assertRefused("ctorch._utils\n_rebuild_tensor_v2\n)R.", "no tensor");
    assertRefused("ctorch._utils\n_rebuild_parameter\n(N\u0089NtR.", "no parameter");
    assertRefused("NQ.", "no storage");
  }

  @Test
  void attributesOfADictionaryAreLeftAside() throws TorchFileException {
    // An OrderedDict {"a": 1} with the attribute _metadata, as state_dict() makes it.
    String pickle =
        "\u0080\2ccollections\nOrderedDict\nq\0)Rq\1X\1\0\0\0aq\2K\1s"
            + "}q\3X\11\0\0\0_metadataq\4h\0)Rq\5sb.";
    assertThat(read(pickle)).isEqualTo(Map.of("a", 1L));
    assertRefused("}Nb.", "opcode BUILD, which is refused");
    assertRefused("K\1}b.", "opcode BUILD, which is refused");
  }

  @ParameterizedTest
  @CsvSource({
    "2, '3,1', '1,1', 0", // 3 elements of 2
    "4, '2,2', '2,1', 1", // shifted out
    "4, '2', '-1', 3", // backwards
    "4, '9223372036854775807,2', '0,0', 0", // too many to count
    "4, '2', '9223372036854775807', 0",
    "4, '2,2', '1', 0", // unlike shapes and strides
    "4, '-2', '1', 0",
  })
  void aTensorOutsideOfItsStorageIsRefused(
      long elements, String shape, String strides, long offset) {
    TorchStorage storage = new TorchStorage(SafetensorsType.F32, "0", elements);
    assertThatThrownBy(() -> TorchTensor.checked(storage, offset, numbers(shape), numbers(strides)))
        .isInstanceOf(TorchFileException.class)
        .hasMessageContaining("not within its storage");
  }

  private static List<Long> numbers(String text) {
    return Arrays.stream(text.split(",")).map(Long::valueOf).toList();
  }

  private static @org.jspecify.annotations.Nullable Object read(String pickle)
      throws TorchFileException {
    return Unpickler.read(pickle.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void assertRefused(String pickle, String message) {
    assertThatThrownBy(() -> read(pickle))
        .isInstanceOf(TorchFileException.class)
        .hasMessageContaining(message);
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ForwardingModelTest {

  static Stream<Method> methods() {
    return Stream.of(TrainableModel.class.getMethods())
        .filter(method -> !Modifier.isStatic(method.getModifiers()));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void everyMethodOfAModelGoesToTheOther(Method method) throws ReflectiveOperationException {
    List<Method> called = new ArrayList<>();
    TrainableModel other =
        (TrainableModel)
            Proxy.newProxyInstance(
                TrainableModel.class.getClassLoader(),
                new Class<?>[] {TrainableModel.class},
                (proxy, asked, arguments) -> {
                  called.add(asked);
                  return nothing(asked.getReturnType());
                });
    ForwardingModel model =
        new ForwardingModel() {
          @Override
          protected TrainableModel delegate() {
            return other;
          }
        };
    Object[] arguments =
        Stream.of(method.getParameterTypes()).map(ForwardingModelTest::nothing).toArray();
    method.invoke(model, arguments);
    assertThat(called).containsExactly(method);
  }

  private static Object nothing(Class<?> type) {
    return type == boolean.class ? (Object) false : type == double.class ? (Object) 0.0 : null;
  }
}

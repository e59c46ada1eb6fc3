// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How one argument is read from arguments and set in their builder. Both methods are found by the name of the argument when the table
 * is made, and must fit the type of its row; a row without them, or with others, is an error there.
 *
 * @param get returns the value, an {@code Optional} of it, or null
 * @param set takes the value
 * @param unset takes an {@code Optional} that is empty, or null; null where the builder has no such method
 * @param canBeUnset whether the accessor has a way to say that there is no value
 */
record Accessor(
    MethodHandle get, MethodHandle set, @Nullable MethodHandle unset, boolean canBeUnset) {
  private static final Map<Class<?>, Class<?>> OPTIONALS =
      Map.of(
          OptionalInt.class, Integer.class,
          OptionalLong.class, Long.class,
          OptionalDouble.class, Double.class);

  private static final Map<Class<?>, Object> EMPTY =
      Map.of(
          Optional.class, Optional.empty(),
          OptionalInt.class, OptionalInt.empty(),
          OptionalLong.class, OptionalLong.empty(),
          OptionalDouble.class, OptionalDouble.empty());

  /** Finds the methods of an argument. */
  static Accessor of(Class<?> arguments, Class<?> builder, String name, Class<?> valueType) {
    String method = Names.camelCase(name);
    try {
      Method getter = arguments.getMethod(method);
      Class<?> returned = boxed(getter.getReturnType());
      if (!held(getter).isAssignableFrom(valueType)) {
        throw new NoSuchMethodException("it returns another type");
      }
      Method setter =
          Arrays.stream(builder.getMethods())
              .filter(m -> m.getName().equals(method) && m.getParameterCount() == 1)
              .filter(m -> boxed(m.getParameterTypes()[0]).isAssignableFrom(valueType))
              .findFirst()
              .orElseThrow(() -> new NoSuchMethodException(method + " of the builder"));
      boolean canBeUnset =
          EMPTY.containsKey(returned)
              || getter.getAnnotatedReturnType().isAnnotationPresent(Nullable.class);
      Optional<Method> unsetter =
          Arrays.stream(builder.getMethods())
              .filter(m -> m.getName().equals(method) && m.getParameterCount() == 1)
              .filter(m -> canBeUnset && m.getParameterTypes()[0] == getter.getReturnType())
              .findFirst();
      // Looked up in the public class: a method that it inherits may be declared in a hidden one.
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      return new Accessor(
          lookup.findVirtual(arguments, method, MethodType.methodType(getter.getReturnType())),
          find(lookup, builder, setter),
          unsetter.isPresent() ? find(lookup, builder, unsetter.get()) : null,
          canBeUnset);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          arguments.getSimpleName()
              + " and its builder have no "
              + method
              + " of "
              + valueType.getSimpleName()
              + ", which the table of arguments has",
          e);
    }
  }

  private static MethodHandle find(MethodHandles.Lookup lookup, Class<?> builder, Method method)
      throws ReflectiveOperationException {
    return lookup.findVirtual(
        builder,
        method.getName(),
        MethodType.methodType(method.getReturnType(), method.getParameterTypes()));
  }

  /** The names of the accessors that have a method of the builder beside them. */
  static Set<String> names(Class<?> arguments, Class<?> builder) {
    Set<String> names = namesOfMethods(arguments, 0);
    names.retainAll(namesOfMethods(builder, 1));
    return names;
  }

  private static Set<String> namesOfMethods(Class<?> type, int parameters) {
    return Arrays.stream(type.getMethods())
        .filter(method -> method.getDeclaringClass() != Object.class)
        .filter(method -> method.getParameterCount() == parameters)
        .map(Method::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The value; null if it is unset. */
  @Nullable Object get(Object arguments) {
    Object value = invoke(get, arguments);
    if (value instanceof Optional<?> optional) {
      return optional.isPresent() ? optional.get() : null;
    }
    if (value instanceof OptionalInt optional) {
      return optional.isPresent() ? optional.getAsInt() : null;
    }
    if (value instanceof OptionalLong optional) {
      return optional.isPresent() ? optional.getAsLong() : null;
    }
    if (value instanceof OptionalDouble optional) {
      return optional.isPresent() ? optional.getAsDouble() : null;
    }
    return value;
  }

  void set(Object builder, Object value) {
    invoke(set, builder, value);
  }

  /** Unsets what can be unset, where its default is a value. */
  void clear(Object builder) {
    if (unset != null) {
      Class<?> type = get.type().returnType();
      invoke(unset, builder, EMPTY.get(type));
    }
  }

  private static @Nullable Object invoke(MethodHandle method, @Nullable Object... arguments) {
    try {
      return method.invokeWithArguments(arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e); // no accessor declares one
    }
  }

  /** The class of what an accessor returns, or of what is inside of its optional. */
  private static Class<?> held(Method getter) {
    Class<?> returned = boxed(getter.getReturnType());
    if (returned == Optional.class
        && getter.getGenericReturnType() instanceof ParameterizedType optional) {
      Type inside = optional.getActualTypeArguments()[0];
      return (Class<?>)
          (inside instanceof ParameterizedType generic ? generic.getRawType() : inside);
    }
    return OPTIONALS.getOrDefault(returned, returned);
  }

  private static Class<?> boxed(Class<?> type) {
    return MethodType.methodType(type).wrap().returnType();
  }
}

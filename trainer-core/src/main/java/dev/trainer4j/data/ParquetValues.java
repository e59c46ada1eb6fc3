// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.MapLogicalTypeAnnotation;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;
import org.jspecify.annotations.Nullable;

/** Makes plain Java values of Parquet's groups. */
final class ParquetValues {

  private ParquetValues() {}

  static Map<String, Object> struct(Group group) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Type type : group.getType().getFields()) {
      put(values, type.getName(), field(group, type));
    }
    return values;
  }

  /** A missing value is null, which the maps of samples may hold. */
  @SuppressWarnings("NullAway")
  private static void put(Map<String, Object> values, String name, @Nullable Object value) {
    values.put(name, value);
  }

  private static @Nullable Object field(Group group, Type type) {
    int field = group.getType().getFieldIndex(type.getName());
    int count = group.getFieldRepetitionCount(field);
    if (type.isRepetition(Repetition.REPEATED)) {
      List<@Nullable Object> list = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        list.add(value(group, field, type, i));
      }
      return list;
    }
    return count == 0 ? null : value(group, field, type, 0);
  }

  private static @Nullable Object value(Group group, int field, Type type, int index) {
    if (type.isPrimitive()) {
      return primitive(group, field, type, index);
    }
    Group inner = group.getGroup(field, index);
    LogicalTypeAnnotation annotation = type.getLogicalTypeAnnotation();
    if (annotation instanceof ListLogicalTypeAnnotation && inner.getType().getFieldCount() == 1) {
      return list(inner);
    }
    if (annotation instanceof MapLogicalTypeAnnotation && inner.getType().getFieldCount() == 1) {
      return map(inner);
    }
    return struct(inner);
  }

  /** A list is a repeated group of one element; in files of old writers the element itself. */
  private static List<@Nullable Object> list(Group group) {
    Type repeated = group.getType().getType(0);
    int count = group.getFieldRepetitionCount(0);
    List<@Nullable Object> list = new ArrayList<>(count);
    boolean wrapped =
        !repeated.isPrimitive()
            && repeated.asGroupType().getFieldCount() == 1
            && !repeated.getName().equals("array")
            && !repeated.getName().equals(group.getType().getName() + "_tuple");
    for (int i = 0; i < count; i++) {
      if (wrapped) {
        Group element = group.getGroup(0, i);
        list.add(field(element, element.getType().getType(0)));
      } else {
        list.add(value(group, 0, repeated, i));
      }
    }
    return list;
  }

  private static Map<Object, Object> map(Group group) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < group.getFieldRepetitionCount(0); i++) {
      Group entry = group.getGroup(0, i);
      GroupType type = entry.getType();
      Object key = field(entry, type.getType(0));
      Object value = type.getFieldCount() > 1 ? field(entry, type.getType(1)) : null;
      if (key != null && value != null) {
        map.put(key, value);
      }
    }
    return map;
  }

  private static Object primitive(Group group, int field, Type type, int index) {
    return switch (type.asPrimitiveType().getPrimitiveTypeName()) {
      case INT32 -> group.getInteger(field, index);
      case INT64 -> group.getLong(field, index);
      case FLOAT -> group.getFloat(field, index);
      case DOUBLE -> group.getDouble(field, index);
      case BOOLEAN -> group.getBoolean(field, index);
      case BINARY, FIXED_LEN_BYTE_ARRAY ->
          isText(type.getLogicalTypeAnnotation())
              ? group.getBinary(field, index).toStringUsingUTF8()
              : group.getBinary(field, index).getBytes();
      case INT96 ->
          throw new IllegalArgumentException(
              "the column '" + type.getName() + "' has old INT96 times: store it as text or INT64");
    };
  }

  private static boolean isText(@Nullable LogicalTypeAnnotation annotation) {
    return annotation instanceof LogicalTypeAnnotation.StringLogicalTypeAnnotation
        || annotation instanceof LogicalTypeAnnotation.EnumLogicalTypeAnnotation
        || annotation instanceof LogicalTypeAnnotation.JsonLogicalTypeAnnotation;
  }
}

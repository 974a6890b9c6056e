package io.twinlog.appliance.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class JsonWriterTest {

  @Test
  void shouldPutCommasBetweenWhenFieldsAndElementsFollowOneAnother() {
    String json =
        new JsonWriter()
            .beginObject()
            .field("a", 1)
            .key("list")
            .beginArray()
            .value("x")
            .value("y")
            .beginObject()
            .endObject()
            .endArray()
            .field("b", true)
            .endObject()
            .toString();
    assertEquals("{\"a\":1,\"list\":[\"x\",\"y\",{}],\"b\":true}", json);
  }

  @Test
  void shouldEscapeWhenTextHoldsWhatJsonOrALineForbids() {
    String json = new JsonWriter().value("\"\\\n\r\t\u0001\u2028é\ud83d\ude00\ud83d").toString();
    assertEquals("\"\\\"\\\\\\n\\r\\t\\u0001\\u2028é\ud83d\ude00\\ud83d\"", json);
  }
}

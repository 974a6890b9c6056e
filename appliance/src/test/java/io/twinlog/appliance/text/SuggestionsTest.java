package io.twinlog.appliance.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SuggestionsTest {

  private static final List<String> KNOWN = List.of("status", "promote", "demote", "failover");

  @Test
  void shouldFindTheWordWhenOneOrTwoLettersAreWrong() {
    assertEquals(Optional.of("status"), Suggestions.nearest("statsu", KNOWN));
    assertEquals(Optional.of("failover"), Suggestions.nearest("fail-over", KNOWN));
    assertEquals("; did you mean demote?", Suggestions.hint("demot", KNOWN));
  }

  @Test
  void shouldSuggestNothingWhenNoWordIsNear() {
    assertEquals(Optional.empty(), Suggestions.nearest("verify", KNOWN));
    assertEquals("", Suggestions.hint("x", KNOWN));
    assertEquals("", Suggestions.hint("status", List.of()));
  }
}

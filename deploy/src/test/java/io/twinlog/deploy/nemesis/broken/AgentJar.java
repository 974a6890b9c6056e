package io.twinlog.deploy.nemesis.broken;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Java takes an agent only from a jar that names it. */
public final class AgentJar {

  private AgentJar() {}

  /**
   * Makes the jar, and says what Java is to be told.
   *
   * @param directory for the jar
   * @param rule the rule that is to be off
   */
  public static String option(Path directory, String rule) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", RuleOff.class.getName());
    Path jar = directory.resolve("rule-off.jar");
    String entry = RuleOff.class.getName().replace('.', '/') + ".class";
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
        InputStream code = RuleOff.class.getClassLoader().getResourceAsStream(entry)) {
      out.putNextEntry(new JarEntry(entry));
      code.transferTo(out);
    }
    return "-javaagent:" + jar + "=" + rule;
  }
}

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The options of one run. They have the names and meanings of those of conclave-bench. */
final class Options {
  private static final Map<String, String> DEFAULTS = new HashMap<>();
  private static final Set<String> FLAGS = Set.of("no-fill", "json");

  static {
    String[] defaults = {"endpoints", "127.0.0.1:2181", "workload", "put", "clients", "64", "connections", "8", "duration", "10",
      "warm-up", "1", "keys", "100000", "key-size", "24", "value-size", "0", "rate", "0", "seed", "1", "ahead", "16", "in-flight", "1", "idle-watches", "0",
      "prefix", "bench/", "timeout", "10", "pids", "", "leases", "0", "page", "0"};
    for (int i = 0; i < defaults.length; i += 2) DEFAULTS.put(defaults[i], defaults[i + 1]);
  }

  final Map<String, String> given = new HashMap<>(DEFAULTS);
  final String workload;
  final String endpoints;
  final String parent;
  int clients;
  final int connections;
  final int keys;
  final int keySize;
  final int valueSize;
  final int ahead;
  final int inFlight;
  final int idleWatches;
  double duration;
  double warmUp;
  final double rate;
  final double timeout;
  final long seed;
  final boolean fill;

  Options(String[] arguments) {
    boolean noFill = parse(arguments);
    workload = given.get("workload");
    endpoints = given.get("endpoints");
    parent = "/" + given.get("prefix").replaceAll("/$", "");
    clients = number("clients", 1);
    connections = Math.min(number("connections", 1), clients);
    keys = number("keys", 1);
    keySize = number("key-size", 0);
    int size = number("value-size", 0);
    valueSize = size > 0 ? size : workload.equals("put-large") ? 16384 : 256;
    ahead = number("ahead", 0);
    inFlight = number("in-flight", 1);
    idleWatches = number("idle-watches", 0);
    duration = Double.parseDouble(given.get("duration"));
    warmUp = Double.parseDouble(given.get("warm-up"));
    rate = Double.parseDouble(given.get("rate"));
    timeout = Double.parseDouble(given.get("timeout"));
    seed = Long.parseLong(given.get("seed"));
    fill = !noFill;
  }

  private boolean parse(String[] arguments) {
    boolean noFill = false;
    for (int i = 0; i < arguments.length; i++) {
      String name = arguments[i].replaceFirst("^--?", "");
      if (FLAGS.contains(name)) {
        noFill |= name.equals("no-fill");
      } else if (DEFAULTS.containsKey(name) && i + 1 < arguments.length) {
        given.put(name, arguments[++i]);
      } else {
        throw new IllegalArgumentException("there is no option " + arguments[i] + ", or it lacks its value");
      }
    }
    return noFill;
  }

  private int number(String name, int least) {
    int value = Integer.parseInt(given.get(name));
    if (value < least) throw new IllegalArgumentException("--" + name + " is at least " + least);
    return value;
  }

  /** The path with that number: the parent's, zeros, the number; as long as the key of the other systems, with a slash before it. */
  String path(int number) {
    String digits = Integer.toString(number);
    int zeros = keySize - parent.length() - digits.length();
    return parent + "/" + "0".repeat(Math.max(0, zeros)) + digits;
  }
}

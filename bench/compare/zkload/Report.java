import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What one run found out; prints the fields that conclave-bench prints with --json. */
final class Report {
  final Options options;
  double seconds;
  long operations;
  long errors;
  long events;
  long[] sorted = {};
  /** Values as they stand in JSON. */
  final Map<String, String> extra = new LinkedHashMap<>();

  Report(Options options) {
    this.options = options;
  }

  /** Latencies in nanoseconds, in any order. */
  void setLatencies(long[] all) {
    Arrays.sort(all);
    sorted = all;
  }

  /** In microseconds: the smallest latency that at least this share does not exceed. */
  static double percentile(long[] sorted, double share) {
    if (sorted.length == 0) return 0;
    int index = (int) Math.ceil(share * sorted.length) - 1;
    return sorted[Math.max(0, index)] / 1000.0;
  }

  static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ") + '"';
  }

  private static String decimal(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  String json() {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("system", quoted("zookeeper"));
    fields.put("workload", quoted(options.workload));
    fields.put("clients", Integer.toString(options.clients));
    fields.put("connections", Integer.toString(options.connections));
    fields.put("seconds", decimal(seconds));
    fields.put("operations", Long.toString(operations));
    fields.put("errors", Long.toString(errors));
    fields.put("ops_per_second", decimal(seconds > 0 ? operations / seconds : 0));
    fields.put("p50_us", decimal(percentile(sorted, 0.5)));
    fields.put("p90_us", decimal(percentile(sorted, 0.9)));
    fields.put("p99_us", decimal(percentile(sorted, 0.99)));
    fields.put("p999_us", decimal(percentile(sorted, 0.999)));
    fields.put("p9999_us", decimal(percentile(sorted, 0.9999)));
    fields.put("max_us", decimal(percentile(sorted, 1)));
    fields.put("events", Long.toString(events));
    fields.put("extra", object(extra));
    return object(fields);
  }

  private static String object(Map<String, String> fields) {
    return fields.entrySet().stream().map(e -> quoted(e.getKey()) + ":" + e.getValue()).collect(Collectors.joining(",", "{", "}"));
  }
}

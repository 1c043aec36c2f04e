import java.util.Arrays;
import java.util.Random;
import org.apache.zookeeper.ZooKeeper;

/** One closed-loop caller. Only its own thread touches it while the loop runs. */
final class Worker {
  final int number;
  final Random random;
  final ZooKeeper zookeeper;
  /** Nanoseconds that the present operation took, if it says so itself; 0 otherwise. */
  long took;

  long errors;
  Exception failure;
  private long[] latencies = new long[1024];
  private int count;

  Worker(int number, long seed, ZooKeeper zookeeper) {
    this.number = number;
    this.random = new Random(seed * 1000003 + number);
    this.zookeeper = zookeeper;
  }

  void add(long nanoseconds) {
    if (count == latencies.length) latencies = Arrays.copyOf(latencies, 2 * count);
    latencies[count++] = nanoseconds;
  }

  long[] latencies() {
    return Arrays.copyOf(latencies, count);
  }
}

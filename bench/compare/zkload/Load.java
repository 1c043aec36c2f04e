import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;

/**
 * Drives ZooKeeper with its Java client and prints a line of JSON per run, with the fields that conclave-bench prints with --json. With
 * --serve it reads the options of one run after the other from its standard input, so that only the first pays for the start of the virtual
 * machine and for code that is not compiled yet.
 */
final class Load {
  interface Workload {
    Report run(Load load) throws Exception;
  }

  private static final int SESSION_MILLISECONDS = 30000;
  static final Map<String, Workload> WORKLOADS = new TreeMap<>(Map.of(
      "fill", Keys::fill, "put", Keys::put, "put-large", Keys::put, "get", Keys::get, "get-serializable", Keys::getSerializable,
      "mixed", Keys::mixed, "lock", Lock::lock, "watch", Watches::watch, "recover", Recover::recover));

  static {
    WORKLOADS.put("cas", Keys::cas);
    WORKLOADS.put("cas-contended", Keys::casContended);
    WORKLOADS.put("txn", Keys::txn);
  }

  final Options options;
  final byte[] value;
  final List<ZooKeeper> connections = new ArrayList<>();

  private Load(Options options) throws Exception {
    this.options = options;
    this.value = "x".repeat(options.valueSize).getBytes();
    for (int i = 0; i < options.connections; i++) connections.add(connect());
  }

  ZooKeeper connect() throws Exception {
    CountDownLatch connected = new CountDownLatch(1);
    ZooKeeper zookeeper = new ZooKeeper(options.endpoints, SESSION_MILLISECONDS, event -> {
      if (event.getState() == KeeperState.SyncConnected) connected.countDown();
    });
    if (!connected.await((long) (options.timeout * 1000), TimeUnit.MILLISECONDS)) throw new IllegalStateException("no connection");
    return zookeeper;
  }

  List<Worker> workers(int number) {
    List<Worker> workers = new ArrayList<>();
    for (int i = 0; i < number; i++) workers.add(new Worker(i, options.seed, connections.get(i % connections.size())));
    return workers;
  }

  List<Worker> workers() {
    return workers(options.clients);
  }

  /** Creates a node that stays, unless it is there. */
  void ensure(String path, byte[] data) throws Exception {
    try {
      connections.get(0).create(path, data, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    } catch (KeeperException.NodeExistsException there) {
      return;
    }
  }

  private Report run() throws Exception {
    Workload workload = WORKLOADS.get(options.workload);
    if (workload == null) throw new IllegalArgumentException("there is no workload " + options.workload + " but " + WORKLOADS.keySet());
    ensure(options.parent, new byte[0]);
    if (options.fill && !options.workload.equals("fill") && !options.workload.equals("watch")) Keys.fill(this);
    Watches.openIdle(this);
    return workload.run(this);
  }

  private static void runOnce(String[] arguments) throws Exception {
    Load load = new Load(new Options(arguments));
    try {
      System.out.println(load.run().json());
    } finally {
      for (ZooKeeper zookeeper : load.connections) zookeeper.close();
    }
  }

  private static void serve() throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) runOnce(line.trim().split(" +"));
  }

  public static void main(String[] arguments) {
    System.setProperty("zookeeper.request.timeout", "0");
    try {
      if (arguments.length == 1 && arguments[0].equals("--serve")) serve();
      else runOnce(arguments);
      System.exit(0);
    } catch (Exception failure) {
      System.err.println("zkload: " + failure);
      System.exit(1);
    }
  }
}

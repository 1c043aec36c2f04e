import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.data.Stat;

/** Workloads on keys: nodes below one parent. A put is setData, so the nodes are created before. */
final class Keys {
  private static final int FILL_BATCH = 100;
  private static final int FILL_BYTES = 512 * 1024; // jute.maxbuffer, 1 MiB by default, bounds a request
  private static final int TXN_PAIRS = 4;

  private Keys() {}

  private static String anyPath(Load load, Worker worker) {
    return load.options.path(worker.random.nextInt(load.options.keys));
  }

  private static void putAny(Load load, Worker worker) throws Exception {
    worker.zookeeper.setData(anyPath(load, worker), load.value, -1);
  }

  /** Linearizable: a connection's requests are answered in order, so the read that follows the sync sees what the sync waited for. */
  private static void readAny(Load load, Worker worker) throws Exception {
    String path = anyPath(load, worker);
    worker.zookeeper.sync(path, (code, where, context) -> {}, null);
    worker.zookeeper.getData(path, false, null);
  }

  static Report put(Load load) throws Exception {
    return Loop.measure(load.options, load.workers(), worker -> putAny(load, worker));
  }

  static Report get(Load load) throws Exception {
    return Loop.measure(load.options, load.workers(), worker -> readAny(load, worker));
  }

  static Report getSerializable(Load load) throws Exception {
    return Loop.measure(load.options, load.workers(), worker -> worker.zookeeper.getData(anyPath(load, worker), false, null));
  }

  static Report mixed(Load load) throws Exception {
    return Loop.measure(load.options, load.workers(), worker -> {
      if (worker.random.nextInt(10) > 0) readAny(load, worker);
      else putAny(load, worker);
    });
  }

  /** Compare-and-swap on the version last seen; when it does not hold, the version is read. An attempt is an operation. */
  private static Report casOn(Load load, String[] paths) throws Exception {
    for (String path : paths) load.ensure(path, load.value);
    int[] seen = new int[load.options.clients];
    LongAdder swapped = new LongAdder();
    LongAdder attempts = new LongAdder();
    Report report = Loop.measure(load.options, load.workers(), worker -> {
      String path = paths[worker.number % paths.length];
      attempts.increment();
      try {
        seen[worker.number] = worker.zookeeper.setData(path, load.value, seen[worker.number]).getVersion();
        swapped.increment();
      } catch (KeeperException.BadVersionException other) {
        seen[worker.number] = readVersion(worker, path);
      }
    });
    report.extra.put("swapped_share", Double.toString((double) swapped.sum() / attempts.sum()));
    return report;
  }

  private static int readVersion(Worker worker, String path) throws Exception {
    Stat stat = new Stat();
    worker.zookeeper.getData(path, false, stat);
    return stat.getVersion();
  }

  static Report cas(Load load) throws Exception {
    String[] paths = new String[load.options.clients];
    for (int i = 0; i < paths.length; i++) paths[i] = load.options.parent + "/cas-" + i;
    return casOn(load, paths);
  }

  static Report casContended(Load load) throws Exception {
    return casOn(load, new String[] {load.options.parent + "/cas"});
  }

  /** Four writes and four checks: a multi of ZooKeeper cannot read. */
  static Report txn(Load load) throws Exception {
    return Loop.measure(load.options, load.workers(), worker -> {
      List<Op> operations = new ArrayList<>();
      int first = worker.random.nextInt(load.options.keys);
      for (int i = 0; i < TXN_PAIRS; i++) {
        operations.add(Op.setData(load.options.path((first + 2 * i) % load.options.keys), load.value, -1));
        operations.add(Op.check(load.options.path((first + 2 * i + 1) % load.options.keys), -1));
      }
      worker.zookeeper.multi(operations);
    });
  }

  /** Creates every node; an operation of its report is a multi of up to FILL_BATCH nodes. Nodes that are there already are left as they are. */
  static Report fill(Load load) throws Exception {
    int keys = load.options.keys;
    int batch = Math.max(1, Math.min(FILL_BATCH, FILL_BYTES / (load.options.valueSize + 256)));
    AtomicInteger next = new AtomicInteger();
    Report report = Loop.times(load.options, load.workers(), (keys + batch - 1) / batch, worker -> {
      int first = next.getAndAdd(batch);
      List<Op> operations = new ArrayList<>();
      for (int i = first; i < Math.min(first + batch, keys); i++) {
        if (worker.zookeeper.exists(load.options.path(i), false) != null) continue;
        operations.add(Op.create(load.options.path(i), load.value, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
      }
      if (!operations.isEmpty()) worker.zookeeper.multi(operations);
    });
    report.extra.put("keys", Integer.toString(keys));
    if (report.errors > 0) throw new IllegalStateException("some of the keys could not be written: " + report.extra);
    return report;
  }
}

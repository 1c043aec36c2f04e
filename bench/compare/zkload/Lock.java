import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs.Ids;

/** One mutex by the recipe of ZooKeeper's documentation: ephemeral sequential nodes, each waits for the one before it. */
final class Lock {
  private Lock() {}

  /** Returns the path of the node that holds the lock. */
  private static String acquire(Worker worker, String parent) throws Exception {
    String path = worker.zookeeper.create(parent + "/n-", new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL);
    String name = path.substring(parent.length() + 1);
    while (true) {
      List<String> names = worker.zookeeper.getChildren(parent, false);
      Collections.sort(names);
      int place = names.indexOf(name);
      if (place == 0) return path;
      if (place < 0) throw new IllegalStateException("the node of the lock is gone");
      CountDownLatch gone = new CountDownLatch(1);
      if (worker.zookeeper.exists(parent + "/" + names.get(place - 1), event -> gone.countDown()) != null) gone.await();
    }
  }

  /** The latency is from the begin of the release to the next holder's knowing. */
  static Report lock(Load load) throws Exception {
    String parent = load.options.parent + "/lock";
    load.ensure(parent, new byte[0]);
    AtomicLong released = new AtomicLong();
    return Loop.measure(load.options, load.workers(), worker -> {
      String held = acquire(worker, parent);
      long before = released.get();
      if (before != 0) worker.took = System.nanoTime() - before;
      released.set(System.nanoTime());
      worker.zookeeper.delete(held, -1);
    });
  }
}

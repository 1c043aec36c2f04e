import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;

/**
 * One writer, many persistent watches of what it writes. A notification of ZooKeeper carries no value: it tells that the node changed, and
 * the n-th tells of the n-th change.
 */
final class Watches {
  private static final int REMEMBERED = 1 << 16;
  private static final long DRAIN_NANOSECONDS = 10_000_000_000L;

  /** When the writes began, by number, and the measured interval. */
  private static final class Writes {
    final AtomicLongArray begun = new AtomicLongArray(REMEMBERED);
    volatile long begin = Long.MAX_VALUE;
    volatile long end = Long.MAX_VALUE;
    /** Notifications to all watches together. */
    final AtomicLong delivered = new AtomicLong();
    /** Writes that were acknowledged, and the last error of one that was not. */
    final AtomicLong acknowledged = new AtomicLong();
    volatile KeeperException failure;
    /** Of the writes that may be under way. */
    final Semaphore free;
    int number;

    Writes(int inFlight) {
      free = new Semaphore(inFlight);
    }

    void answered(int code) {
      if (code == KeeperException.Code.OK.intValue()) {
        acknowledged.incrementAndGet();
      } else {
        failure = KeeperException.create(KeeperException.Code.get(code));
      }
      free.release();
    }
  }

  /** Counts what one watch delivers, and how late what comes in the measured interval is. Called by its connection's thread alone. */
  private static final class Counter implements Watcher {
    private final Writes writes;
    private int delivered;
    private long[] latencies = new long[1024];
    private int count;

    Counter(Writes writes) {
      this.writes = writes;
    }

    @Override
    public void process(WatchedEvent event) {
      if (event.getType() != Event.EventType.NodeDataChanged) return;
      long now = System.nanoTime();
      if (now > writes.begin && now <= writes.end) {
        if (count == latencies.length) latencies = Arrays.copyOf(latencies, 2 * count);
        latencies[count++] = now - writes.begun.get(delivered % REMEMBERED);
      }
      delivered++;
      writes.delivered.incrementAndGet();
    }

    long[] latencies() {
      return Arrays.copyOf(latencies, count);
    }
  }

  private Watches() {}

  static void openIdle(Load load) throws Exception {
    for (int i = 0; i < load.options.idleWatches; i++) {
      load.connections.get(i % load.connections.size()).addWatch("/idle-" + i, event -> {}, AddWatchMode.PERSISTENT);
    }
  }

  /** True when the watches have got so many writes on average, false when they have not by the deadline. */
  private static boolean await(Writes writes, long number, int watches, long deadline) throws InterruptedException {
    while (writes.delivered.get() < number * watches) {
      if (System.nanoTime() > deadline) return false;
      Thread.sleep(0, 20_000);
    }
    return true;
  }

  private static Counter[] open(Load load, String path, Writes writes) throws Exception {
    Counter[] counters = new Counter[load.options.clients];
    for (int i = 0; i < counters.length; i++) {
      counters[i] = new Counter(writes);
      load.connections.get(i % load.connections.size()).addWatch(path, counters[i], AddWatchMode.PERSISTENT);
    }
    return counters;
  }

  /** Begins a write as soon as one may be begun. They reach the leader in the order in which they are begun. */
  private static void write(Load load, Worker worker, String path, Writes writes) throws Exception {
    int ahead = load.options.ahead;
    long deadline = System.nanoTime() + (long) (load.options.timeout * 1e9);
    writes.free.acquire();
    if (writes.failure != null) throw writes.failure;
    if (ahead > 0 && !await(writes, writes.acknowledged.get() - ahead, load.options.clients, deadline)) {
      throw new IllegalStateException("the watches are too far behind");
    }
    writes.begun.set(writes.number++ % REMEMBERED, System.nanoTime());
    worker.zookeeper.setData(path, load.value, -1, (code, at, context, stat) -> writes.answered(code), null);
  }

  /** Operations are the writes, events what arrived; the latencies are those of the events, from the begin of the write. */
  static Report watch(Load load) throws Exception {
    Options options = load.options;
    String path = options.parent + "/watched";
    load.ensure(path, load.value);
    Writes writes = new Writes(options.inFlight);
    Counter[] counters = open(load, path, writes);
    writes.begin = System.nanoTime() + (long) (options.warmUp * 1e9);
    writes.end = writes.begin + (long) (options.duration * 1e9);
    ZooKeeper writer = load.connect();
    Report report = Loop.measure(options, List.of(new Worker(0, options.seed, writer)), worker -> write(load, worker, path, writes));
    writes.free.tryAcquire(options.inFlight, DRAIN_NANOSECONDS, TimeUnit.NANOSECONDS);
    writer.close();
    boolean complete = await(writes, writes.number, options.clients, System.nanoTime() + DRAIN_NANOSECONDS);
    report.extra.put("complete", Boolean.toString(complete));
    report.setLatencies(Arrays.stream(counters).map(Counter::latencies).flatMapToLong(Arrays::stream).toArray());
    report.events = report.sorted.length;
    return report;
  }
}

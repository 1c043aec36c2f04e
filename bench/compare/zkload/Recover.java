import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/** Kills the leader while everybody writes. */
final class Recover {
  private static final int SRVR_MILLISECONDS = 2000;
  /** What a process may still answer after it was killed, because the signal takes a moment, is no recovery. */
  private static final long DYING_NANOSECONDS = 10_000_000;

  private Recover() {}

  private static boolean leads(String endpoint) {
    int colon = endpoint.lastIndexOf(':');
    try (Socket socket = new Socket(endpoint.substring(0, colon), Integer.parseInt(endpoint.substring(colon + 1)))) {
      socket.setSoTimeout(SRVR_MILLISECONDS);
      socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII).contains("Mode: leader");
    } catch (java.io.IOException unreachable) {
      return false;
    }
  }

  private static long leaderPid(Options options) {
    String[] endpoints = options.endpoints.split(",");
    String[] pids = options.given.get("pids").split(",");
    if (pids.length != endpoints.length) throw new IllegalArgumentException("recover needs --pids, one for each endpoint");
    for (int i = 0; i < endpoints.length; i++) {
      if (leads(endpoints[i])) return Long.parseLong(pids[i]);
    }
    throw new IllegalStateException("no member leads");
  }

  private static void killAfter(double seconds, long pid, AtomicLong killed) {
    ProcessHandle leader = ProcessHandle.of(pid).orElseThrow();
    Thread killer = new Thread(() -> {
      try {
        Thread.sleep((long) (seconds * 1000));
      } catch (InterruptedException nobody) {
        return;
      }
      killed.set(System.nanoTime());
      leader.destroyForcibly();
    });
    killer.setDaemon(true);
    killer.start();
  }

  /** The one latency is from the kill to the first acknowledgement of a write that was begun when the leader was gone. */
  static Report recover(Load load) throws Exception {
    AtomicLong killed = new AtomicLong();
    AtomicLong back = new AtomicLong();
    killAfter(load.options.warmUp, leaderPid(load.options), killed);
    Report report = Loop.measure(load.options, load.workers(), worker -> {
      long begin = System.nanoTime();
      try {
        worker.zookeeper.setData(load.options.path(worker.random.nextInt(load.options.keys)), load.value, -1);
      } catch (Exception failure) {
        Thread.sleep(1);
        throw failure;
      }
      long kill = killed.get();
      if (kill != 0 && begin - kill > DYING_NANOSECONDS) back.compareAndSet(0, System.nanoTime());
    });
    if (back.get() == 0) throw new IllegalStateException("no write was acknowledged after the kill");
    report.setLatencies(new long[] {back.get() - killed.get()});
    return report;
  }
}

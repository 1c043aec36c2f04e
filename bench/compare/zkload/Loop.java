import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Lets workers repeat an operation until the measured interval has passed, or until it was done often enough. */
final class Loop {
  /** Done once per turn of a worker. Its latency is how long that takes, unless it sets worker.took. */
  interface Operation {
    void run(Worker worker) throws Exception;
  }

  private final Options options;
  private final long limit;
  private final AtomicLong begun = new AtomicLong();
  private final long start = System.nanoTime();
  private final long begin;
  private final long end;

  private Loop(Options options, long limit) {
    this.options = options;
    this.limit = limit;
    begin = start + (long) (options.warmUp * 1e9);
    end = begin + (long) (options.duration * 1e9);
  }

  /** Measures for the duration that the options name. */
  static Report measure(Options options, List<Worker> workers, Operation operation) throws Exception {
    return new Loop(options, 0).run(workers, operation);
  }

  /** Does the operation so many times, without a warm-up. */
  static Report times(Options options, List<Worker> workers, long limit, Operation operation) throws Exception {
    return new Loop(options, limit).run(workers, operation);
  }

  /** When the next operation is meant to start, after waiting for that; 0 when the loop is over. */
  private long next() {
    long now = System.nanoTime();
    if (limit > 0) return begun.getAndIncrement() < limit ? now : 0;
    if (options.rate <= 0) return now < end ? now : 0;
    long intended = start + (long) (begun.getAndIncrement() * 1e9 / options.rate);
    if (intended >= end) return 0;
    while (System.nanoTime() < intended) LockSupport.parkNanos(intended - System.nanoTime());
    return intended;
  }

  private void work(Worker worker, Operation operation) {
    for (long from = next(); from != 0; from = next()) {
      worker.took = 0;
      try {
        operation.run(worker);
      } catch (Exception failure) {
        worker.errors++;
        worker.failure = failure;
        continue;
      }
      long now = System.nanoTime();
      if (limit > 0 || (now > begin && now <= end)) worker.add(worker.took > 0 ? worker.took : now - from);
    }
  }

  /** Tells whoever measures this process from outside where the measured interval begins and ends. */
  private void announce() {
    while (System.nanoTime() < begin) LockSupport.parkNanos(begin - System.nanoTime());
    System.err.println("measuring");
    while (System.nanoTime() < end) LockSupport.parkNanos(end - System.nanoTime());
    System.err.println("measured");
  }

  private Report run(List<Worker> workers, Operation operation) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    if (limit == 0) threads.add(new Thread(this::announce));
    for (Worker worker : workers) threads.add(new Thread(() -> work(worker, operation)));
    for (Thread thread : threads) thread.start();
    for (Thread thread : threads) thread.join();
    return report(workers, limit > 0 ? (System.nanoTime() - start) / 1e9 : options.duration);
  }

  private Report report(List<Worker> workers, double seconds) {
    Report report = new Report(options);
    for (Worker worker : workers) {
      report.errors += worker.errors;
      if (worker.failure != null) report.extra.put("first_error", Report.quoted(worker.failure.toString()));
    }
    report.setLatencies(workers.stream().map(Worker::latencies).flatMapToLong(Arrays::stream).toArray());
    report.seconds = seconds;
    report.operations = report.sorted.length;
    return report;
  }
}

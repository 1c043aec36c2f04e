// What goes on for as long as the page is looked at and its member answers.

const AGAIN_MS = 1000;
const running = new Set();
let open = false;

function start(job) {
  if (job.stop) return;
  job.stop = new AbortController();
  const { signal } = job.stop;
  (async () => {
    while (!signal.aborted) {
      try {
        await job.work(signal);
      } catch (problem) {
        if (!signal.aborted) job.failed(problem);
      }
      if (!signal.aborted) await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  })();
}

function end(job) {
  job.stop?.abort();
  job.stop = null;
}

/** Runs `work(signal)` again and again, a second apart; ends and begins with the connection to the member. */
export function keep(work, failed = () => {}) {
  const job = { work, failed, stop: null };
  running.add(job);
  if (open) start(job);
  return {
    restart() {
      end(job);
      if (open) start(job);
    },
  };
}

/** Told whether there is any sense in asking the member. Streams of a page that nobody sees would use up the browser's connections. */
export function setOpen(now) {
  if (now === open) return;
  open = now;
  for (const job of running) {
    if (open) start(job);
    else {
      end(job);
      job.failed(new Error("no connection"));
    }
  }
}

/** Waits; ends early with the signal. */
export function pause(ms, signal) {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
}

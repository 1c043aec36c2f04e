package main

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Worker is one closed-loop caller. Only its own goroutine touches it while the loop runs.
type Worker struct {
	number    int
	random    *rand.Rand
	took      time.Duration // by the present operation, if it says so itself
	latencies []time.Duration
	errors    int64
	failure   error // the last one
}

// Operation is done once per turn of a worker. Its latency is how long that takes, unless it sets w.took.
type Operation func(ctx context.Context, w *Worker) error

// Loop runs workers until the measured interval has passed or the number of operations is reached.
type Loop struct {
	options Options
	begin   time.Time // of the measured interval
	end     time.Time
	left    int64 // operations, if they are limited
	begun   int64 // operations of the open loop
}

func newWorkers(o Options) []*Worker {
	workers := make([]*Worker, o.clients)
	for i := range workers {
		workers[i] = &Worker{number: i, random: rand.New(rand.NewSource(o.seed*1000003 + int64(i)))}
	}
	return workers
}

// next waits until the worker's next operation is to start and returns when it was meant to, or false when the loop is over.
func (l *Loop) next() (time.Time, bool) {
	now := time.Now()
	if l.options.operations > 0 {
		return now, atomic.AddInt64(&l.left, -1) >= 0
	}
	if l.options.rate <= 0 {
		return now, now.Before(l.end)
	}
	turn := atomic.AddInt64(&l.begun, 1) - 1
	intended := l.begin.Add(-l.options.warmUp).Add(seconds(float64(turn) / l.options.rate))
	if !intended.Before(l.end) {
		return intended, false
	}
	time.Sleep(intended.Sub(now))
	return intended, true
}

func (l *Loop) work(w *Worker, operation Operation) {
	for {
		from, more := l.next()
		if !more {
			return
		}
		w.took = 0
		ctx, cancel := context.WithTimeout(context.Background(), l.options.timeout)
		err := operation(ctx, w)
		cancel()
		now := time.Now()
		switch {
		case err != nil:
			w.errors++
			w.failure = err
		case l.options.operations > 0 || (now.After(l.begin) && !now.After(l.end)):
			if w.took == 0 {
				w.took = now.Sub(from)
			}
			w.latencies = append(w.latencies, w.took)
		}
	}
}

// announce tells whoever measures this process from outside where the measured interval begins and ends.
func (l *Loop) announce() {
	if l.options.operations > 0 {
		return
	}
	time.Sleep(time.Until(l.begin))
	os.Stderr.WriteString("measuring\n")
	time.Sleep(time.Until(l.end))
	os.Stderr.WriteString("measured\n")
}

// run lets every worker repeat the operation and returns how long the measured interval was.
func run(o Options, workers []*Worker, operation Operation) time.Duration {
	begin := time.Now().Add(o.warmUp)
	l := &Loop{options: o, begin: begin, end: begin.Add(o.duration), left: o.operations}
	var group sync.WaitGroup
	group.Add(1)
	go func() { defer group.Done(); l.announce() }()
	for _, w := range workers {
		group.Add(1)
		go func(w *Worker) { defer group.Done(); l.work(w, operation) }(w)
	}
	group.Wait()
	if o.operations > 0 {
		return time.Since(begin)
	}
	return o.duration
}

// measure runs the operation and reports what the workers saw.
func measure(o Options, workers []*Worker, operation Operation) Report {
	elapsed := run(o, workers, operation)
	report := newReport(o)
	var all []time.Duration
	var failure error
	for _, w := range workers {
		all = append(all, w.latencies...)
		report.Errors += w.errors
		if w.failure != nil {
			failure = w.failure
		}
	}
	if failure != nil {
		fmt.Fprintf(os.Stderr, "etcdload: %d errors, the last: %v\n", report.Errors, failure)
		report.Extra["first_error"] = failure.Error()
	}
	report.setLatencies(all)
	report.setTotals(elapsed, int64(len(all)))
	return report
}

// limited makes the run one of so many operations, without a warm-up.
func limited(o Options, operations int) Options {
	o.operations, o.warmUp, o.rate = int64(operations), 0, 0
	return o
}

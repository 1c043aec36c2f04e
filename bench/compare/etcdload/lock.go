package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/clientv3/concurrency"
)

// openMutexes gives every contender a session of its own, as programs on different machines have.
func (l *Load) openMutexes(workers []*Worker) ([]*concurrency.Mutex, error) {
	mutexes := make([]*concurrency.Mutex, len(workers))
	failures := make([]error, len(workers))
	var group sync.WaitGroup
	for _, w := range workers {
		group.Add(1)
		go func(w *Worker) {
			defer group.Done()
			session, err := concurrency.NewSession(l.client(w))
			if failures[w.number] = err; err == nil {
				mutexes[w.number] = concurrency.NewMutex(session, l.options.prefix+"lock/")
			}
		}(w)
	}
	group.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return mutexes, nil
}

// lock hands one mutex from contender to contender. The latency is from the begin of the release to the next holder's knowing.
func lock(l *Load) (Report, error) {
	workers := newWorkers(l.options)
	mutexes, err := l.openMutexes(workers)
	if err != nil {
		return Report{}, err
	}
	var released int64 // nanoseconds since 1970
	return measure(l.options, workers, func(ctx context.Context, w *Worker) error {
		mutex := mutexes[w.number]
		if err := mutex.Lock(ctx); err != nil {
			return err
		}
		if before := atomic.LoadInt64(&released); before > 0 {
			w.took = time.Since(time.Unix(0, before))
		}
		atomic.StoreInt64(&released, time.Now().UnixNano())
		return mutex.Unlock(ctx)
	}), nil
}

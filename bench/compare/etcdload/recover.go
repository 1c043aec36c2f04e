package main

import (
	"context"
	"errors"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	tryTimeout = 100 * time.Millisecond
	dying      = 10 * time.Millisecond // what a killed process may still answer, because the signal takes a moment, is no recovery
)

// leaderPid asks each member whether it leads.
func (l *Load) leaderPid() (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), l.options.timeout)
	defer cancel()
	for i, endpoint := range l.options.endpoints {
		status, err := l.connections[0].Status(ctx, endpoint)
		if err == nil && status.Leader == status.Header.MemberId {
			return l.options.pids[i], nil
		}
	}
	return 0, errors.New("no member leads")
}

// recoverWrites kills the leader while everybody writes. Its one latency is from the kill to the first acknowledgement of a write that was
// begun when the leader was gone. A try is given up soon, because one that the killed leader had would be waited for longer than the cluster needs to go on.
func recoverWrites(l *Load) (Report, error) {
	pid, err := l.leaderPid()
	if err != nil {
		return Report{}, err
	}
	var killed, back int64 // nanoseconds since 1970
	time.AfterFunc(l.options.warmUp, func() {
		atomic.StoreInt64(&killed, time.Now().UnixNano())
		syscall.Kill(pid, syscall.SIGKILL)
	})
	report := measure(l.options, newWorkers(l.options), func(parent context.Context, w *Worker) error {
		ctx, cancel := context.WithTimeout(parent, tryTimeout)
		defer cancel()
		begin := time.Now().UnixNano()
		_, err := l.client(w).Put(ctx, l.anyKey(w), l.value)
		if err != nil {
			time.Sleep(time.Millisecond)
			return err
		}
		if kill := atomic.LoadInt64(&killed); kill > 0 && begin > kill+int64(dying) {
			atomic.CompareAndSwapInt64(&back, 0, time.Now().UnixNano())
		}
		return nil
	})
	if back == 0 {
		return report, errors.New("no write was acknowledged after the kill")
	}
	report.setLatencies([]time.Duration{time.Duration(back - killed)})
	return report, nil
}

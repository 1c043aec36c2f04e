package main

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"

	"go.etcd.io/etcd/clientv3"
)

const (
	fillBatch     = 100        // puts in one transaction of fill; etcd allows 128
	fillBytes     = 512 * 1024 // of their values; etcd allows requests of 1.5 MiB
	txnOperations = 8
)

func put(l *Load) (Report, error) {
	return measure(l.options, newWorkers(l.options), func(ctx context.Context, w *Worker) error {
		_, err := l.client(w).Put(ctx, l.anyKey(w), l.value)
		return err
	}), nil
}

func (l *Load) read(ctx context.Context, w *Worker, options ...clientv3.OpOption) error {
	answer, err := l.client(w).Get(ctx, l.anyKey(w), options...)
	if err == nil && answer.Count != 1 {
		return errors.New("a key is missing: fill first")
	}
	return err
}

func get(l *Load) (Report, error) {
	return measure(l.options, newWorkers(l.options), func(ctx context.Context, w *Worker) error { return l.read(ctx, w) }), nil
}

func getSerializable(l *Load) (Report, error) {
	return measure(l.options, newWorkers(l.options), func(ctx context.Context, w *Worker) error {
		return l.read(ctx, w, clientv3.WithSerializable())
	}), nil
}

func mixed(l *Load) (Report, error) {
	return measure(l.options, newWorkers(l.options), func(ctx context.Context, w *Worker) error {
		if w.random.Intn(10) > 0 {
			return l.read(ctx, w)
		}
		_, err := l.client(w).Put(ctx, l.anyKey(w), l.value)
		return err
	}), nil
}

// compareAndSet puts the key if it is as this worker last saw it, and otherwise learns how it is now.
func (l *Load) compareAndSet(ctx context.Context, w *Worker, key string, seen *int64) (bool, error) {
	answer, err := l.client(w).Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(key), "=", *seen)).
		Then(clientv3.OpPut(key, l.value)).Else(clientv3.OpGet(key)).Commit()
	if err != nil {
		return false, err
	}
	if answer.Succeeded {
		*seen = answer.Header.Revision
		return true, nil
	}
	*seen = 0
	if found := answer.Responses[0].GetResponseRange().Kvs; len(found) > 0 {
		*seen = found[0].ModRevision
	}
	return false, nil
}

// casOn reports attempts as operations, and how many of all attempts, warm-up included, held.
func casOn(l *Load, key func(w *Worker) string) (Report, error) {
	seen := make([]int64, l.options.clients)
	var swapped, attempts int64
	report := measure(l.options, newWorkers(l.options), func(ctx context.Context, w *Worker) error {
		held, err := l.compareAndSet(ctx, w, key(w), &seen[w.number])
		atomic.AddInt64(&attempts, 1)
		if held {
			atomic.AddInt64(&swapped, 1)
		}
		return err
	})
	report.Extra["swapped_share"] = float64(swapped) / float64(attempts)
	return report, nil
}

func cas(l *Load) (Report, error) {
	return casOn(l, func(w *Worker) string { return l.options.prefix + "cas/" + strconv.Itoa(w.number) })
}

func casContended(l *Load) (Report, error) {
	return casOn(l, func(*Worker) string { return l.options.prefix + "cas" })
}

// txn puts four keys and reads four.
func txn(l *Load) (Report, error) {
	return measure(l.options, newWorkers(l.options), func(ctx context.Context, w *Worker) error {
		operations := make([]clientv3.Op, 0, txnOperations)
		first := w.random.Intn(l.options.keys)
		for i := 0; i < txnOperations; i++ { // a key may be put once only
			key := l.options.key((first + i) % l.options.keys)
			if i%2 == 0 {
				operations = append(operations, clientv3.OpPut(key, l.value))
			} else {
				operations = append(operations, clientv3.OpGet(key))
			}
		}
		_, err := l.client(w).Txn(ctx).Then(operations...).Commit()
		return err
	}), nil
}

// fill writes every key once; an operation of its report is a transaction of up to fillBatch keys.
func fill(l *Load) (Report, error) {
	batch := fillBytes / (l.options.valueSize + 256)
	if batch > fillBatch {
		batch = fillBatch
	}
	batch = max(batch, 1)
	o := limited(l.options, (l.options.keys+batch-1)/batch)
	var next int64
	report := measure(o, newWorkers(o), func(ctx context.Context, w *Worker) error {
		first := int(atomic.AddInt64(&next, int64(batch))) - batch
		var operations []clientv3.Op
		for i := first; i < first+batch && i < o.keys; i++ {
			operations = append(operations, clientv3.OpPut(l.options.key(i), l.value))
		}
		_, err := l.client(w).Txn(ctx).Then(operations...).Commit()
		return err
	})
	report.Extra["keys"] = o.keys
	return failIfAny(report)
}

// failIfAny is for workloads that prepare another: half of the preparation is none.
func failIfAny(r Report) (Report, error) {
	if r.Errors > 0 {
		return r, errors.New("some of " + r.Workload + " failed")
	}
	return r, nil
}

// rangeKeys walks over all keys in pages; an operation is one page.
func rangeKeys(l *Load) (Report, error) {
	var read int64
	next := make([]int, l.options.clients)
	report := measure(l.options, newWorkers(l.options), func(ctx context.Context, w *Worker) error {
		from := next[w.number]
		answer, err := l.client(w).Get(ctx, l.options.key(from), clientv3.WithRange(clientv3.GetPrefixRangeEnd(l.options.prefix)), clientv3.WithLimit(int64(l.options.page)))
		if err != nil {
			return err
		}
		atomic.AddInt64(&read, int64(len(answer.Kvs)))
		next[w.number] = from + l.options.page
		if next[w.number] >= l.options.keys {
			next[w.number] = 0
		}
		return nil
	})
	report.Extra["keys_read"] = read
	return report, nil
}

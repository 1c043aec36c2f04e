package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/clientv3"
)

const (
	drainTimeout = 10 * time.Second
	openTimeout  = 60 * time.Second
	aheadPause   = 20 * time.Microsecond
)

// openWatch returns when the server has said that the watch exists.
func openWatch(client *clientv3.Client, key string) (clientv3.WatchChan, error) {
	channel := client.Watch(context.Background(), key, clientv3.WithCreatedNotify())
	select {
	case answer, open := <-channel:
		if !open || answer.Err() != nil {
			return nil, fmt.Errorf("a watch could not be opened: %v", answer.Err())
		}
		return channel, nil
	case <-time.After(openTimeout):
		return nil, fmt.Errorf("a watch was not opened in %v", openTimeout)
	}
}

// openWatches opens them in parallel, spread over the connections.
func (l *Load) openWatches(number int, key func(i int) string) ([]clientv3.WatchChan, error) {
	channels := make([]clientv3.WatchChan, number)
	failures := make([]error, len(l.connections))
	var group sync.WaitGroup
	for c := range l.connections {
		group.Add(1)
		go func(c int) {
			defer group.Done()
			for i := c; i < number && failures[c] == nil; i += len(l.connections) {
				channels[i], failures[c] = openWatch(l.connections[c], key(i))
			}
		}(c)
	}
	group.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return channels, nil
}

func (l *Load) openIdleWatches() error {
	_, err := l.openWatches(l.options.idleWatches, func(i int) string { return fmt.Sprintf("idle/%d", i) })
	return err
}

// Broadcast is one writer and the watchers of its key.
type Broadcast struct {
	options    Options
	key        string
	begin, end time.Time // of the measured interval
	delivered  int64     // to all watchers together
	written    int64     // acknowledged
	latencies  [][]time.Duration
}

// value is the time it was written at, padded to the size of a value.
func (b *Broadcast) value(at time.Time) string {
	text := strconv.FormatInt(at.UnixNano(), 10) + " "
	return text + strings.Repeat("v", max(0, b.options.valueSize-len(text)))
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}

func (b *Broadcast) count(watcher int, event *clientv3.Event, now time.Time) {
	sent, err := strconv.ParseInt(strings.SplitN(string(event.Kv.Value), " ", 2)[0], 10, 64)
	if err == nil && now.After(b.begin) && now.Before(b.end) {
		b.latencies[watcher] = append(b.latencies[watcher], now.Sub(time.Unix(0, sent)))
	}
}

func (b *Broadcast) receive(watcher int, channel clientv3.WatchChan) {
	for answer := range channel {
		now := time.Now()
		for _, event := range answer.Events {
			b.count(watcher, event, now)
		}
		atomic.AddInt64(&b.delivered, int64(len(answer.Events)))
	}
}

// await returns true when the watchers have got so many writes on average, false when they have not by the deadline.
func (b *Broadcast) await(writes int64, deadline time.Time) bool {
	for atomic.LoadInt64(&b.delivered) < writes*int64(len(b.latencies)) {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(aheadPause)
	}
	return true
}

// watch reports puts as operations, what arrived as events, and as latencies those of the events, from the begin of the put to the arrival.
func watch(l *Load) (Report, error) {
	o := l.options
	b := &Broadcast{options: o, key: o.prefix + "watched", latencies: make([][]time.Duration, o.clients)}
	channels, err := l.openWatches(o.clients, func(int) string { return b.key })
	if err != nil {
		return Report{}, err
	}
	writer, err := connect(o)
	if err != nil {
		return Report{}, err
	}
	o.clients = o.inFlight
	b.begin = time.Now().Add(o.warmUp)
	b.end = b.begin.Add(o.duration)
	var receivers sync.WaitGroup
	for i := range channels {
		receivers.Add(1)
		go func(i int) { defer receivers.Done(); b.receive(i, channels[i]) }(i)
	}
	report := measure(o, newWorkers(o), func(ctx context.Context, w *Worker) error {
		if o.ahead > 0 && !b.await(atomic.LoadInt64(&b.written)-int64(o.ahead), time.Now().Add(o.timeout)) {
			return fmt.Errorf("the watchers are more than %d writes behind", o.ahead)
		}
		_, err := writer.Put(ctx, b.key, b.value(time.Now()))
		atomic.AddInt64(&b.written, 1)
		return err
	})
	report.Extra["complete"] = b.await(b.written, time.Now().Add(drainTimeout))
	for _, c := range l.connections {
		c.Watcher.Close()
	}
	receivers.Wait()
	report.Clients = len(channels)
	b.addEvents(&report)
	return report, nil
}

func (b *Broadcast) addEvents(report *Report) {
	var all []time.Duration
	for _, some := range b.latencies {
		all = append(all, some...)
	}
	report.Events = int64(len(all))
	report.setLatencies(all)
}

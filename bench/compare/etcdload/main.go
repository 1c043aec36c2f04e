// etcdload drives etcd with its Go client and prints one line of JSON with the same fields as conclave-bench --json.
package main

import (
	"flag"
	"fmt"
	"os"
	"sort"
	"time"

	"go.etcd.io/etcd/clientv3"
	"go.uber.org/zap"
)

const dialTimeout = 5 * time.Second

// Load is what the workloads share.
type Load struct {
	options     Options
	connections []*clientv3.Client
	value       string
}

func (l *Load) client(w *Worker) *clientv3.Client { return l.connections[w.number%len(l.connections)] }

func (l *Load) anyKey(w *Worker) string { return l.options.key(w.random.Intn(l.options.keys)) }

var workloads = map[string]func(*Load) (Report, error){
	"fill": fill, "put": put, "put-large": put, "get": get, "get-serializable": getSerializable, "mixed": mixed,
	"cas": cas, "cas-contended": casContended, "txn": txn,
	"lease-grant": leaseGrant, "lease-renew": leaseRenew, "lock": lock, "watch": watch, "range": rangeKeys, "recover": recoverWrites,
}

var readsKeys = map[string]bool{"get": true, "get-serializable": true, "mixed": true, "range": true}

func workloadNames() []string {
	var names []string
	for name := range workloads {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func connect(o Options) (*clientv3.Client, error) {
	quiet := zap.NewProductionConfig()
	quiet.Level = zap.NewAtomicLevelAt(zap.FatalLevel) // errors are counted and reported
	return clientv3.New(clientv3.Config{Endpoints: o.endpoints, DialTimeout: dialTimeout, LogConfig: &quiet})
}

func open(o Options) (*Load, error) {
	value := make([]byte, o.valueSize)
	for i := range value {
		value[i] = 'x'
	}
	load := &Load{options: o, value: string(value)}
	for i := 0; i < o.connections; i++ {
		client, err := connect(o)
		if err != nil {
			return nil, err
		}
		load.connections = append(load.connections, client)
	}
	return load, nil
}

func start(arguments []string) error {
	o, err := parseOptions(arguments)
	if err != nil {
		return err
	}
	workload, known := workloads[o.workload]
	if !known {
		return fmt.Errorf("there is no workload %q", o.workload)
	}
	load, err := open(o)
	if err != nil {
		return err
	}
	if o.fill && readsKeys[o.workload] {
		if _, err := fill(load); err != nil {
			return err
		}
	}
	if err := load.openIdleWatches(); err != nil {
		return err
	}
	report, err := workload(load)
	if err != nil {
		return err
	}
	return report.print()
}

func main() {
	if err := start(os.Args[1:]); err == flag.ErrHelp {
		os.Exit(2)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "etcdload:", err)
		os.Exit(1)
	}
}

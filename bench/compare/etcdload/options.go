package main

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Options have the names and meanings of those of conclave-bench.
type Options struct {
	endpoints   []string
	workload    string
	clients     int
	connections int
	keys        int
	keySize     int
	valueSize   int
	duration    time.Duration
	warmUp      time.Duration
	rate        float64
	ahead       int
	inFlight    int
	idleWatches int
	leases      int
	page        int
	seed        int64
	prefix      string
	timeout     time.Duration
	pids        []int
	fill        bool
	operations  int64 // ends a run of a known length, such as fill
}

const largeValue = 16384

func seconds(value float64) time.Duration { return time.Duration(value * float64(time.Second)) }

func declare(set *flag.FlagSet, o *Options) {
	set.StringVar(&o.workload, "workload", "put", "what to do: "+strings.Join(workloadNames(), ", "))
	set.IntVar(&o.clients, "clients", 64, "concurrent callers (contenders, watchers); each waits for its answer")
	set.IntVar(&o.connections, "connections", 8, "connections that the callers share")
	set.IntVar(&o.keys, "keys", 100000, "number of different keys")
	set.IntVar(&o.keySize, "key-size", 24, "bytes of a key")
	set.IntVar(&o.valueSize, "value-size", 0, "bytes of a value; 0: 256, for put-large 16384")
	set.Float64Var(&o.rate, "rate", 0, "open loop: operations that are meant to start in a second; 0: closed loop")
	set.IntVar(&o.ahead, "ahead", 16, "watch: writes that the slowest watcher may be behind before the writer waits; 0: never waits")
	set.IntVar(&o.inFlight, "in-flight", 1, "watch: writes that the writer keeps under way")
	set.IntVar(&o.idleWatches, "idle-watches", 0, "watches on keys that nobody writes, opened before the workload begins")
	set.IntVar(&o.leases, "leases", 100000, "lease-renew: number of leases")
	set.IntVar(&o.page, "page", 1000, "range: keys in a page")
	set.Int64Var(&o.seed, "seed", 1, "of the random choices")
	set.StringVar(&o.prefix, "prefix", "bench/", "of all keys that are written")
}

func parsePids(text string) ([]int, error) {
	var pids []int
	for _, word := range strings.Split(text, ",") {
		pid, err := strconv.Atoi(word)
		if err != nil || pid <= 1 {
			return nil, fmt.Errorf("%q is no process id", word)
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

func parseOptions(arguments []string) (Options, error) {
	var o Options
	set := flag.NewFlagSet("etcdload", flag.ContinueOnError)
	declare(set, &o)
	endpoints := set.String("endpoints", "127.0.0.1:2379", "HOST:PORT of members, comma-separated")
	duration := set.Float64("duration", 10, "seconds that are measured")
	warmUp := set.Float64("warm-up", 1, "seconds before that are not")
	timeout := set.Float64("timeout", 10, "seconds that an operation may take")
	pids := set.String("pids", "", "recover: process ids of the members, in the order of --endpoints")
	noFill := set.Bool("no-fill", false, "do not put the keys that the workload reads: they are there")
	set.Bool("json", true, "there is no other output")
	if err := set.Parse(arguments); err != nil {
		return o, err
	}
	o.endpoints, o.fill = strings.Split(*endpoints, ","), !*noFill
	o.duration, o.warmUp, o.timeout = seconds(*duration), seconds(*warmUp), seconds(*timeout)
	return finish(o, *pids)
}

// finish fills in what depends on the workload and refuses what makes no sense.
func finish(o Options, pids string) (Options, error) {
	if o.clients < 1 || o.connections < 1 || o.keys < 1 || o.page < 1 || o.leases < 1 || o.inFlight < 1 || o.duration <= 0 {
		return o, fmt.Errorf("clients, connections, keys, page, leases, in-flight and duration are positive")
	}
	if o.valueSize == 0 {
		o.valueSize = 256
		if o.workload == "put-large" {
			o.valueSize = largeValue
		}
	}
	if o.connections > o.clients {
		o.connections = o.clients
	}
	if o.workload != "recover" {
		return o, nil
	}
	var err error
	if o.pids, err = parsePids(pids); err == nil && len(o.pids) != len(o.endpoints) {
		err = fmt.Errorf("recover needs --pids, one for each endpoint")
	}
	return o, err
}

// key with that number: the prefix, zeros, the number; keySize bytes if they suffice.
func (o Options) key(number int) string {
	digits := strconv.Itoa(number)
	if zeros := o.keySize - len(o.prefix) - len(digits); zeros > 0 {
		return o.prefix + strings.Repeat("0", zeros) + digits
	}
	return o.prefix + digits
}

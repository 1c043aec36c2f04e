package main

import (
	"encoding/json"
	"math"
	"os"
	"sort"
	"time"
)

// Report has the fields that conclave-bench prints with --json.
type Report struct {
	System       string                 `json:"system"`
	Workload     string                 `json:"workload"`
	Clients      int                    `json:"clients"`
	Connections  int                    `json:"connections"`
	Seconds      float64                `json:"seconds"`
	Operations   int64                  `json:"operations"`
	Errors       int64                  `json:"errors"`
	OpsPerSecond float64                `json:"ops_per_second"`
	P50          float64                `json:"p50_us"`
	P90          float64                `json:"p90_us"`
	P99          float64                `json:"p99_us"`
	P999         float64                `json:"p999_us"`
	P9999        float64                `json:"p9999_us"`
	Max          float64                `json:"max_us"`
	Events       int64                  `json:"events"`
	Extra        map[string]interface{} `json:"extra"`
}

// percentile of sorted latencies in microseconds: the smallest that at least this share does not exceed.
func percentile(sorted []time.Duration, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	index := int(math.Ceil(share*float64(len(sorted)))) - 1
	if index < 0 {
		index = 0
	}
	return float64(sorted[index]) / float64(time.Microsecond)
}

func (r *Report) setLatencies(all []time.Duration) {
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	r.P50, r.P90, r.P99 = percentile(all, 0.5), percentile(all, 0.9), percentile(all, 0.99)
	r.P999, r.P9999, r.Max = percentile(all, 0.999), percentile(all, 0.9999), percentile(all, 1)
}

func newReport(o Options) Report {
	return Report{System: "etcd", Workload: o.workload, Clients: o.clients, Connections: o.connections, Extra: map[string]interface{}{}}
}

func (r *Report) setTotals(elapsed time.Duration, operations int64) {
	r.Seconds, r.Operations = elapsed.Seconds(), operations
	if elapsed > 0 {
		r.OpsPerSecond = float64(operations) / elapsed.Seconds()
	}
}

func (r *Report) print() error { return json.NewEncoder(os.Stdout).Encode(r) }

package main

import (
	"context"

	"go.etcd.io/etcd/clientv3"
)

const (
	shortLease = 60
	longLease  = 3600
)

func leaseGrant(l *Load) (Report, error) {
	return measure(l.options, newWorkers(l.options), func(ctx context.Context, w *Worker) error {
		_, err := l.client(w).Grant(ctx, shortLease)
		return err
	}), nil
}

// grantLeases grants as many as the option says and returns their ids.
func (l *Load) grantLeases() ([]clientv3.LeaseID, error) {
	o := limited(l.options, l.options.leases)
	ids := make([][]clientv3.LeaseID, o.clients)
	report := measure(o, newWorkers(o), func(ctx context.Context, w *Worker) error {
		answer, err := l.client(w).Grant(ctx, longLease)
		if err == nil {
			ids[w.number] = append(ids[w.number], answer.ID)
		}
		return err
	})
	var all []clientv3.LeaseID
	for _, some := range ids {
		all = append(all, some...)
	}
	_, err := failIfAny(report)
	return all, err
}

// leaseRenew renews leases that are drawn at random. It has granted them before; only the renewals are measured.
func leaseRenew(l *Load) (Report, error) {
	all, err := l.grantLeases()
	if err != nil {
		return Report{}, err
	}
	return measure(l.options, newWorkers(l.options), func(ctx context.Context, w *Worker) error {
		_, err := l.client(w).KeepAliveOnce(ctx, all[w.random.Intn(len(all))])
		return err
	}), nil
}

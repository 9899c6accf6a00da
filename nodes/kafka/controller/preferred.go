package controller

import (
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

// zkPreferred elects the preferred leaders that are asked for in /admin/preferred_replica_election.
type zkPreferred struct{ phase int }

func (z *zkPreferred) step(c *Controller, t *thread, env nodes.Env) bool {
	key := zk.Key{Kind: zk.KindPreferred}
	z.phase++
	switch z.phase {
	case 1:
		return t.ask(c, env, zk.Op{Verb: zk.Get, Key: key, Watch: true})
	case 2:
		asked, ok := t.results[0].Value.(zk.Partitions)
		if t.results[0].Err != nil {
			return true
		}
		var list []log.TopicPartition
		for _, tp := range asked {
			if p := c.ctx.find(tp); ok && p != nil && p.known && !c.blocked(tp) && !slices.Contains(list, tp) {
				list = append(list, tp)
			}
		}
		t.results = nil
		return t.call(&electLeaders{by: preferredStrategy, left: list})
	case 3:
		return t.ask(c, env, zk.Op{Verb: zk.Delete, Key: key, Version: -1})
	}
	return anyFenced(t.results) && c.fenced(env) || true
}

// rebalance elects the preferred leaders of the brokers too many of whose partitions others lead (checkAndTriggerAutoLeaderRebalance).
type rebalance struct{ begun bool }

func (r *rebalance) step(c *Controller, t *thread, env nodes.Env) bool {
	if r.begun {
		return true
	}
	r.begun = true
	var move []log.TopicPartition
	for _, b := range c.ctx.brokers {
		total, away := 0, []log.TopicPartition(nil)
		for _, p := range c.ctx.partitions {
			if len(p.assigned.Replicas) == 0 || p.assigned.Replicas[0] != b.ID || c.blocked(p.tp) {
				continue
			}
			if total++; p.known && p.state.Leader != b.ID {
				away = append(away, p.tp)
			}
		}
		if len(away)*100 <= c.cfg.ImbalancePercent*total {
			continue
		}
		for _, tp := range away {
			if p := c.ctx.find(tp); !p.reassigns && slices.Contains(p.state.ISR, b.ID) && c.ctx.online(p, b.ID, false) {
				move = append(move, tp)
			}
		}
	}
	nodes.Sometimes(env, len(move) > 0, "controller: leadership is given back to the preferred leaders")
	return t.call(&electLeaders{by: preferredStrategy, left: move})
}

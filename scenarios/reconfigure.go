package scenarios

import (
	"slices"
	"time"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/paxos"
	"orrery/trace"
)

// operator is a machine from which the membership is changed now and then: one member leaves,
// or one machine joins. Or one takes another's place. It never asks for fewer than three members.
type operator struct {
	w       *trial.World
	all     []nodes.ID // every machine that can be a member
	members []nodes.ID // as far as it knows
	want    []nodes.ID // of the change under way
	min     int
	changes int
	done    int
	client  *paxos.Client
	codec   nodes.Codec
}

func newOperator(w *trial.World, members, spares []nodes.ID) *operator {
	o := &operator{w: w, all: slices.Concat(members, spares), members: slices.Clone(members), min: min(3, len(members))}
	o.changes = 1 + int(w.Draw("number of changes", 4))
	return o
}

// Codec implements nodes.Node.
func (o *operator) Codec() nodes.Codec {
	if o.codec == nil {
		o.codec = paxos.NewCodec()
	}
	return o.codec
}

// Boot implements nodes.Node.
func (o *operator) Boot(env nodes.Env) error {
	o.client = paxos.NewClient(paxos.ClientConfig{Servers: o.all, Deadline: 3 * time.Second})
	o.pause(env)
	return nil
}

func (o *operator) draw(what string, n uint64) uint64 {
	return o.w.U.Draw("workload/operator", trace.Mix(trace.String(what), uint64(o.done)), n)
}

func (o *operator) pause(env nodes.Env) {
	env.SetTimer(tagThink, 200*time.Millisecond+time.Duration(o.draw("pause", uint64(1500*time.Millisecond))))
}

// Fire implements nodes.Node.
func (o *operator) Fire(env nodes.Env, tag nodes.Tag) {
	if tag != tagThink {
		if res, done := o.client.Fire(env, tag); done {
			o.end(env, res)
		}
		return
	}
	if o.done >= o.changes {
		return
	}
	o.want = o.change()
	if !o.canServe(o.want) {
		o.done++
		o.pause(env)
		return
	}
	if nodes.Noting(env) {
		nodes.Note(env, "asks for the members "+list(o.want))
	}
	o.client.Start(env, paxos.Op{Kind: paxos.OpReconfigure, Members: o.want})
}

// change draws the next membership.
func (o *operator) change() []nodes.ID {
	var outside []nodes.ID
	for _, id := range o.all {
		if !slices.Contains(o.members, id) {
			outside = append(outside, id)
		}
	}
	leave := o.draw("leave", 2) == 1
	if len(o.members) <= o.min {
		leave = false
	}
	if len(outside) == 0 {
		leave = true
	}
	want := slices.Clone(o.members)
	if len(outside) > 0 && o.draw("exchange", 3) == 2 { // one goes and one comes: the quorums meet in fewer
		want[o.draw("who goes", uint64(len(want)))] = outside[o.draw("who comes", uint64(len(outside)))]
		slices.Sort(want)
		return want
	}
	switch {
	case leave && len(want) > o.min:
		i := int(o.draw("who leaves", uint64(len(want))))
		return slices.Delete(want, i, i+1)
	case len(outside) > 0:
		want = append(want, outside[o.draw("who joins", uint64(len(outside)))])
	}
	slices.Sort(want)
	return want
}

// canServe tells whether enough of the machines are there to serve as members: who makes a membership of machines
// that are lost can wait for it for ever, and no protocol can help.
func (o *operator) canServe(members []nodes.ID) bool {
	up := 0
	for _, id := range members {
		if m := o.w.U.Machine(id); m != nil && m.Up() {
			up++
		}
	}
	return 2*up > len(members)
}

// Deliver implements nodes.Node.
func (o *operator) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if res, done := o.client.Deliver(env, from, m); done {
		o.end(env, res)
	}
}

// Synced implements nodes.Node. An operator writes nothing.
func (o *operator) Synced(nodes.Env, nodes.Tag, error) {}

// end takes note of the outcome. If nothing is certain, the change may yet come: the next
// one is made from what was asked for, and is the whole membership in any case.
func (o *operator) end(env nodes.Env, res paxos.Result) {
	o.done++
	if res.Outcome != paxos.OutcomeFail {
		o.members = o.want
	}
	if o.done < o.changes {
		o.pause(env)
	}
}

func list(ids []nodes.ID) string {
	s := ""
	for i, id := range ids {
		if i > 0 {
			s += " "
		}
		s += string(id)
	}
	return s
}

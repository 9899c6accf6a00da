package trial

import "orrery/nemesis"

// install makes the plan, or takes the one that was given, and hands it to the universe.
func (t *trial) install() error {
	w := t.w
	c := &nemesis.Cluster{
		Nodes: w.Servers, Clients: w.Clients, Leader: w.Leader, Quorum: w.Quorum, Tolerates: w.Tolerates, Timescale: w.Timescale,
		AllowWipe: w.AllowWipe, AllowCorrupt: w.AllowCorrupt, DriftBoundPPM: w.DriftBoundPPM, MayRot: w.MayRot, Connections: w.Connections,
	}
	if err := c.Validate(); err != nil {
		return err
	}
	plan, err := t.choosePlan(c)
	if err != nil {
		return err
	}
	t.plan = plan
	t.nemesis = plan.Install(w.U, c)
	return nil
}

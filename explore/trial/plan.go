package trial

import (
	"slices"
	"time"

	"orrery/nemesis"
)

// choosePlan is the plan that was given, or one that is drawn: from the families that were asked
// for, or from all.
func (t *trial) choosePlan(c *nemesis.Cluster) (nemesis.Plan, error) {
	o := &t.w.Options
	if o.Plan != nil && o.Offered {
		return accepted(*o.Plan, t.w.Families), nil
	}
	if o.Plan != nil {
		return *o.Plan, nil
	}
	profile, err := nemesis.ProfileNamed(o.Profile)
	if err != nil {
		return nemesis.Plan{}, err
	}
	profile.Families = o.Nemesis
	if profile.Families == nil {
		profile.Families = t.w.Families
	}
	return nemesis.Generate(t.u.Draw, profile, c, t.w.Horizon), nil
}

// accepted is what a world takes of a plan that is on offer. What its protocol does not claim to survive would be an
// alarm about nothing, and the world of the next seed may claim another thing than the one for which the plan was made.
func accepted(p nemesis.Plan, families []string) nemesis.Plan {
	if families == nil {
		return p
	}
	p.Entries = slices.DeleteFunc(slices.Clone(p.Entries), func(e nemesis.Entry) bool {
		return !slices.Contains(families, e.Fault.Kind().Family)
	})
	return p
}

// endOf is when the last fault of a plan is over, or has begun if it does not end by itself; of an
// empty plan, before the start.
func endOf(p nemesis.Plan) time.Duration {
	end := time.Duration(-1)
	for _, e := range p.Entries {
		end = max(end, e.At, e.Until)
	}
	return end
}

// faults says what became of the plan.
func (t *trial) faults() []FaultReport {
	list := []FaultReport{}
	for _, o := range t.nemesis.Report() {
		f := FaultReport{Fault: o.Entry.Fault.String(), At: o.Entry.At, Until: o.Entry.Until,
			Family: o.Entry.Fault.Kind().Family, Outcome: o.State.String(), Why: o.Reason, Effects: o.Effects}
		if o.NoOp() {
			f.Outcome = "noop"
		}
		list = append(list, f)
	}
	return list
}

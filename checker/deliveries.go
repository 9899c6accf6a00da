package checker

// decideDelivered is decide for clients whose requests may arrive more than once: every change gets company by copies of
// itself that may have happened, and that nobody was told of. A copy is an operation without an answer: it may take effect
// at any later time, also long after its original was acknowledged, as a request does that the network held back.
func decideDelivered(h History, m Model, opt Options) Result {
	again := opt
	again.Deliveries, again.Floors = 0, &Floors{}
	res := decide(withCopies(h, opt.Deliveries-1), m, again)
	originals := func(all []int32) (kept []int32) {
		for _, i := range all {
			if int(i) < len(h) {
				kept = append(kept, i)
			}
		}
		return kept
	}
	res.Component, res.Culprits = originals(res.Component), originals(res.Culprits)
	res.Coverage = coverageOf(h, m)
	if res.Verdict == Vacuous { // said by floors that do not count
		res.Verdict, res.Reason = Holds, ""
	}
	return res.floored(m, opt)
}

// withCopies is h followed by n copies of every change.
func withCopies(h History, n int) History {
	next := int64(0)
	for i := range h {
		next = max(next, h[i].ID+1)
	}
	out := append(make(History, 0, len(h)*(n+1)), h...)
	for i := range h {
		o := h[i]
		if o.F.reads() || o.Status == Fail || o.Status == Mismatch {
			continue
		}
		o.Status, o.Ret, o.Out = Maybe, Never, Value{}
		for range n {
			o.ID = next
			next++
			out = append(out, o)
		}
	}
	return out
}

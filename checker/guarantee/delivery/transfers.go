package delivery

import (
	"cmp"
	"fmt"
	"slices"

	"orrery/checker"
	"orrery/checker/guarantee"
)

// Torn is a transaction whose outputs and offsets are not about the same inputs.
const Torn guarantee.Anomaly = "torn"

// A Transfer is one transaction of a consumer that reads inputs, writes outputs and commits how far it has come.
type Transfer struct {
	Worker    string         `json:"worker"`
	Partition string         `json:"partition"`
	From      int64          `json:"from"`    // the first input offset that it covers
	To        int64          `json:"to"`      // the offset that it commits: the next after those
	Outputs   []int64        `json:"outputs"` // the input offsets of which the committed output has results, as often as it has
	Status    checker.Status `json:"status"`
}

// String prints the transaction on one line.
func (t Transfer) String() string {
	return fmt.Sprintf("%s transfers %s [%d,%d) → %v %s", t.Worker, t.Partition, t.From, t.To, t.Outputs, t.Status)
}

// Transfers judges that transactions move each input once: the committed ones of a partition, put in order, cover its offsets
// from start up to wherever they come without gap or overlap, and each writes outputs for exactly what it covers. Those with an
// unknown end may fill a gap. start is where each partition begins; 0 for those that are not named.
func Transfers(h []Transfer, start map[string]int64) guarantee.Report {
	r := guarantee.NewReport("transfers")
	cite := func(places ...int) []guarantee.Op {
		return guarantee.Cite(func(i int) string { return h[i].String() }, places...)
	}
	byPart := map[string][]int{}
	var parts []string
	maybes := map[string][]int{}
	committed, aborted, inputs := 0, 0, 0
	for i := range h {
		t := &h[i]
		switch {
		case t.From < 0 || t.To < t.From || t.Status > checker.Fail:
			return r.Malformed("transaction %d (%s): want a range of offsets, and a status that is ok, fail or maybe", i, t)
		case t.Status == checker.Fail:
			aborted++
			if len(t.Outputs) > 0 {
				r.Found(Torn, t.Partition, cite(i), "%s was aborted, and its output for %d is committed", t, t.Outputs[0])
			}
			continue
		case t.Status == checker.Maybe:
			maybes[t.Partition] = append(maybes[t.Partition], i)
			continue
		}
		committed++
		inputs += int(t.To - t.From)
		if byPart[t.Partition] == nil {
			parts = append(parts, t.Partition)
		}
		byPart[t.Partition] = append(byPart[t.Partition], i)
		if text := tear(t); text != "" {
			r.Found(Torn, t.Partition, cite(i), "%s %s", t, text)
		}
	}
	for _, p := range parts {
		list := byPart[p]
		slices.SortStableFunc(list, func(a, b int) int {
			return cmp.Or(cmp.Compare(h[a].From, h[b].From), cmp.Compare(h[a].To, h[b].To))
		})
		at, last := start[p], -1
		for _, i := range list {
			t := &h[i]
			switch {
			case t.To == t.From:
				continue
			case t.From < at && last >= 0:
				r.Found(Duplicated, p, cite(last, i), "%s and %s both moved offset %d", h[last].String(), t, t.From)
			case t.From > at && !bridged(h, maybes[p], at, t.From):
				r.Found(Lost, p, cite(i), "%s begins at %d, and nobody moved what is there from offset %d on", t, t.From, at)
			}
			if t.To >= at {
				at, last = t.To, i
			}
		}
	}
	r.Measure("committed transactions", committed, 1)
	r.Measure("aborted transactions", aborted, 0)
	r.Measure("inputs moved", inputs, 1)
	return r.Done()
}

// tear says what is wrong with the outputs of a committed transaction.
func tear(t *Transfer) string {
	out := slices.Clone(t.Outputs)
	slices.Sort(out)
	want := t.From
	for _, o := range out {
		switch {
		case o < t.From || o >= t.To:
			return fmt.Sprintf("has an output for %d, which it does not cover", o)
		case o < want:
			return fmt.Sprintf("has two outputs for %d", o)
		case o > want:
			return fmt.Sprintf("has no output for %d", want)
		}
		want++
	}
	if want < t.To {
		return fmt.Sprintf("has no output for %d", want)
	}
	return ""
}

// bridged tells whether transactions with an unknown end can cover what lies between two offsets, one behind the other.
func bridged(h []Transfer, maybes []int, from, to int64) bool {
	reached := map[int64]bool{from: true}
	slices.SortStableFunc(maybes, func(a, b int) int { return cmp.Compare(h[a].From, h[b].From) })
	for _, i := range maybes {
		if reached[h[i].From] && h[i].To > h[i].From {
			reached[h[i].To] = true
		}
	}
	return reached[to]
}

package kafka_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/kafka"
)

// work makes a successful operation of a process at a time of its own.
func work(process, at int64, mops ...Mop) Op {
	return Op{Process: process, F: Work, Status: checker.OK, Mops: mops, Invoke: 10 * at, Return: 10*at + 5}
}

func as(s checker.Status, o Op) Op {
	o.Status = s
	return o
}

// long makes an operation overlap everything.
func long(o Op) Op {
	o.Invoke, o.Return = 0, 10_000
	return o
}

func assign(process, at int64, f F, keys ...string) Op {
	o := work(process, at)
	o.F, o.Keys = f, keys
	return o
}

func recs(from int64, values ...int64) []Record {
	out := make([]Record, len(values))
	for i, v := range values {
		out[i] = Record{Offset: from + int64(i), Value: v}
	}
	return out
}

func poll(process, at, from int64, values ...int64) Op {
	return work(process, at, Poll("p", recs(from, values...)...))
}

func send(process, at, value, offset int64) Op { return work(process, at, Send("p", value, offset)) }

var (
	three = []Op{send(1, 1, 1, 0), send(1, 2, 2, 1), send(1, 3, 3, 2)}
	five  = append(append([]Op{}, three...), send(1, 4, 4, 3), send(1, 5, 5, 4))
)

func with(h []Op, more ...Op) []Op { return append(append([]Op{}, h...), more...) }

// anomalies are histories that show exactly these anomalies.
var anomalies = []struct {
	name  string
	h     []Op
	opt   Options
	found []guarantee.Anomaly
	why   string
}{
	{"two values at one offset", []Op{long(send(1, 1, 1, 0)), long(send(2, 1, 2, 0)), poll(3, 4, 0, 1), poll(4, 4, 0, 2)}, Options{},
		[]guarantee.Anomaly{InconsistentOffsets}, "inconsistent-offsets: offset 0 of p held 1, and it held 2"},
	{"one value at two offsets", []Op{send(1, 1, 1, 0), poll(3, 4, 0, 1, 1)}, Options{}, []guarantee.Anomaly{Duplicate},
		"duplicate: 1 was sent to p once, and stood at offset 0 and at offset 1"},
	{"aborted read", []Op{send(1, 1, 1, 0), as(checker.Fail, send(1, 2, 2, 1)), poll(2, 4, 0, 1, 2)}, Options{}, []guarantee.Anomaly{G1a},
		"G1a: process 2 polled 2 at offset 1 of p, whose send by process 1 failed"},
	{"precommitted read", []Op{work(1, 1, Send("p", 1, 0), Poll("p", recs(0, 1)...)), poll(2, 4, 0, 1)}, Options{}, []guarantee.Anomaly{PrecommittedRead},
		"precommitted-read: process 1 polled 1 from p in the same transaction that sent it"},
	{"lost write", with(three, work(2, 5, Poll("p", Record{Offset: 0, Value: 1})), work(3, 5, Poll("p", Record{Offset: 2, Value: 3}))), Options{},
		[]guarantee.Anomaly{LostWrite}, "lost-write: 2 at offset 1 of p was written by process 1, and nobody ever polled it, although 3 at offset 2 was polled"},
	{"lost write of a transaction that was seen elsewhere", []Op{as(checker.Maybe, work(1, 1, Send("p", 1, 0), Send("q", 2, 0))), send(1, 3, 3, 1),
		work(2, 5, Poll("q", recs(0, 2)...)), work(3, 5, Poll("p", recs(1, 3)...))}, Options{}, []guarantee.Anomaly{LostWrite}, ""},
	{"unseen", with(three, poll(2, 5, 0, 1, 2)), Options{Final: true}, []guarantee.Anomaly{Unseen},
		"unseen: 3 at offset 2 of p was acknowledged to process 1, and nobody polled it until the end"},
	{"poll skip", with(three, assign(2, 4, Assign, "p"), poll(2, 5, 0, 1), poll(2, 6, 2, 3), poll(3, 7, 0, 1, 2, 3)), Options{}, []guarantee.Anomaly{PollSkip},
		"poll-skip: process 2 polled p up to offset 0 and then from offset 2 on, and left out 1 records, the first at offset 1"},
	{"poll skip after an unknown poll that must not count", with(three, poll(2, 5, 0, 1), as(checker.Maybe, poll(2, 6, 1, 2)), poll(2, 7, 2, 3), poll(3, 7, 0, 1, 2, 3)), Options{},
		[]guarantee.Anomaly{PollSkip}, ""},
	{"poll skip of a partition that was kept", with(three, assign(2, 4, Assign, "p"), poll(2, 5, 0, 1), assign(2, 6, Assign, "p", "q"), poll(2, 7, 2, 3), poll(3, 7, 0, 1, 2, 3)), Options{},
		[]guarantee.Anomaly{PollSkip}, ""},
	{"nonmonotonic poll", with(three, poll(2, 5, 0, 1, 2), poll(2, 6, 1, 2, 3)), Options{}, []guarantee.Anomaly{NonmonotonicPoll},
		"nonmonotonic-poll: process 2 polled p up to offset 1 and then offset 1"},
	{"skip inside a poll", with(three, work(2, 5, Poll("p", Record{Offset: 0, Value: 1}, Record{Offset: 2, Value: 3})), poll(3, 7, 0, 1, 2, 3)), Options{},
		[]guarantee.Anomaly{IntPollSkip}, "int-poll-skip: process 2 polled p up to offset 0 and then from offset 2 on, and left out 1 records, the first at offset 1"},
	{"back inside a poll", with(three, work(2, 5, Poll("p", recs(0, 1, 2)...), Poll("p", recs(1, 2, 3)...))), Options{},
		[]guarantee.Anomaly{IntNonmonotonicPoll}, ""},
	{"nonmonotonic send", []Op{as(checker.Maybe, send(1, 1, 1, NoOffset)), send(1, 2, 2, 0), poll(2, 3, 0, 2, 1)}, Options{}, []guarantee.Anomaly{NonmonotonicSend},
		"nonmonotonic-send: process 1 sent to p what stands at offset 1, and after it what stands at offset 0"},
	{"nonmonotonic send inside", []Op{work(1, 1, Send("p", 1, 1), Send("p", 2, 0)), poll(2, 3, 0, 2, 1)}, Options{}, []guarantee.Anomaly{IntNonmonotonicSend}, ""},
	{"phantom", []Op{send(1, 1, 1, 0), poll(2, 3, 0, 1, 9)}, Options{}, []guarantee.Anomaly{Phantom}, "phantom: a poll of p saw 9 at offset 1, which nobody sent"},
	{"future read", []Op{send(1, 1, 1, 0), poll(2, 3, 0, 1, 2), as(checker.Maybe, send(1, 9, 2, NoOffset))}, Options{}, []guarantee.Anomaly{FutureRead, OffsetBelowKnown},
		"future-read: process 2 had polled 2 from p by 35, and it was sent only at 90"},
	{"wrong payload", []Op{work(1, 1, Mop{Send: true, Partition: "p", Value: 1, Sum: 77}), work(2, 3, Poll("p", Record{Offset: 0, Value: 1, Sum: 78}))}, Options{},
		[]guarantee.Anomaly{WrongPayload}, "wrong-payload: process 2 polled 1 at offset 0 of p, with other bytes than were sent"},
	{"an offset below a known one", []Op{send(1, 1, 1, 5), send(2, 3, 2, 4), poll(3, 5, 4, 2, 1)}, Options{}, []guarantee.Anomaly{OffsetBelowKnown},
		"offset-below-known: process 2 sent 2 at offset 4 to p at 30, when offset 5 was known to be written already"},
	{"a circle of transactions", []Op{long(work(1, 1, Send("p", 1, 0), Poll("q", recs(0, 2)...))), long(work(2, 1, Send("q", 2, 0), Poll("p", recs(0, 1)...)))}, Options{},
		[]guarantee.Anomaly{G1c}, "G1c: process 1 at 0 before process 2 at 0, which polled its 1, and process 2 at 0 before process 1 at 0, which polled its 2: each before itself"},
	{"a circle over a process", []Op{{Process: 2, F: Work, Status: checker.OK, Mops: []Mop{Poll("p", recs(0, 1)...)}, Invoke: 1, Return: 5}, work(2, 1, Send("q", 2, 0)),
		long(work(1, 1, Send("p", 1, 0), Poll("q", recs(0, 2)...)))}, Options{}, []guarantee.Anomaly{G1cProcess}, ""},
	{"a circle over real time", []Op{{Process: 2, F: Work, Status: checker.OK, Mops: []Mop{Poll("p", recs(0, 1)...)}, Invoke: 1, Return: 5}, work(3, 1, Send("q", 2, 0)),
		long(work(1, 1, Send("p", 1, 0), Poll("q", recs(0, 2)...)))}, Options{}, []guarantee.Anomaly{G1cRealtime}, ""},
	{"consumed twice", with(three, assign(2, 4, Subscribe, "p"), poll(2, 5, 0, 1), assign(2, 6, Subscribe), assign(2, 7, Subscribe, "p"), poll(2, 8, 0, 1, 2, 3)), Options{ExactlyOnce: true},
		[]guarantee.Anomaly{ConsumedTwice}, "consumed-twice: process 2, subscribed to p, polled 1 at offset 0 again"},
}

func TestEveryAnomalyIsFoundUnderItsNameAndNoOther(t *testing.T) {
	for _, tc := range anomalies {
		t.Run(tc.name, func(t *testing.T) {
			r := Check(tc.h, tc.opt)
			require.Equal(t, checker.Violated, r.Verdict, r.Reason)
			var got []guarantee.Anomaly
			for a := range r.Count {
				got = append(got, a)
			}
			require.ElementsMatch(t, tc.found, got, "%+v", r.Findings)
			require.NotEmpty(t, r.Findings[0].Ops)
			require.LessOrEqual(t, len(r.Findings[0].Ops), 5)
			require.NotEmpty(t, r.Findings[0].Subject)
			if tc.why != "" {
				require.Equal(t, tc.why, r.Reason)
			}
			_, err := json.Marshal(r)
			require.NoError(t, err)
		})
	}
}

func TestWhatKafkaAllowsIsShownAndDoesNotCount(t *testing.T) {
	for name, tc := range map[string]struct {
		h    []Op
		opt  Options
		want guarantee.Anomaly
	}{
		"a skip after a rebalance": {with(three, assign(2, 4, Subscribe, "p"), poll(2, 5, 0, 1), poll(2, 6, 2, 3), poll(3, 7, 0, 1, 2, 3)), Options{}, PollSkip},
		"back after a rebalance":   {with(three, assign(2, 4, Subscribe, "p"), poll(2, 5, 0, 1), poll(2, 6, 0, 1, 2, 3)), Options{}, NonmonotonicPoll},
		"others between two sends": {[]Op{long(work(1, 1, Send("p", 1, 0), Send("p", 2, 2))), long(send(2, 1, 3, 1)), poll(3, 5, 0, 1, 3, 2)}, Options{}, IntSendSkip},
		"aborted, uncommitted":     {[]Op{send(1, 1, 1, 0), as(checker.Fail, send(1, 2, 2, 1)), poll(2, 4, 0, 1, 2)}, Options{Uncommitted: true}, G1a},
		"a circle of writes":       {[]Op{long(work(1, 1, Send("p", 1, 0), Send("q", 2, 1))), long(work(2, 1, Send("p", 3, 1), Send("q", 4, 0))), work(3, 5, Poll("p", recs(0, 1, 3)...), Poll("q", recs(0, 4, 2)...))}, Options{WW: true}, G0},
		"a circle with a write":    {[]Op{long(work(1, 1, Send("p", 1, 0), Send("q", 5, 0))), long(work(2, 1, Send("p", 3, 1), Poll("r", recs(0, 9)...))), long(work(3, 5, Poll("p", recs(0, 1, 3)...), Send("r", 9, 0), Send("s", 8, 0))), long(work(4, 9, Send("q", 7, 1), Poll("q", recs(0, 5)...)))}, Options{WW: true}, ""},
		"consumed twice":           {with(three, assign(2, 4, Subscribe, "p"), poll(2, 5, 0, 1), assign(2, 6, Subscribe), assign(2, 7, Subscribe, "p"), poll(2, 8, 0, 1, 2, 3)), Options{}, ConsumedTwice},
	} {
		r := Check(tc.h, tc.opt)
		if tc.want == "" {
			require.Positive(t, len(r.Findings), name)
			continue
		}
		require.Equal(t, checker.Holds, r.Verdict, "%s: %s", name, r.Reason)
		require.True(t, r.Has(tc.want), "%s: %v", name, r.Count)
		require.True(t, r.Findings[0].Allowed, name)
	}
}

func TestCleanHistoriesHold(t *testing.T) {
	for name, h := range map[string][]Op{
		"in order":                       with(three, poll(2, 5, 0, 1, 2), poll(2, 6, 2, 3)),
		"gaps of transaction markers":    {send(1, 1, 1, 0), send(1, 2, 2, 4), work(2, 3, Poll("p", Record{Offset: 0, Value: 1}, Record{Offset: 4, Value: 2}))},
		"an unknown send that was not":   {send(1, 1, 1, 0), as(checker.Maybe, send(1, 2, 2, 1)), send(1, 3, 3, 1), poll(2, 5, 0, 1, 3)},
		"an unknown send that was":       {send(1, 1, 1, 0), as(checker.Maybe, send(1, 2, 2, NoOffset)), poll(2, 5, 0, 1, 2)},
		"a new assignment":               with(three, assign(2, 4, Assign, "p"), poll(2, 5, 0, 1, 2, 3), assign(2, 6, Assign, "q"), assign(2, 7, Assign, "p"), poll(2, 8, 0, 1)),
		"a rewind after a failed poll":   with(three, poll(2, 5, 0, 1), as(checker.Fail, poll(2, 6, 1, 2)), poll(2, 7, 1, 2, 3)),
		"skips while rebalanced":         with(three, poll(3, 4, 0, 1, 2, 3), Op{Process: 2, F: Work, Status: checker.OK, Mops: []Mop{Poll("p", recs(0, 1)...), Poll("p", recs(2, 3)...)}, Rebalanced: []string{"p"}, Invoke: 60, Return: 61}),
		"a transaction behind another":   {work(1, 1, Send("p", 1, 0)), work(2, 2, Poll("p", recs(0, 1)...), Send("q", 2, 0)), work(1, 3, Poll("q", recs(0, 2)...), Send("p", 3, 1))},
		"concurrent sends in any order":  {long(send(1, 1, 1, 1)), long(send(2, 1, 2, 0)), poll(3, 5, 0, 2, 1)},
		"not polled yet, without an end": with(five, poll(2, 6, 0, 1)),
	} {
		r := Check(h, Options{})
		require.Equal(t, checker.Holds, r.Verdict, "%s: %s", name, r.Reason)
		require.Empty(t, r.Count, name)
	}
}

func TestNothingIsNotOK(t *testing.T) {
	for why, h := range map[string][]Op{
		"0 operations, want at least 1":               nil,
		"0 acknowledged sends, want at least 1":       {as(checker.Maybe, send(1, 1, 1, 0)), poll(2, 3, 0, 1)},
		"0 polls, want at least 1":                    three,
		"0 different records polled, want at least 1": with(three, poll(2, 5, 0)),
	} {
		r := Check(h, Options{})
		require.Equal(t, checker.Vacuous, r.Verdict)
		require.Equal(t, why, r.Reason)
	}
}

func TestWhatIsNoHistoryIsMalformed(t *testing.T) {
	back := work(1, 1)
	back.Return = 0
	for why, h := range map[string][]Op{
		"operation 0 (process 1: work  [10,15] ok): it returned before it was invoked":                                  {back},
		"operation 1 (process 1: send p 1@0 [10,15] ok): its process was busy with process 1: send p 1@0 [10,15] ok":    {send(1, 1, 1, 0), send(1, 1, 1, 0)},
		"operation 1 (process 2: send p 1@0 [10,15] ok) sends 1 to p, and so did operation 0: values must be sent once": {send(1, 1, 1, 0), send(2, 1, 1, 0)},
		"operation 0 (process 1: f(9)  [10,15] ok): its function must be work, assign or subscribe":                     {{Process: 1, F: 9, Status: checker.OK, Invoke: 10, Return: 15}},
		"operation 0 (process 1: poll p [] [10,15] mismatch): its status must be ok, fail or maybe":                     {as(checker.Mismatch, poll(1, 1, 0))},
		"operation 0 (process 1: poll p [1@-1] [10,15] ok): micro-operation 0: a polled record has an offset":           {poll(1, 1, -1, 1)},
	} {
		r := Check(h, Options{})
		require.Equal(t, checker.Malformed, r.Verdict)
		if why != "" && r.Reason != why {
			require.Contains(t, r.Reason, why[len(why)-30:])
		}
	}
}

func TestLagAndUnseenAreMeasured(t *testing.T) {
	r := Check(with(three, poll(2, 9, 0, 1), poll(2, 20, 1)), Options{})
	require.Equal(t, checker.Holds, r.Verdict, r.Reason)
	require.Equal(t, 2, r.Coverage.Of("acknowledged sends that nobody polled"))
	require.Equal(t, 200-25, r.Coverage.Of("worst lag of a poll")) // offset 1 was known at 25, and the poll at 200 did not show it
}

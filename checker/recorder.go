package checker

import "sync"

// An OpID names an operation that a recorder has seen invoked.
type OpID int

// A Recorder writes a history down as it happens. It is for one goroutine; see SyncRecorder.
//
// Times come from the clock given to NewRecorder, but never stand still: each invocation and each return gets a stamp
// of its own, later than the one before it, so that the order of the calls to the recorder is the order of the history,
// also between events at one instant of virtual time.
type Recorder struct {
	clock func() int64
	last  int64
	ops   []Op
	ended []bool
}

// NewRecorder returns a recorder that reads the time from clock; nil counts events: 1, 2, 3, …
func NewRecorder(clock func() int64) *Recorder { return &Recorder{clock: clock} }

// Grow makes room for n more operations, so that recording them allocates nothing.
func (r *Recorder) Grow(n int) {
	if want := len(r.ops) + n; want > cap(r.ops) {
		r.ops = append(make([]Op, 0, want), r.ops...)
		r.ended = append(make([]bool, 0, want), r.ended...)
	}
}

func (r *Recorder) now() int64 {
	t := r.last + 1
	if r.clock != nil {
		t = max(t, r.clock())
	}
	r.last = t
	return t
}

// Invoke notes that client calls op, of which F, Key, To, In, Expect and Session count. Call it before the request can
// have any effect.
func (r *Recorder) Invoke(client string, op Op) OpID {
	id := len(r.ops)
	op.ID, op.Client = int64(id), client
	op.Status, op.Call, op.Ret = Maybe, r.now(), Never
	op.Out, op.Pairs = Value{}, nil
	r.ops = append(r.ops, op)
	r.ended = append(r.ended, false)
	return OpID(id)
}

// OK notes that the operation succeeded and, if it has an output, saw out. Call it after the answer has arrived.
func (r *Recorder) OK(id OpID, out Value) { r.end(id, OK, out, nil) }

// OKScan notes that a scan succeeded and was answered with pairs, which the recorder keeps.
func (r *Recorder) OKScan(id OpID, pairs []Pair) { r.end(id, OK, Value{}, pairs) }

// Fail notes that the operation certainly had no effect and never will have one.
func (r *Recorder) Fail(id OpID) { r.end(id, Fail, Value{}, nil) }

// Mismatch notes that a compare-and-set found actual instead of what it expected; the zero Value if it was not told.
func (r *Recorder) Mismatch(id OpID, actual Value) { r.end(id, Mismatch, actual, nil) }

// Maybe notes that the client gave up without knowing whether the operation took effect or will.
func (r *Recorder) Maybe(id OpID) { r.end(id, Maybe, Value{}, nil) }

// end panics on a second ending: the history would no longer say what happened.
func (r *Recorder) end(id OpID, s Status, out Value, pairs []Pair) {
	if r.ended[id] {
		panic("checker: operation ended twice: " + r.ops[id].String())
	}
	r.ended[id] = true
	op := &r.ops[id]
	op.Status, op.Out, op.Pairs, op.Ret = s, out, pairs, r.now()
}

// Len is the number of operations invoked so far.
func (r *Recorder) Len() int { return len(r.ops) }

// Open tells whether the operation has not ended yet.
func (r *Recorder) Open(id OpID) bool { return !r.ended[id] }

// Op returns the operation as it stands. The pointer is good until the next Invoke.
func (r *Recorder) Op(id OpID) *Op { return &r.ops[id] }

// History returns what was recorded. It shares memory with the recorder: take it when the run is over, or clone it.
// Operations that have not ended are Maybe, with Ret Never.
func (r *Recorder) History() History { return r.ops }

// Reset forgets everything and keeps the memory, for the next run.
func (r *Recorder) Reset() {
	clear(r.ops)
	r.ops, r.ended, r.last = r.ops[:0], r.ended[:0], 0
}

// SyncRecorder is a Recorder for concurrent clients of live processes. Its stamps are drawn under a lock, before the
// request of an Invoke can leave and after the answer of an ending has come: they are a real-time order.
type SyncRecorder struct {
	mu sync.Mutex
	r  Recorder
}

// NewSyncRecorder returns a recorder that many goroutines may use; clock is as for NewRecorder.
func NewSyncRecorder(clock func() int64) *SyncRecorder {
	return &SyncRecorder{r: Recorder{clock: clock}}
}

// Invoke is Recorder.Invoke.
func (s *SyncRecorder) Invoke(client string, op Op) OpID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Invoke(client, op)
}

// OK is Recorder.OK.
func (s *SyncRecorder) OK(id OpID, out Value) { s.end(id, OK, out, nil) }

// OKScan is Recorder.OKScan.
func (s *SyncRecorder) OKScan(id OpID, pairs []Pair) { s.end(id, OK, Value{}, pairs) }

// Fail is Recorder.Fail.
func (s *SyncRecorder) Fail(id OpID) { s.end(id, Fail, Value{}, nil) }

// Mismatch is Recorder.Mismatch.
func (s *SyncRecorder) Mismatch(id OpID, actual Value) { s.end(id, Mismatch, actual, nil) }

// Maybe is Recorder.Maybe.
func (s *SyncRecorder) Maybe(id OpID) { s.end(id, Maybe, Value{}, nil) }

func (s *SyncRecorder) end(id OpID, st Status, out Value, pairs []Pair) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r.end(id, st, out, pairs)
}

// History returns a copy of what was recorded so far.
func (s *SyncRecorder) History() History {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(History(nil), s.r.ops...)
}

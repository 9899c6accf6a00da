package nodes

// MarkKind is what a coverage mark claims. The words are those of Antithesis's
// assertions.
type MarkKind uint8

// The kinds of mark.
const (
	MarkSometimes   MarkKind = iota // holds in at least one run of a campaign
	MarkReachable                   // is reached in at least one run of a campaign
	MarkAlways                      // holds whenever it is reached
	MarkUnreachable                 // is never reached
)

// String is the kind's name, in lower case.
func (k MarkKind) String() string {
	return [...]string{"sometimes", "reachable", "always", "unreachable"}[k]
}

// Marker is what an Env implements if it collects marks. The simulator's does;
// live's does not, and there a mark costs one failed type assertion.
type Marker interface {
	Mark(kind MarkKind, name string, holds bool)
}

// Sometimes says that cond should hold here at least once in a campaign: an
// interesting state that the tests are meant to reach. A campaign in which it
// never did says so.
func Sometimes(env Env, cond bool, name string) {
	if m, ok := env.(Marker); ok {
		m.Mark(MarkSometimes, name, cond)
	}
}

// Reachable says that this place should be reached at least once in a campaign.
func Reachable(env Env, name string) {
	if m, ok := env.(Marker); ok {
		m.Mark(MarkReachable, name, true)
	}
}

// Always says that cond holds whenever this place is reached. In the simulator,
// that it does not is a violation of the property name.
func Always(env Env, cond bool, name string) {
	if m, ok := env.(Marker); ok {
		m.Mark(MarkAlways, name, cond)
	}
}

// Unreachable says that this place is never reached. In the simulator, that it is
// is a violation of the property name.
func Unreachable(env Env, name string) {
	if m, ok := env.(Marker); ok {
		m.Mark(MarkUnreachable, name, false)
	}
}

// Noter is what an Env implements if it keeps notes for the story of a run.
type Noter interface {
	// Noting tells whether a note would be kept at all.
	Noting() bool
	Note(text string)
}

// Noting tells whether a Note would be kept, so that a node need not make the text
// for nothing.
func Noting(env Env) bool {
	n, ok := env.(Noter)
	return ok && n.Noting()
}

// Note puts a sentence of the protocol's own into the story of a run: "leads ballot
// 3.n2". It changes nothing in the run. Ask Noting first where making the text costs.
func Note(env Env, text string) {
	if n, ok := env.(Noter); ok && n.Noting() {
		n.Note(text)
	}
}

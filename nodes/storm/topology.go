package storm

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Topology is a graph of spouts and bolts. Its methods build it, and [Topology.Validate] says what is wrong with it. Tasks are
// numbered from 1: component by component in the order of their declaration, then the ackers.
type Topology struct {
	Name    string
	workers int
	ackers  int

	components []*Component
	errs       []error
}

// Component is a spout or a bolt of a topology, under construction or finished.
type Component struct {
	t     *Topology
	name  string
	tasks int
	first int32 // its first task

	spout func() Spout
	bolt  func() Bolt
	acker bool

	streams map[string][]string // fields, by stream
	inputs  []input
	tick    time.Duration
	blocks  bool
}

// input is a subscription.
type input struct {
	from, stream string
	how          Grouping
	fields       []string
	to           *Component
}

// Grouping says which tasks of a subscriber a tuple goes to.
type Grouping uint8

// The groupings.
const (
	ByShuffle Grouping = iota // one, in turn
	ByFields                  // the one that tuples with equal values of some fields go to
	ToAll                     // all
	ToFirst                   // the first: Storm's global grouping
	Directed                  // the one that whoever emits names
)

// DefaultStream is the stream that tuples go to where none is named.
const DefaultStream = "default"

// NewTopology begins a topology with one worker and one acker.
func NewTopology(name string) *Topology { return &Topology{Name: name, workers: 1, ackers: 1} }

// Workers says on how many workers the tasks are spread.
func (t *Topology) Workers(n int) *Topology { t.workers = n; return t }

// Ackers says how many acker tasks there are. With 0 every tuple is acked to its spout as soon as it is emitted.
func (t *Topology) Ackers(n int) *Topology { t.ackers = n; return t }

// Spout adds a spout with so many tasks. make is called once for each task and launch.
func (t *Topology) Spout(name string, tasks int, make func() Spout) *Component {
	return t.add(&Component{t: t, name: name, tasks: tasks, spout: make})
}

// Bolt adds a bolt with so many tasks. make is called once for each task and launch.
func (t *Topology) Bolt(name string, tasks int, make func() Bolt) *Component {
	return t.add(&Component{t: t, name: name, tasks: tasks, bolt: make})
}

func (t *Topology) add(c *Component) *Component {
	if t.component(c.name) != nil {
		t.errs = append(t.errs, fmt.Errorf("two components are called %q", c.name))
	}
	if c.tasks < 1 {
		t.errs = append(t.errs, fmt.Errorf("%s has %d tasks: want at least one", c.name, c.tasks))
	}
	c.streams = map[string][]string{}
	t.components = append(t.components, c)
	return c
}

// Declare names the fields of what the component emits to the default stream.
func (c *Component) Declare(names ...string) *Component {
	return c.DeclareStream(DefaultStream, names...)
}

// DeclareStream names the fields of what the component emits to a stream.
func (c *Component) DeclareStream(stream string, names ...string) *Component {
	c.streams[stream] = names
	return c
}

// Shuffle subscribes to a component: each tuple goes to one task, in turn.
func (c *Component) Shuffle(from string) *Component {
	return c.Subscribe(from, DefaultStream, ByShuffle)
}

// Fields subscribes to a component: tuples with equal values of these fields go to one task.
func (c *Component) Fields(from string, names ...string) *Component {
	return c.Subscribe(from, DefaultStream, ByFields, names...)
}

// All subscribes to a component: each tuple goes to all tasks.
func (c *Component) All(from string) *Component { return c.Subscribe(from, DefaultStream, ToAll) }

// Global subscribes to a component: each tuple goes to the first task.
func (c *Component) Global(from string) *Component { return c.Subscribe(from, DefaultStream, ToFirst) }

// Direct subscribes to a component, which says for each tuple to which task it goes.
func (c *Component) Direct(from string) *Component { return c.Subscribe(from, DefaultStream, Directed) }

// Subscribe subscribes to any stream of a component.
func (c *Component) Subscribe(from, stream string, how Grouping, names ...string) *Component {
	c.inputs = append(c.inputs, input{from: from, stream: stream, how: how, fields: names, to: c})
	return c
}

// Tick has the runtime hand each task of the bolt a tick tuple every d.
func (c *Component) Tick(d time.Duration) *Component { c.tick = d; return c }

// Blocking says that the component calls the methods of its Context that wait. While a task waits, its queue grows.
func (c *Component) Blocking() *Component { c.blocks = true; return c }

// ackerName is the component that ackers are tasks of.
const ackerName = "__acker"

// Validate reports everything that is wrong with the topology, and numbers its tasks. It is to be called once.
func (t *Topology) Validate() error {
	if t.ackers > 0 {
		t.add(&Component{t: t, name: ackerName, tasks: t.ackers, acker: true})
	}
	next, spouts := int32(1), 0
	for _, c := range t.components {
		c.first = next
		next += int32(c.tasks)
		if c.spout != nil {
			spouts++
		}
		for _, in := range c.inputs {
			t.check(c, in)
		}
	}
	if spouts == 0 {
		t.errs = append(t.errs, errors.New("there is no spout"))
	}
	if t.workers < 1 {
		t.errs = append(t.errs, fmt.Errorf("%d workers: want at least one", t.workers))
	}
	if len(t.errs) > 0 {
		return fmt.Errorf("storm: topology %s: %w", t.Name, errors.Join(t.errs...))
	}
	return nil
}

func (t *Topology) check(c *Component, in input) {
	from := t.component(in.from)
	if from == nil {
		t.errs = append(t.errs, fmt.Errorf("%s subscribes to %q, which there is not", c.name, in.from))
		return
	}
	declared, ok := from.streams[in.stream]
	if !ok {
		t.errs = append(t.errs, fmt.Errorf("%s subscribes to the stream %q of %s, which it does not declare", c.name, in.stream, in.from))
	}
	for _, f := range in.fields {
		if !slices.Contains(declared, f) {
			t.errs = append(t.errs, fmt.Errorf("%s groups by the field %q, which %s does not declare", c.name, f, in.from))
		}
	}
}

func (t *Topology) component(name string) *Component {
	for _, c := range t.components {
		if c.name == name {
			return c
		}
	}
	return nil
}

// of is the component of a task; nil if there is no such task.
func (t *Topology) of(task int32) *Component {
	for _, c := range t.components {
		if task >= c.first && task < c.first+int32(c.tasks) {
			return c
		}
	}
	return nil
}

// Tasks are the tasks of a component, ascending; of all if name is "".
func (t *Topology) Tasks(name string) []int32 {
	var list []int32
	for _, c := range t.components {
		for i := range c.tasks {
			if name == "" || c.name == name {
				list = append(list, c.first+int32(i))
			}
		}
	}
	return list
}

// ComponentOf names the component of a task; "" if there is no such task.
func (t *Topology) ComponentOf(task int32) string {
	if c := t.of(task); c != nil {
		return c.name
	}
	return ""
}

// subscriptions are the inputs that a stream of a component feeds, in the order of declaration.
func (t *Topology) subscriptions(from, stream string) []input {
	var list []input
	for _, c := range t.components {
		for _, in := range c.inputs {
			if in.from == from && in.stream == stream {
				list = append(list, in)
			}
		}
	}
	return list
}

// ackerOf is the acker task of a root; 0 if there are no ackers.
func (t *Topology) ackerOf(root uint64) int32 {
	if t.ackers == 0 {
		return 0
	}
	return t.component(ackerName).first + int32(root%uint64(t.ackers))
}

package nemesis

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that can break: a comparable value that prints as it is written,
// and that [ParseFault] reads from what it prints. The types of this package that
// implement it are all there are; [Kinds] lists them.
type Fault interface {
	// String is the fault as it is written: "isolate(leader, way=in)".
	String() string
	// Kind is the entry of the catalogue.
	Kind() *Kind
	// begin lets the fault begin. An error says why it cannot: the entry is then
	// skipped, or tried again if the error is a [retry].
	begin(r *run) error
}

// Class says what a fault asks of a protocol.
type Class uint8

// The classes.
const (
	// InModel faults are part of what every protocol must survive: safety holds while they
	// are in force, and liveness returns after their end.
	InModel Class = iota
	// Costly faults are survived too, and count against [Cluster.Tolerates] while they are in force.
	Costly
	// Damaging faults destroy something for good, so they count to the end of the run. They
	// are skipped unless the cluster allows them.
	Damaging
	// Foreign faults are outside of what any protocol here claims to survive. They are for
	// trying decoders, and for runs that are expected to be caught.
	Foreign
)

// String is the class in a word.
func (c Class) String() string {
	return [...]string{"in-model", "costly", "damaging", "foreign"}[c]
}

// Kind is a kind of fault.
type Kind struct {
	Name   string // as it is written: "isolate"
	Family string // see [Families]
	Class  Class
	Doc    string // one sentence

	proto definition
	make  func() definition
	value func(definition) Fault
}

// definition is a fault whose arguments can be set.
type definition interface{ fields() []field }

// define makes a kind of fault of the type T, whose pointer lists its fields.
func define[T Fault, P interface {
	*T
	definition
}](name, family string, class Class, doc string) *Kind {
	return &Kind{
		Name: name, Family: family, Class: class, Doc: doc,
		proto: P(new(T)),
		make:  func() definition { return P(new(T)) },
		value: func(d definition) Fault { return *(*T)(d.(P)) },
	}
}

// Usage is how the fault is written, with its optional arguments in brackets:
// "isolate(target [, way=both|in|out] [, clients])".
func (k *Kind) Usage() string {
	var b strings.Builder
	b.WriteString(k.Name)
	for i, f := range k.proto.fields() {
		sep := ", "
		if i == 0 {
			sep = "("
		}
		if f.key == "" {
			b.WriteString(sep + usageOf(f.value))
			continue
		}
		what := f.key
		if _, flag := f.value.(flagValue); !flag {
			what += "=" + usageOf(f.value)
		}
		if i == 0 {
			b.WriteString("([" + what + "]")
		} else {
			b.WriteString(" [, " + what + "]")
		}
	}
	if len(k.proto.fields()) > 0 {
		b.WriteByte(')')
	}
	return b.String()
}

func usageOf(v value) string {
	switch v := v.(type) {
	case targetValue:
		return "target"
	case linksValue:
		return "links"
	case groupsValue:
		return "groups"
	case durationValue:
		if v.signed {
			return "±duration"
		}
		return "duration"
	case ppmValue:
		return "percent"
	case rateValue:
		return "±ppm"
	case countValue:
		return "count"
	case interface{ choices() []string }:
		return strings.Join(v.choices(), "|")
	}
	return "value"
}

func (v wordValue[T]) choices() []string { return v.words }

// Kinds is the catalogue of faults, by family and then by name of the catalogue.
func Kinds() []*Kind { return slices.Clone(kinds) }

// kindNamed finds a kind of the catalogue, or nil.
func kindNamed(name string) *Kind {
	i := slices.IndexFunc(kinds, func(k *Kind) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return kinds[i]
}

// kindNames lists the names of all faults.
func kindNames() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return names
}

// write prints a fault.
func write(name string, d definition) string {
	var args []string
	for _, f := range d.fields() {
		_, flag := f.value.(flagValue)
		switch {
		case f.key == "":
			args = append(args, f.text())
		case f.zero():
		case flag:
			args = append(args, f.key)
		default:
			args = append(args, f.key+"="+f.text())
		}
	}
	if len(args) == 0 {
		return name
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// Check tells what is wrong with a fault that a program has put together: a
// missing target, a probability of 0.
func Check(f Fault) error {
	if f == nil {
		return fmt.Errorf("there is no fault")
	}
	// What prints as it is written can be checked by reading it; what is wrong in a
	// way that does not print is found by the comparison.
	g, err := ParseFault(f.String())
	if err != nil {
		return fmt.Errorf("fault %s: %w", f, err)
	}
	if g != f {
		return fmt.Errorf("fault %s is not in its normal form, which prints as %s", f, g)
	}
	return nil
}

// Family is a group of faults that are switched on and off together.
type Family struct {
	Name  string
	Doc   string
	Kinds []*Kind
}

// Families lists the families, in the order of the catalogue.
func Families() []Family {
	list := slices.Clone(families)
	for i := range list {
		for _, k := range kinds {
			if k.Family == list[i].Name {
				list[i].Kinds = append(list[i].Kinds, k)
			}
		}
	}
	return list
}

// SelectFamilies reads a list such as "crash,partition", in any order, and returns the
// names in the order of the catalogue. An error is one line that names what is not a
// family, and what may have been meant.
func SelectFamilies(list string) ([]string, error) {
	var known, chosen, names []string
	for _, f := range families {
		known = append(known, f.Name)
	}
	for w := range strings.SplitSeq(list, ",") {
		w = strings.TrimSpace(w)
		if !slices.Contains(known, w) {
			if k := kindNamed(w); k != nil {
				return nil, fmt.Errorf("%q is a fault of the family %q; want names of families", w, k.Family)
			}
			return nil, fmt.Errorf("%s", unknown("fault family", w, known))
		}
		chosen = append(chosen, w)
	}
	for _, n := range known {
		if slices.Contains(chosen, n) {
			names = append(names, n)
		}
	}
	return names, nil
}

package strategy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kind is a sort of strategy: its name, where it is from, and how to make one.
type Kind struct {
	Name   string  `json:"name"`
	About  string  `json:"about"`  // one line
	Source string  `json:"source"` // the paper
	Params []Param `json:"params,omitempty"`

	// make makes one for a campaign of that seed; the parameters are complete and in range.
	make func(seed uint64, p Params) Strategy
}

// Param is a parameter of a kind, a whole number.
type Param struct {
	Name    string `json:"name"`
	About   string `json:"about"`
	Default int    `json:"default"`
	Min     int    `json:"min"`
	Max     int    `json:"max"`
}

// Params are values of parameters, by name.
type Params map[string]int

// Kinds are all strategies, in the order in which they are to be listed.
func Kinds() []Kind {
	return []Kind{
		portfolioKind(), pctcpKind(), tapctKind(), pctKind(), posKind(), delayKind(), isoswarmKind(), isolateKind(), swarmKind(),
		crashPointsKind(), coverageKind(), randomKind(),
	}
}

// Parse makes the strategy that spec names, for a campaign of that seed: "swarm", or "pctcp:d=3"
// with parameters that differ from the default ones, separated by commas. The error is one line
// that says what would be right.
func Parse(spec string, seed uint64) (Strategy, error) {
	k, p, err := parse(spec)
	if err != nil {
		return nil, err
	}
	return k.make(seed, p), nil
}

// KindOf returns the kind that spec names, and its parameters, complete.
func KindOf(spec string) (Kind, Params, error) { return parse(spec) }

func parse(spec string) (Kind, Params, error) {
	name, rest, given := strings.Cut(spec, ":")
	kinds := Kinds()
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, nil, fmt.Errorf("there is no strategy %q: there are %s", name, strings.Join(names(kinds), ", "))
	}
	k, p := kinds[i], Params{}
	for _, q := range k.Params {
		p[q.Name] = q.Default
	}
	if !given {
		return k, p, nil
	}
	for _, assignment := range strings.Split(rest, ",") {
		if err := k.assign(p, assignment); err != nil {
			return Kind{}, nil, err
		}
	}
	return k, p, nil
}

func names(kinds []Kind) []string {
	var list []string
	for _, k := range kinds {
		list = append(list, k.Name)
	}
	return list
}

// assign carries out one "d=3".
func (k Kind) assign(p Params, assignment string) error {
	name, value, ok := strings.Cut(assignment, "=")
	i := slices.IndexFunc(k.Params, func(q Param) bool { return q.Name == name })
	if !ok || i < 0 {
		return fmt.Errorf("strategy %s: %q is no parameter: want %s", k.Name, assignment, k.usage())
	}
	q := k.Params[i]
	n, err := strconv.Atoi(value)
	if err != nil || n < q.Min || n > q.Max {
		return fmt.Errorf("strategy %s: %s is %q: want a whole number from %d to %d", k.Name, name, value, q.Min, q.Max)
	}
	p[name] = n
	return nil
}

// usage says which parameters there are, as in "d=3 (1 to 10)".
func (k Kind) usage() string {
	if len(k.Params) == 0 {
		return "none"
	}
	var list []string
	for _, q := range k.Params {
		list = append(list, fmt.Sprintf("%s=%d (%d to %d)", q.Name, q.Default, q.Min, q.Max))
	}
	return strings.Join(list, ", ")
}

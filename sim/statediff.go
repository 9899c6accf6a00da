package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// stateDiff says what is different between two states that were printed as JSON: one
// "path: old → new" for each, sorted, and separated by semicolons.
func stateDiff(before, after string) string {
	if before == "" {
		return after
	}
	a, aOK := parseState(before)
	b, bOK := parseState(after)
	if !aOK || !bOK {
		return after
	}
	var out []string
	diffValues("", a, b, &out)
	return strings.Join(out, "; ")
}

// parseState reads a state. Its numbers keep their digits: a float64 would make two large values one.
func parseState(text string) (v any, ok bool) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err := d.Decode(&v)
	return v, err == nil
}

func diffValues(path string, a, b any, out *[]string) {
	am, aIsMap := a.(map[string]any)
	bm, bIsMap := b.(map[string]any)
	if aIsMap && bIsMap {
		for _, key := range keysOf(am, bm) {
			diffValues(join(path, key), am[key], bm[key], out)
		}
		return
	}
	x, y := compact(a), compact(b)
	if x != y {
		*out = append(*out, fmt.Sprintf("%s: %s → %s", path, x, y))
	}
}

func keysOf(a, b map[string]any) []string {
	var keys []string
	for _, m := range []map[string]any{a, b} {
		for key := range m { // lint:maporder sorted below
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func compact(v any) string {
	p, _ := json.Marshal(v)
	return string(p)
}

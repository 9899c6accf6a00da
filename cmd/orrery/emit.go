package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"unicode"

	"orrery/scenarios"
	"orrery/sim"
)

// emit writes what the flags ask for, and returns the paths.
func (a *app) emit(f *shrinkFlags, s *scenarios.Scenario, name string, m *smaller) (paths []string, err error) {
	write := func(dir, file string, data []byte) error {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		path := filepath.Join(dir, file)
		paths = append(paths, path)
		return os.WriteFile(path, data, 0o644)
	}
	base := strings.NewReplacer("-", "_", ".", "_").Replace(name)
	if f.emitTest != "" {
		source, err := regressionTest(s, name, m)
		if err != nil {
			return nil, err
		}
		if err := write(f.emitTest, base+"_test.go", source); err != nil {
			return nil, err
		}
	}
	if f.emitStory != "" {
		if err := write(f.emitStory, base+".txt", []byte(m.story.StoryText())); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// lines are the lines of a text, without their ends.
func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// swap makes of a command line to replay a universe one of another command.
func swap(replay, command string) string {
	return strings.Replace(replay, "orrery replay", "orrery "+command, 1)
}

// testName makes a name of a Go test: PaxosCountsNacksSeed3.
func testName(name string) string {
	var b strings.Builder
	up := true
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			up = true
		case up:
			b.WriteRune(unicode.ToUpper(r))
			up = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// regressionTest is the source of a Go test that replays a violation. Where the defect is planted, it asks for both: that it
// shows, and that without it the property holds. Where it is not, it fails until the defect is mended.
//
// Only the one property is asked for. A run of listed events says nothing of others: what may not happen
// cannot be waited for.
func regressionTest(s *scenarios.Scenario, name string, m *smaller) ([]byte, error) {
	o := m.found.Options
	var b bytes.Buffer
	err := regression.Execute(&b, map[string]any{
		"Name": testName(name), "Scenario": s.Name, "Property": m.found.Result.Property,
		"Story": lines(m.story.StoryText()), "O": o, "Plan": lines(o.Plan.String()),
		"HasPlan": len(o.Plan.Entries) > 0, "Mode": o.Plan.Mode.String(),
	})
	if err != nil {
		return nil, err
	}
	source, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("the test that was made is no Go: %w", err)
	}
	return source, nil
}

var regression = template.Must(template.New("regression").Funcs(template.FuncMap{
	"hex": func(id sim.DrawID) string { return fmt.Sprintf("0x%016x", uint64(id)) },
	"q":   func(s string) string { return fmt.Sprintf("%q", s) },
	"row": func(i int) bool { return i%5 == 0 },
}).Parse(`// Written by orrery shrink --emit-test. It is a test like any other: keep it, and change it as you like.

package regressions_test

import (
	"testing"

	"orrery/checker"
	"orrery/nemesis"
	"orrery/scenarios"
{{- if or .O.Only .O.Omit .O.Overrides }}
	"orrery/sim"
{{- end }}
)

// Test{{.Name}} is about this:
//
{{- range .Story }}
//	{{.}}
{{- end }}
func Test{{.Name}}(t *testing.T) {
	const property = {{q .Property}}
	scenario, err := scenarios.Named({{q .Scenario}})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := nemesis.ParsePlan("plan", []byte({{"` + "`" + `"}}
{{- range .Plan }}
{{.}}
{{- end }}
{{"` + "`" + `"}}))
	if err != nil {
		t.Fatal(err)
	}
	options := scenarios.Options{
		Seed: {{.O.Seed}},
		Ops: {{.O.Ops}},
{{- if .O.Nodes }}
		Nodes: {{.O.Nodes}},
{{- end }}
{{- if .O.Clients }}
		Clients: {{.O.Clients}},
{{- end }}
{{- if .O.EventsMax }}
		EventsMax: {{.O.EventsMax}},
{{- end }}
{{- if .O.Window }}
		Window: {{printf "%d" .O.Window}}, // nanoseconds
{{- end }}
		Plan: &plan,
{{- if .O.Overrides }}
		Overrides: []sim.Override{
{{- range .O.Overrides }}
			{Stream: {{q .Stream}}{{if .ID}}, ID: {{hex .ID}}{{end}}{{if .Value}}, Value: {{.Value}}{{end}}},
{{- end }}
		},
{{- end }}
{{- if .O.Omit }}
		Omit: []sim.DrawID{
{{- range $i, $id := .O.Omit }}{{if row $i}}
			{{end}} {{hex $id}},
{{- end }}
		},
{{- end }}
{{- if .O.Only }}
		Only: []sim.DrawID{ // the events that happen
{{- range $i, $id := .O.Only }}{{if row $i}}
			{{end}} {{hex $id}},
{{- end }}
		},
{{- end }}
	}
	violated := func(t *testing.T, bug string) (bool, string) {
		o := options
		o.Bug = bug
		r, err := scenario.Run(o)
		if err != nil {
			t.Fatal(err)
		}
		return r.Verdict == checker.Violated && r.Property == property, r.Detail
	}
{{- if .O.Bug }}
	if yes, _ := violated(t, {{q .O.Bug}}); !yes {
		t.Errorf("the planted defect {{.O.Bug}} does not violate %s here any more", property)
	}
{{- end }}
	if yes, why := violated(t, ""); yes {
		t.Errorf("%s is violated: %s", property, why)
	}
}
`))

package dashboard

import (
	"embed"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orrery/explore/findings"
)

//go:embed templates/*.html
var files embed.FS

// templates are the pages, and the parts of the list that are kept up to date.
var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"count": count[uint64], "plural": plural, "span": span, "when": when, "times": times, "upper": upper,
}).ParseFS(files, "templates/*.html"))

// parts are the ids of the parts of the list that change, which are templates of the same names.
var parts = []string{"wrong", "hunts", "tabs", "findings", "coverage", "campaigns"}

// frame is what every page has.
type frame struct{ Title, Dir, By string }

func (s *Server) frame(title string) frame { return frame{title, s.Dir, s.By} }

type failedView struct {
	frame
	Why string
}

// listView is the page that lists the findings.
type listView struct {
	frame
	Only      findings.State // "" for all
	Wrong     []string
	Hunts     []huntView
	Tabs      []tab
	Findings  []findings.Finding
	All       int
	Campaigns []findings.Progress // those of which no hunt tells
}

// tab leads to the findings of one state.
type tab struct {
	Name, Query string
	Number      int
	On          bool
}

// huntView is a hunt as it is shown.
type huntView struct {
	Bulletin
	Live      bool
	How       string // in words
	Elapsed   time.Duration
	PerSecond uint64 // executions, lately
	Events    uint64 // the same of events
	Line      string // of the chart: the points of a polyline
	Most      uint64 // of the chart
	Legs      []legView
}

// legView is a leg as it is shown.
type legView struct {
	Leg
	Verdicts       []verdict
	Share          int // percent of its budget; -1 if that is a time
	Reached, Never []Mark
	Bit, Toothless []Fault
}

type verdict struct {
	Name   string
	Number uint64
}

func (s *Server) listView(only string) listView {
	st := s.now()
	v := listView{frame: s.frame("Findings"), Only: findings.State(only), Wrong: st.wrong, All: len(st.findings)}
	if !slices.Contains(findings.States(), v.Only) {
		v.Only = ""
	}
	number := map[findings.State]int{}
	for _, f := range st.findings {
		number[f.State]++
		if v.Only == "" || f.State == v.Only {
			v.Findings = append(v.Findings, f)
		}
	}
	v.Tabs = []tab{{"all", "", len(st.findings), v.Only == ""}}
	for _, state := range findings.States() {
		v.Tabs = append(v.Tabs, tab{string(state), "?state=" + string(state), number[state], v.Only == state})
	}
	told := map[string]bool{}
	for i := range st.hunts {
		v.Hunts = append(v.Hunts, newHuntView(&st.hunts[i], st.at))
		for _, l := range st.hunts[i].Legs {
			told[l.Campaign] = true
		}
	}
	for _, c := range st.campaigns {
		if !told[c.ID] {
			v.Campaigns = append(v.Campaigns, c)
		}
	}
	return v
}

func newHuntView(b *Bulletin, now time.Time) huntView {
	v := huntView{Bulletin: *b, Live: b.Running(now), Elapsed: b.Updated.Sub(b.Began)}
	switch {
	case b.Ending != "":
		v.How = "ended: " + b.Ending
	case !v.Live:
		v.How = "nothing was heard of it for " + span(now.Sub(b.Updated)) + ": it was killed"
	case b.Doing != "":
		v.How = b.Doing
	default:
		v.How = "runs"
	}
	v.chart()
	for _, l := range b.Legs {
		v.Legs = append(v.Legs, newLegView(l))
	}
	return v
}

func newLegView(l Leg) legView {
	v := legView{Leg: l, Share: -1}
	for _, name := range slices.Sorted(maps.Keys(l.Verdicts)) {
		v.Verdicts = append(v.Verdicts, verdict{name, l.Verdicts[name]})
	}
	if l.Until > 0 {
		v.Share = int(100 * min(l.Done, l.Until) / l.Until)
	}
	for _, m := range l.Marks {
		if m.Executions > 0 {
			v.Reached = append(v.Reached, m)
		} else {
			v.Never = append(v.Never, m)
		}
	}
	for _, f := range l.Faults {
		if f.Bit > 0 {
			v.Bit = append(v.Bit, f)
		} else {
			v.Toothless = append(v.Toothless, f)
		}
	}
	return v
}

const (
	chartWidth  = 240 // units of the picture
	chartHeight = 40
	lately      = 5 // samples that make the present throughput
)

// chart makes the picture of the throughput of the samples.
func (v *huntView) chart() {
	s := v.Samples
	if len(s) < 2 {
		return
	}
	rate := func(a, b *Sample, of func(*Sample) uint64) uint64 {
		if b.MS <= a.MS || of(b) < of(a) {
			return 0
		}
		return (of(b) - of(a)) * 1000 / uint64(b.MS-a.MS)
	}
	executions := func(s *Sample) uint64 { return s.Executions }
	first, last := &s[max(0, len(s)-1-lately)], &s[len(s)-1]
	v.PerSecond = rate(first, last, executions)
	v.Events = rate(first, last, func(s *Sample) uint64 { return s.Events })
	rates := make([]uint64, 0, len(s)-1)
	for i := 1; i < len(s); i++ {
		rates = append(rates, rate(&s[i-1], &s[i], executions))
	}
	v.Most = max(1, slices.Max(rates))
	var b strings.Builder
	for i, r := range rates {
		fmt.Fprintf(&b, "%d,%d ", chartWidth-(len(rates)-1-i)*chartWidth/(samplesKept-2), chartHeight-int(r*(chartHeight-2)/v.Most)-1)
	}
	v.Line = strings.TrimSpace(b.String())
}

// findingView is the page of a finding.
type findingView struct {
	frame
	findings.Finding
	Now, Text, Wrong string
	HasPage          bool
	Commands         []command
}

// command is one that can be copied.
type command struct{ What, Line string }

func (s *Server) findingView(f *findings.Finding) findingView {
	return findingView{
		frame: s.frame(f.Property + ", finding " + f.ID), Finding: *f,
		Commands: []command{
			{"what is known of it", "orrery findings show " + f.ID + " --out " + quoted(s.Dir)},
			{"run it again, and note whether it is gone", "orrery findings replay " + f.ID + " --out " + quoted(s.Dir)},
		},
	}
}

// quoted quotes a path for a shell, if it has to be.
func quoted(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+:@%", r)
	}) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// count prints a number with its thousands apart.
func count[N ~int | ~uint64](n N) string {
	s := strconv.FormatUint(uint64(n), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n any, thing string) string {
	number, _ := strconv.ParseUint(fmt.Sprint(n), 10, 64)
	if number == 1 {
		return "1 " + thing
	}
	return count(number) + " " + thing + "s"
}

func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return count(n) + " times"
}

func span(d time.Duration) string { return d.Round(time.Second).String() }

func when(t time.Time) string { return t.UTC().Format(time.DateTime) + " UTC" }

// upper makes the first letter of a sentence a capital.
func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

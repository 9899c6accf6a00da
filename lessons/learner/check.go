package learner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"orrery/lessons"
)

// Request says what to check.
type Request struct {
	Lesson int
	Dir    string        // of the learner's package
	Module string        // the directory of this module; "" to find it from here
	Limit  time.Duration // for the run; 0 means 30 s
}

// Report is what came of it.
type Report struct {
	Lesson   int     `json:"lesson"`
	Seeds    uint64  `json:"seeds"`            // that were run
	Want     uint64  `json:"want"`             // that must pass
	Failed   uint64  `json:"failed,omitempty"` // the first seed that did not
	Property string  `json:"property,omitempty"`
	Detail   string  `json:"detail,omitempty"`
	Demo     string  `json:"demo,omitempty"` // what the demonstration violates
	Seconds  float64 `json:"seconds"`
}

// Passed tells whether all seeds and the demonstration did.
func (r *Report) Passed() bool { return r.Failed == 0 && r.Demo == "" && r.Seeds == r.Want }

// String is the report in one or two lines.
func (r *Report) String() string {
	switch {
	case r.Failed != 0:
		return fmt.Sprintf("violated at seed %d of %d: %s: %s", r.Failed, r.Want, r.Property, r.Detail)
	case r.Demo != "":
		return "violated by the lesson's demonstration: " + r.Demo
	case r.Seeds < r.Want:
		return fmt.Sprintf("unknown: only %d of %d seeds were run in the time given", r.Seeds, r.Want)
	}
	return fmt.Sprintf("passed: %d seeds and the demonstration, %.1f s", r.Seeds, r.Seconds)
}

// defaultLimit is what a learner's variant may take: the tests of lessons take less than ten seconds.
const defaultLimit = 30 * time.Second

// ErrNotRun tells that the variant was not run: Go, the module or the package is not there, or it does not compile.
var ErrNotRun = errors.New("the variant was not run")

// Check compiles and runs a learner's package. The error is ErrNotRun with the reason in one or more lines, or
// context's; that the variant is wrong is no error.
func Check(ctx context.Context, q Request) (*Report, error) {
	l, err := lessons.Numbered(q.Lesson)
	if err != nil {
		return nil, err
	}
	if q.Limit == 0 {
		q.Limit = defaultLimit
	}
	if _, err := exec.LookPath("go"); err != nil {
		return nil, fmt.Errorf("%w: Go is not installed, or not in PATH: see https://go.dev/dl", ErrNotRun)
	}
	module, err := Module(ctx, q.Module)
	if err != nil {
		return nil, err
	}
	files, name, err := sources(q.Dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	if name == "main" {
		return nil, fmt.Errorf("%w: %s is a program: want a package with a func New, as lessons/%s/fix has", ErrNotRun, q.Dir, l.Dir)
	}
	scratch, err := os.MkdirTemp("", "orrery-lesson-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	program := filepath.Join(scratch, "program")
	if err := build(ctx, l, module, scratch, program, files); err != nil {
		return nil, err
	}
	return run(ctx, program, q.Limit)
}

// Module finds the directory of this module: the one that is named, or the one that this is run in, or any
// above.
func Module(ctx context.Context, named string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "orrery")
	cmd.Dir = named
	out, err := cmd.Output()
	if dir := strings.TrimSpace(string(out)); err == nil && dir != "" {
		return dir, nil
	}
	where := named
	if where == "" {
		where = "this directory"
	}
	return "", fmt.Errorf("%w: %s is not in Orrery's sources: run it inside a clone, or say where one is with --module DIR", ErrNotRun, where)
}

// sources are the Go files of a package, by absolute path, and its name.
func sources(dir string) (files []string, name string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, "", err
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		path, err := filepath.Abs(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, "", err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly)
		if err != nil {
			return nil, "", err
		}
		files, name = append(files, path), f.Name.Name
	}
	if len(files) == 0 {
		return nil, "", fmt.Errorf("%s has no Go files: want a package with a func New", dir)
	}
	return files, name, nil
}

// main is the generated program.
const mainText = `package main

import (
	"os"

	"orrery/lessons/learner/inside"
	lesson "orrery/lessons/%s"
	mine "orrery/lessons/%s/mine"
)

func main() { os.Exit(inside.Main(%d, lesson.Variant("mine", "the learner's", mine.New))) }
`

// build compiles the learner's files as the package mine of the lesson, and a main program. Neither is in the
// module: an overlay says that they are.
func build(ctx context.Context, l *lessons.Lesson, module, scratch, program string, files []string) error {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	home := filepath.Join(module, "lessons", l.Dir)
	if there, _ := filepath.Glob(filepath.Join(home, "mine", "*.go")); len(there) > 0 {
		for _, f := range there {
			overlay.Replace[f] = "" // what is checked is what was named
		}
	}
	for _, f := range files {
		overlay.Replace[filepath.Join(home, "mine", filepath.Base(f))] = f
	}
	generated := filepath.Join(scratch, "main.go")
	if err := os.WriteFile(generated, fmt.Appendf(nil, mainText, l.Dir, l.Dir, l.Number), 0o600); err != nil {
		return err
	}
	overlay.Replace[filepath.Join(home, "mine", "run", "main.go")] = generated
	text, err := json.Marshal(overlay)
	if err != nil {
		return err
	}
	file := filepath.Join(scratch, "overlay.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", file, "-o", program, "./lessons/"+l.Dir+"/mine/run")
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: it does not compile:\n%s", ErrNotRun, strings.TrimSpace(string(out)))
	}
	return nil
}

// run runs the program under a limit of time. It looks at the time itself between two universes; who does not come
// back from one is killed.
func run(ctx context.Context, program string, limit time.Duration) (*Report, error) {
	ctx, cancel := context.WithTimeout(ctx, limit+limit/2)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, limit.String())
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%w to its end: it did not come back within %v: is there a loop without end?", ErrNotRun, limit+limit/2)
	}
	var r Report
	if json.Unmarshal(lastLine(out.Bytes()), &r) != nil {
		return nil, fmt.Errorf("%w to its end: %w\n%s", ErrNotRun, err, head(said.String(), 12))
	}
	return &r, nil
}

// lastLine is the last line: whatever a learner prints comes before.
func lastLine(p []byte) []byte {
	p = bytes.TrimSpace(p)
	return p[bytes.LastIndexByte(p, '\n')+1:]
}

// head is the beginning of a text: a panic says there what it is.
func head(s string, lines int) string {
	list := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(list[:min(len(list), lines)], "\n")
}

package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"orrery/lessons"
	"orrery/lessons/learner"
	"orrery/lessons/stage"
	"orrery/viewer"
)

// ErrNotBuilt tells that the simulator could not be compiled.
var ErrNotBuilt = errors.New("the simulator of the page was not compiled")

// Write writes the page of a lesson. module is the directory of this module, or "" to find it from here. The error is
// ErrNotBuilt or learner.ErrNotRun with the reason, or w's own.
func Write(ctx context.Context, w io.Writer, l *lessons.Lesson, module string) error {
	p, err := describe(l)
	if err != nil {
		return err
	}
	if _, err := exec.LookPath("go"); err != nil {
		return fmt.Errorf("%w: Go is not installed, or not in PATH: see https://go.dev/dl", ErrNotBuilt)
	}
	if module, err = learner.Module(ctx, module); err != nil {
		return err
	}
	if p.Engine, err = engine(ctx, l, module); err != nil {
		return err
	}
	if p.Runtime, err = runtime(ctx); err != nil {
		return err
	}
	return p.Write(w)
}

// describe is the page without its simulator.
func describe(l *lessons.Lesson) (*viewer.LessonPage, error) {
	p := &viewer.LessonPage{Number: l.Number, Title: l.Title, Track: l.Track.String(), Minutes: l.Minutes, Badge: l.Badge,
		Seed: l.Scene.Seed, Demo: stage.Lines(l.Scene.Demo)}
	for _, name := range lessons.Sections() {
		text, err := l.Section(name)
		if err != nil {
			return nil, err
		}
		p.Sections = append(p.Sections, viewer.Section{Title: name, Text: text})
	}
	quiz, err := l.Quiz()
	if err != nil {
		return nil, err
	}
	for _, q := range quiz {
		p.Quiz = append(p.Quiz, viewer.Asked(q))
	}
	for _, v := range l.Scene.Variants {
		p.Variants = append(p.Variants, viewer.Played{Name: v.Name, About: v.About})
	}
	p.Hints, err = l.Hints()
	if err != nil {
		return nil, err
	}
	if p.Skeleton, err = l.Text("fix/fix.go"); err != nil {
		return nil, err
	}
	p.Solution, err = l.Text("fix/solution/solution.go")
	return p, err
}

// only is package scenes with one lesson in it.
const only = `package scenes

import (
	lesson "orrery/lessons/%[1]s"
	fix "orrery/lessons/%[1]s/fix"
	solution "orrery/lessons/%[1]s/fix/solution"
	"orrery/lessons/stage"
)

func All() []*stage.Scene { return []*stage.Scene{lesson.Scene(fix.New, solution.New)} }

func Of(n int) *stage.Scene {
	for _, s := range All() {
		if s.Number == n {
			return s
		}
	}
	return nil
}
`

// engine compiles the simulator, with this lesson alone.
func engine(ctx context.Context, l *lessons.Lesson, module string) ([]byte, error) {
	scratch, err := os.MkdirTemp("", "orrery-page-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	scene, overlay, out := filepath.Join(scratch, "scenes.go"), filepath.Join(scratch, "overlay.json"), filepath.Join(scratch, "engine.wasm")
	if err := os.WriteFile(scene, fmt.Appendf(nil, only, l.Dir), 0o600); err != nil {
		return nil, err
	}
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(module, "lessons", "scenes", "scenes.go"): scene}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-gcflags=all=-l", "-overlay", overlay, "-o", out, "./lessons/wasm")
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %w\n%s", ErrNotBuilt, err, strings.TrimSpace(string(said)))
	}
	return os.ReadFile(out)
}

// runtime is the script that the toolchain has for programs in a browser.
func runtime(ctx context.Context) ([]byte, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("%w: go env GOROOT: %w", ErrNotBuilt, err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return nil, fmt.Errorf("%w: the toolchain lacks its script for browsers: %w", ErrNotBuilt, err)
	}
	return text, nil
}

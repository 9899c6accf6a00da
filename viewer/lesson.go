package viewer

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"orrery/viewer/lzma"
)

//go:embed lesson.html
var builtLesson []byte

// LessonPage is the page of a lesson: its text, its questions, and a simulator to play with.
type LessonPage struct {
	Number   int       `json:"number"`
	Title    string    `json:"title"`
	Track    string    `json:"track"`
	Minutes  int       `json:"minutes"` // that it takes
	Badge    string    `json:"badge"`   // what a learner is who has passed it
	Sections []Section `json:"sections"`
	Quiz     []Asked   `json:"quiz"`
	Hints    []string  `json:"hints"`
	Skeleton string    `json:"skeleton"` // Go code to be completed
	Solution string    `json:"solution"` // and how it may be

	Variants []Played `json:"variants"` // of the cluster; the first is shown first
	Seed     uint64   `json:"seed"`     // of the simulator
	Demo     []string `json:"demo"`     // steps by which the first variant goes wrong

	// Engine is the simulator, compiled for GOOS=js GOARCH=wasm, and Runtime the script that it wants: Go's
	// wasm_exec.js. The program gives the page the function orreryPlay and then calls orreryReady.
	Engine  []byte `json:"-"`
	Runtime []byte `json:"-"`
}

// Section is a part of a lesson's text, in a little Markdown: paragraphs, lists, `code`, *emphasis*, **strong**.
type Section struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Asked is a question that is asked before the run.
type Asked struct {
	Text    string   `json:"text"`
	Choices []string `json:"choices"`
	Right   int      `json:"right"` // index of the right choice
	Why     string   `json:"why"`   // told after the answer
}

// Played is a variant of the lesson's cluster.
type Played struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// dense writes bytes as text that may stand in a script of a page, seven bits a character: a seventh longer than the
// bytes, where base64 is a third longer. The three characters that the page would not keep, NUL, CR and <, stand 256
// higher.
func dense(p []byte) []byte {
	text := make([]byte, 0, len(p)*6/5)
	held, bits := uint32(0), 0
	put := func(v uint32) {
		if v = v & 127; v == 0 || v == '\r' || v == '<' {
			v += 256
		}
		text = utf8.AppendRune(text, rune(v))
	}
	for _, b := range p {
		held, bits = held<<8|uint32(b), bits+8
		for ; bits >= 7; bits -= 7 {
			put(held >> (bits - 7))
		}
	}
	if bits > 0 {
		put(held << (7 - bits))
	}
	return text
}

// ErrNoEngine is what LessonPage.Write returns without a simulator.
var ErrNoEngine = errors.New("viewer: the page of a lesson wants a simulator and its runtime")

// Write writes the page. The error is ErrNoEngine, or w's own.
func (p *LessonPage) Write(w io.Writer) error {
	if len(p.Engine) == 0 || len(p.Runtime) == 0 {
		return ErrNoEngine
	}
	before, after, found := bytes.Cut(builtLesson, []byte(slot))
	if !found {
		return fmt.Errorf("viewer: lesson.html has no %s: build it again", slot)
	}
	text, err := json.Marshal(p) // which escapes <, so nothing in it ends the script
	if err != nil {
		return err
	}
	runtime := bytes.ReplaceAll(p.Runtime, []byte("</script"), []byte("<\\/script"))
	for _, part := range [][]byte{
		before,
		[]byte(`<script id="lesson" type="application/json">`), text, []byte("</script>\n"),
		[]byte(`<script id="engine" type="application/octet-stream">`), dense(lzma.Encode(p.Engine)), []byte("</script>\n"),
		[]byte("<script>"), runtime, []byte("</script>\n"),
		after,
	} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

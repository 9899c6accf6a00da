package lessons

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strings"

	"orrery/lessons/scenes"
	"orrery/lessons/stage"
)

// Lesson is one of the course.
type Lesson struct {
	Number  int
	Dir     string // below lessons: "09-forgotten-promise"
	Title   string
	Track   Track
	Minutes int    // that it takes
	Badge   string // what a learner is who has passed it
	// Museum is the same defect in the full protocol, as "paxos promise-not-durable", or one that the same belief leads to; "" if there is none.
	Museum string

	// Faults are the families of faults of the random universes; none means a calm world.
	Faults []string
	// Pinned is a seed in which the wrong variant fails, and Within a number of seeds from 1 of which at least
	// one is such. Proof is how many seeds from 1 the right one must pass.
	Pinned, Within, Proof uint64

	Scene *stage.Scene
}

// Track is a part of the course.
type Track int

// The tracks, in the order in which they are taught.
const (
	Messages Track = iota + 1
	Paxos
	ZooKeeper
	Kafka
	Transactions
)

// Tracks are all of them.
func Tracks() []Track { return []Track{Messages, Paxos, ZooKeeper, Kafka, Transactions} }

// String is the track's title.
func (t Track) String() string {
	return [...]string{"?", "Messages, time, disks", "Paxos", "ZooKeeper", "Kafka", "Transactions and locks"}[t]
}

//go:embed */README.md */quiz.txt */story.txt */fix/hints.txt */fix/*.go */fix/solution/*.go
var texts embed.FS

// All are the lessons, by number.
func All() []*Lesson {
	list := []*Lesson{}
	for i := range table {
		l := table[i]
		l.Scene = scenes.Of(l.Number)
		list = append(list, &l)
	}
	slices.SortFunc(list, func(a, b *Lesson) int { return cmp.Compare(a.Number, b.Number) })
	return list
}

// Numbered returns a lesson; the error says which there are.
func Numbered(n int) (*Lesson, error) {
	var numbers []string
	for _, l := range All() {
		if l.Number == n {
			return l, nil
		}
		numbers = append(numbers, fmt.Sprint(l.Number))
	}
	return nil, fmt.Errorf("there is no lesson %d; there are %s", n, strings.Join(numbers, ", "))
}

// Text returns a file of the lesson's directory.
func (l *Lesson) Text(name string) (string, error) {
	text, err := texts.ReadFile(l.Dir + "/" + name)
	return string(text), err
}

// Section returns a part of the lesson's README.md: what stands below "## name".
func (l *Lesson) Section(name string) (string, error) {
	text, err := l.Text("README.md")
	if err != nil {
		return "", err
	}
	_, rest, found := strings.Cut(text, "\n## "+name+"\n")
	if !found {
		return "", fmt.Errorf("lesson %d: README.md has no section %q", l.Number, name)
	}
	part, _, _ := strings.Cut(rest, "\n## ")
	return strings.TrimSpace(part), nil
}

// Sections are the parts that every README.md has, in their order.
func Sections() []string {
	return []string{"Story", "Hypothesis", "Steps", "What you learned", "The paper's line", "In the wild"}
}

// Hints are the hints of the exercise, each more than the one before.
func (l *Lesson) Hints() ([]string, error) {
	text, err := l.Text("fix/hints.txt")
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSpace(text), "\n\n"), nil
}

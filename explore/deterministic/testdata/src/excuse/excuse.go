package excuse

import (
	"time"

	"orrery/nodes"
)

type node struct {
	nodes.Node
	load float64
}

func (n *node) excused(m map[int]int, f func(int)) {
	_ = time.Now() //orrery:allow printed when the process ends, decides nothing
	//orrery:allow the line below
	_ = time.Now()
	for k := range m { //orrery:anyorder f adds up
		f(k)
	}
	//orrery:anyorder f adds up
	for k := range m {
		f(k)
	}
	for k := range m { //orrery:allow f adds up
		f(k)
	}
	n.load *= 2 //orrery:allow used with -float and without it
}

func (n *node) notExcused(m map[int]int, f func(int)) {
	_ = time.Now()     //orrery:allow // want `time.Now` `//orrery:allow needs a reason: say why the line is harmless`
	_ = time.Now()     //orrery:anyorder only maps have an order // want `time.Now` `//orrery:anyorder silences nothing: take it away`
	_ = len(m)         //orrery:allow there is nothing here // want `//orrery:allow silences nothing`
	for k := range m { //orrery:anyorder // want `the range over the map m` `//orrery:anyorder needs a reason`
		f(k)
	}
	_ = time.Now() //orrery:ignore me // want `time.Now` `there is no //orrery:ignore; write //orrery:allow or //orrery:anyorder`
	_ = len(m)     //orrery:allow covers its own line alone // want `silences nothing`
	_ = time.Now() // want `time.Now`

	_ = time.Now() // orrery:allow a directive has no space before it // want `time.Now`
}

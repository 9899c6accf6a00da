package global

import "orrery/nodes"

type node struct{ nodes.Node }

var (
	table   = map[string]int{"a": 1}
	counter int
	config  struct{ retries int }
)

func init() { table["b"] = 2 }

func (n *node) bad() {
	counter++          // want `counter is a variable of the whole process.*make it a field`
	table["c"] = 3     // want `table is`
	delete(table, "a") // want `table is`
	config.retries = 3 // want `config is`
}

func (n *node) good() int {
	counter := 0
	counter++
	return counter + table["a"]
}

package lint

import "go/ast"

// sleepers are the directories whose tests deal with real processes on real
// clocks, and may have to wait for them.
var sleepers = []string{"live", "cmd"}

// checkSleep reports tests that wait for the wall clock.
func checkSleep(t *Tree, r *Report) {
	for _, f := range t.Files {
		if f.AST == nil || !f.IsTest() || mayWait(f.Dir()) {
			continue
		}
		imports := importNames(f.AST)
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if n == nil {
				return true
			}
			if pkg, name, ok := qualified(imports, n); ok && pkg == "time" && name == "Sleep" {
				r.at(f, n.Pos(), "a test sleeps; run the universe until the condition holds, on virtual time")
			}
			return true
		})
	}
}

func mayWait(dir string) bool {
	for _, d := range sleepers {
		if under(dir, d) {
			return true
		}
	}
	return false
}

package deterministic_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"orrery/explore/deterministic"
)

const source = `package mine

func tellAll(peers map[string]int, send func(string)) {
	for id := range peers {
		send(id)
	}
}

func total(peers map[string]int) (sum int) {
	for _, weight := range peers {
		sum += weight
	}
	return sum
}
`

// The first range hands the order of a map to the network; the second has
// one result in any order. Drivers of analyzers do what is spelled out here.
func Example() {
	a := deterministic.New()
	_ = a.Flags.Set("every", "true") // the package declares no node

	fset := token.NewFileSet()
	file, _ := parser.ParseFile(fset, "mine.go", source, parser.ParseComments)
	info := &types.Info{
		Types: make(map[ast.Expr]types.TypeAndValue),
		Defs:  make(map[*ast.Ident]types.Object),
		Uses:  make(map[*ast.Ident]types.Object),
	}
	pkg, _ := new(types.Config).Check("mine", fset, []*ast.File{file}, info)
	_, err := a.Run(&analysis.Pass{
		Analyzer: a, Fset: fset, Files: []*ast.File{file}, Pkg: pkg, TypesInfo: info,
		ResultOf: map[*analysis.Analyzer]any{inspect.Analyzer: inspector.New([]*ast.File{file})},
		Report: func(d analysis.Diagnostic) {
			fmt.Println(fset.Position(d.Pos), d.Category)
			fmt.Println(d.Message)
		},
	})
	fmt.Println(err)
	// Output:
	// mine.go:4:2 maporder
	// the range over the map peers has another order at each run, and its body calls send; range over slices.Sorted(maps.Keys(m)) or keep a sorted slice, or add //orrery:anyorder and the reason why the order cannot show
	// <nil>
}

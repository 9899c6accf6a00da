package deterministic

import (
	"go/ast"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
)

// Analyzer is the analyzer for a tool that runs one; its flags are the tool's.
var Analyzer = New()

// doc is what the tools show; its first paragraph is the summary.
const doc = `find what makes a node non-deterministic

A node that runs in Orrery's simulator must be a function of what its handlers
are given. This analyzer reports wall clocks, goroutines, channels, global
randomness, reads of the host, decisions that follow the order of a map, and an
Env that is kept beyond its call, in packages that implement nodes.Node or write
tasks (orrery/nodes/task).

A comment excuses its line, or the line below it:

	//orrery:allow REASON      any finding
	//orrery:anyorder REASON   a range over a map`

// New returns an analyzer with flags of its own, all off. (The drivers of x/tools have a flag -all already, without
// effect; cmd/orreryvet makes it -every.)
//
//	-every  judge every package, also those that declare no node
//	-float  report floating point that decides
func New() *analysis.Analyzer {
	var o options
	a := &analysis.Analyzer{
		Name:     "deterministic",
		Doc:      doc,
		URL:      "https://pkg.go.dev/orrery/explore/deterministic",
		Requires: []*analysis.Analyzer{inspect.Analyzer},
		Run:      func(pass *analysis.Pass) (any, error) { return nil, o.run(pass) },
	}
	a.Flags.BoolVar(&o.every, "every", false, "judge every package, also those that declare no node")
	a.Flags.BoolVar(&o.float, "float", false, "report floating point that decides, too")
	return a
}

// options are the analyzer's flags.
type options struct{ every, float bool }

func (o *options) run(pass *analysis.Pass) error {
	c := newChecker(pass, o)
	if !o.every && len(c.nodes) == 0 && !c.hasTasks() {
		return nil
	}
	in := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)
	for f := range in.Root().Children() {
		file := f.Node().(*ast.File)
		if !c.judges(file) {
			continue
		}
		c.readExcuses(file)
		c.checkImports(file)
		c.checkNames(file)
		c.checkConcurrency(file)
		c.checkAddresses(file)
		c.checkMapOrder(f)
		c.checkKeeping(file)
		c.checkGlobals(file)
		c.checkFloats(file)
	}
	c.judgeExcuses()
	c.flush()
	return nil
}

// The packages that hold the contract, and the tasks, whose bodies are nodes without
// a type of their own.
const (
	nodesPath = "orrery/nodes"
	tasksPath = "orrery/nodes/task"
)

// hasTasks reports whether a file that is judged imports the tasks.
func (c *checker) hasTasks() bool {
	for _, file := range c.pass.Files {
		for _, spec := range file.Imports {
			if c.judges(file) && spec.Path.Value == strconv.Quote(tasksPath) {
				return true
			}
		}
	}
	return false
}

// judges reports whether the file is one that runs inside a universe: no test, and not the
// main package that the go command generates for tests.
func (c *checker) judges(file *ast.File) bool {
	return !strings.HasSuffix(c.pass.Pkg.Path(), ".test") && !strings.HasSuffix(c.pass.Fset.File(file.Pos()).Name(), "_test.go")
}

// findContract looks up the contract and the types of the package that keep it. A type
// of a test file does not make a node package of what it tests.
func (c *checker) findContract() {
	contract := c.pass.Pkg
	if contract.Path() != nodesPath {
		contract = nil
		for _, p := range c.pass.Pkg.Imports() {
			if p.Path() == nodesPath {
				contract = p
			}
		}
	}
	if contract == nil {
		return
	}
	c.env, _ = contract.Scope().Lookup("Env").(*types.TypeName)
	c.message, _ = contract.Scope().Lookup("Message").(*types.TypeName)
	node := interfaceOf(contract.Scope().Lookup("Node"))
	if node == nil {
		return
	}
	c.nodes = make(map[*types.TypeName]bool)
	scope := c.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		t, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || t.IsAlias() || types.IsInterface(t.Type()) || c.inTestFile(t) {
			continue
		}
		if types.Implements(types.NewPointer(t.Type()), node) {
			c.nodes[t] = true
		}
	}
}

func (c *checker) inTestFile(o types.Object) bool {
	f := c.pass.Fset.File(o.Pos())
	return f != nil && strings.HasSuffix(f.Name(), "_test.go")
}

// interfaceOf returns the interface that the object names, or nil.
func interfaceOf(o types.Object) *types.Interface {
	if o == nil {
		return nil
	}
	i, _ := o.Type().Underlying().(*types.Interface)
	return i
}

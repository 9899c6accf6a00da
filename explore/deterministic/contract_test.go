package deterministic_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The packages in testdata import a contract of their own, because analysistest knows no modules. It must
// be the contract.
func TestStubOfTheContractIsTheContract(t *testing.T) {
	real, stub := interfaces(t, "../../nodes"), interfaces(t, "testdata/src/orrery/nodes")
	for _, name := range []string{"Node", "ConnHandler", "StageHandler", "Codec", "Message"} {
		require.NotEmpty(t, stub[name])
		require.Equal(t, real[name], stub[name], name)
	}
	require.NotEmpty(t, stub["Env"])
	require.Subset(t, real["Env"], stub["Env"])
}

// interfaces returns the methods of a package's interfaces: by type, by method, the signature
// as it is written.
func interfaces(t *testing.T, dir string) map[string]map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	all := make(map[string]map[string]string)
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if i, ok := spec.Type.(*ast.InterfaceType); ok {
				all[spec.Name.Name] = make(map[string]string)
				for _, m := range i.Methods.List {
					all[spec.Name.Name][m.Names[0].Name] = types.ExprString(m.Type)
				}
			}
			return false
		})
	}
	return all
}

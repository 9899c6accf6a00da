package lint

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoadReadsWhatIsCheckedInAndParsesWhatIsBuilt(t *testing.T) {
	dir := t.TempDir()
	for name, src := range map[string]string{
		"sim/world.go":            "package sim\n",
		"sim/broken.go":           "package sim\n\nfunc {\n",
		"sim/testdata/input.go":   "not Go at all",
		"_old/old.go":             "not Go at all",
		".ci/run":                 "#!/bin/bash\n",
		"bin/orrery.go":           "package main\n",
		".git/config":             "[core]\n",
		"artifacts/x/story.txt":   "a run\n",
		"sim/cpu.prof":            "samples\n",
		"sim/testdata/binary.bin": "a\x00b",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(src), 0o644))
	}
	tree, err := Load(dir)
	require.NoError(t, err)
	var texts, parsed, broken []string
	for _, f := range tree.Files {
		texts = append(texts, f.Path)
		if f.AST != nil {
			parsed = append(parsed, f.Path)
		}
		if f.Err != nil {
			broken = append(broken, f.Path)
		}
	}
	require.Equal(t, []string{".ci/run", "_old/old.go", "sim/broken.go", "sim/testdata/input.go", "sim/world.go"}, texts)
	require.Equal(t, []string{"sim/broken.go", "sim/world.go"}, parsed)
	require.Equal(t, []string{"sim/broken.go"}, broken)
}

func TestLoadSaysWhichDirectoryIsMissing(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "nowhere"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "nowhere")
}

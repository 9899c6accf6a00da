package main

import (
	"fmt"
	"os"
	"path/filepath"

	"orrery/internal/jutegen"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: jutegen PACKAGE, in the directory of the .jute files")
		os.Exit(2)
	}
	if err := run(".", os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "jutegen:", err)
		os.Exit(1)
	}
}

func run(dir, pkg string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.jute"))
	if err != nil {
		return err
	}
	var schemas []jutegen.Schema
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		s, err := jutegen.Parse(filepath.Base(name), string(text))
		if err != nil {
			return err
		}
		schemas = append(schemas, s)
	}
	files, err := jutegen.Generate(pkg, schemas)
	if err != nil {
		return err
	}
	for name, src := range files {
		if err := os.WriteFile(filepath.Join(dir, name), src, 0o644); err != nil {
			return err
		}
	}
	return nil
}

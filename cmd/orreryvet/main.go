package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/tools/go/analysis/singlechecker"

	"orrery/explore/deterministic"
)

// main also answers the go command, which asks a vettool for -V=full and -flags and then runs
// it once a package: singlechecker speaks that protocol too.
func main() {
	switch {
	case len(os.Args) < 2:
		help(os.Stderr)
		os.Exit(1)
	case len(os.Args) == 2 && slices.Contains([]string{"-h", "-help", "--help", "help"}, os.Args[1]):
		help(os.Stdout)
		return
	}
	spellOut(os.Args[1:])
	singlechecker.Main(deterministic.Analyzer)
}

// spellOut puts the analyzer's -every in the place of -all, which the driver would take for an
// old flag without effect. The go command hands -all on as well.
func spellOut(args []string) {
	for i, a := range args {
		switch a {
		case "--":
			return
		case "-all", "--all", "-all=true", "--all=true":
			args[i] = "-every"
		}
	}
}

// help prints the usage.
func help(w io.Writer) {
	fmt.Fprintf(w, "orreryvet: %s\n\n%s", deterministic.Analyzer.Doc, usage)
}

const usage = `Usage:

	orreryvet [flags] PACKAGE...
	go vet -vettool=$(which orreryvet) [flags] PACKAGE...

Examples:

	orreryvet ./mynodes/...                            # the packages that declare a node
	orreryvet -all ./mynodes/...                       # and the packages that these use
	orreryvet -float ./mynodes/...                     # and floating point that decides
	orreryvet -json ./mynodes/...                      # for other programs
	go vet -vettool=$(which orreryvet) ./mynodes/...   # with go vet's cache; takes the same flags

Flags:

	-all     judge every package, also those that declare no node (in other drivers: -every)
	-float   report floating point that decides, too
	-json    print the findings as JSON
	-c N     print N lines of source around each finding

Exit status: 0 nothing was found · 1 usage, or a package that does not compile · 3 findings
(go vet makes 1 of every failure; with -json it is 0). Test files are not judged.
`

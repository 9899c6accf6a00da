package main

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"orrery/trace"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print what this program was built from",
		Long: `Print what this program was built from, and the versions of the files that it reads and
writes. It reads every version up to its own.`,
		Example: `  orrery version`,
		Args:    exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			return toConsole(a.out, func(w *bytes.Buffer) {
				fmt.Fprintln(w, versionLine())
				fmt.Fprintf(w, "%s %s/%s · trace version %d · repro version %d\n",
					runtime.Version(), runtime.GOOS, runtime.GOARCH, trace.Version, reproVersion)
			})
		},
	}
}

// versionLine is the program's version, and the revision that it was built from.
func versionLine() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "orrery (unknown)"
	}
	version, revision, modified := info.Main.Version, "", ""
	if version == "" || version == "(devel)" {
		version = "devel"
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = " " + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", modified"
		}
	}
	return "orrery " + version + revision + modified
}

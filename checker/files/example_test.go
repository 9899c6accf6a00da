package files_test

import (
	"fmt"
	"strings"

	"orrery/checker"
	"orrery/checker/files"
)

func ExampleOpen() {
	in := strings.NewReader(`{:process 0, :type :invoke, :f :write, :value 1}
{:process 0, :type :ok, :f :write, :value 1}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value nil}`)
	f, err := files.Open(in, "history.edn")
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := f.History(checker.Register)
	if err != nil {
		fmt.Println(err)
		return
	}
	res := checker.Linearizable(h, checker.Register, checker.Options{})
	fmt.Println(f.Format, res.Verdict)
	// Output: edn violated
}

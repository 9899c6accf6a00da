package judge_test

import (
	"fmt"
	"strings"

	"orrery/checker/files"
	"orrery/checker/judge"
)

func ExampleCheck_File() {
	f, err := files.Open(strings.NewReader(`
{:process 0 :type :ok :value [[:append x 1] [:append y 1]]}
{:process 1 :type :ok :value [[:r x [1]] [:append y 2]]}
{:process 2 :type :ok :value [[:r y [1]] [:append x 2]]}
{:process 3 :type :ok :value [[:r x [1 2]] [:r y [1 2]]]}`), "skew.edn")
	if err != nil {
		fmt.Println(err)
		return
	}
	check, err := judge.Named("serializable")
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := check.File(f, judge.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Verdict, res.Property)
	// Output: violated G2-item
}

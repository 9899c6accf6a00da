package proto

import "github.com/twmb/franz-go/pkg/kmsg"

// SkimRequest is how many bytes of a body the layout of its kind leaves over.
func SkimRequest(body []byte, r kmsg.Request) (left int, bad bool) {
	layout, _ := shapeOf(requestShapes[:], r.Key(), r.GetVersion())
	s := skimmer{rest: body}
	s.all(layout)
	return len(s.rest), s.bad
}

// SkimResponse is how many bytes of a body the layout of its kind leaves over.
func SkimResponse(body []byte, r kmsg.Response) (left int, bad bool) {
	layout, _ := shapeOf(responseShapes[:], r.Key(), r.GetVersion())
	s := skimmer{rest: body}
	s.all(layout)
	return len(s.rest), s.bad
}

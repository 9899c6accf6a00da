package proto_test

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
)

// A broker reads a request, refuses it, and the client reads why.
func Example() {
	ask := kmsg.NewPtrHeartbeatRequest()
	ask.Version, ask.Group, ask.Generation, ask.MemberID = proto.Max(ask.Key(), false), "readers", 3, "reader-1"
	frame := proto.AppendRequest(nil, proto.Header{Correlation: 7, ClientID: "example"}, ask)

	h, r, err := proto.ReadRequest(frame)
	fmt.Println(h.ClientID, kmsg.NameForKey(h.Key), h.Version, err)
	answer := proto.AppendResponse(nil, h.Correlation, proto.Refusal(r, proto.IllegalGeneration))

	id, resp, err := proto.ReadResponse(answer, ask)
	fmt.Println(id, proto.Code(resp.(*kmsg.HeartbeatResponse).ErrorCode), err)
	// Output:
	// example Heartbeat 4 <nil>
	// 7 ILLEGAL_GENERATION <nil>
}

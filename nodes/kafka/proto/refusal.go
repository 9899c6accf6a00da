package proto

import (
	"reflect"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Refusal is a response of r's type and version that says c everywhere a code can stand: for the request as a whole,
// and for each topic, partition, group or resource that it names. What else an answer holds says that it is not known
// (an offset is -1).
func Refusal(r kmsg.Request, c Code) kmsg.Response {
	resp := r.ResponseKind()
	resp.SetVersion(r.GetVersion())
	if d, ok := resp.(interface{ Default() }); ok {
		d.Default()
	}
	refuseIn(reflect.ValueOf(resp).Elem(), reflect.ValueOf(r).Elem(), c)
	if d, ok := resp.(*kmsg.DescribeLogDirsResponse); ok { // which says in none of the 2.4 versions why it lists nothing
		dir := kmsg.NewDescribeLogDirsResponseDir()
		dir.ErrorCode = int16(c)
		d.Dirs = append(d.Dirs, dir)
	}
	return resp
}

// unknown are the numbers that a refusal sets to -1.
var unknown = map[string]bool{
	"BaseOffset": true, "LogAppendTime": true, "LogStartOffset": true, "HighWatermark": true, "LastStableOffset": true,
	"Offset": true, "Timestamp": true, "LeaderEpoch": true, "EndOffset": true, "LowWatermark": true,
	"ProducerID": true, "ProducerEpoch": true, "PreferredReadReplica": true,
}

// asked are the lists of a response whose request calls them otherwise.
var asked = map[string]string{"Topics": "TopicNames", "TransactionStates": "TransactionalIDs"}

// refuseIn fills one structure of a response, field by field, from the structure of the request that it answers.
func refuseIn(resp, req reflect.Value, c Code) {
	for i := range resp.NumField() {
		name, to := resp.Type().Field(i).Name, resp.Field(i)
		from := fieldOf(req, name)
		switch {
		case name == "ErrorCode":
			to.SetInt(int64(c))
		case name == "Version" || name == "UnknownTags":
		case to.Kind() == reflect.Slice && to.Type().Elem().Kind() == reflect.Struct:
			refuseEach(to, from, c)
		case to.Kind() == reflect.Slice: // no records, no replicas: present and empty
			to.Set(reflect.MakeSlice(to.Type(), 0, 0))
		case from.IsValid() && from.Type() == to.Type():
			to.Set(from)
		case unknown[name] && to.CanInt():
			to.SetInt(-1)
		}
	}
}

// fieldOf is the field of a request's structure that a response's field answers.
func fieldOf(req reflect.Value, name string) reflect.Value {
	if req.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	f := req.FieldByName(name)
	if other := asked[name]; other != "" && (!f.IsValid() || f.Len() == 0) {
		if g := req.FieldByName(other); g.IsValid() {
			return g
		}
	}
	return f
}

// refuseEach answers each element of a list of the request.
func refuseEach(to, from reflect.Value, c Code) {
	if !from.IsValid() || from.Kind() != reflect.Slice {
		return
	}
	list := reflect.MakeSlice(to.Type(), from.Len(), from.Len())
	for i := range from.Len() {
		resp, req := list.Index(i), from.Index(i)
		if d, ok := resp.Addr().Interface().(interface{ Default() }); ok {
			d.Default()
		}
		refuseIn(resp, req, c)
		if req.Kind() != reflect.Struct {
			setKey(resp, req)
		}
	}
	to.Set(list)
}

// setKey names what an element of a response is about, where the request has a list of bare names or numbers.
func setKey(resp, req reflect.Value) {
	for i := range resp.NumField() {
		f := resp.Field(i)
		switch {
		case resp.Type().Field(i).Name == "ErrorMessage":
		case f.Type() == req.Type():
			f.Set(req)
			return
		case f.Kind() == reflect.Pointer && f.Type().Elem() == req.Type():
			f.Set(reflect.New(req.Type()))
			f.Elem().Set(req)
			return
		}
	}
}

package proto

import (
	"fmt"
	"reflect"

	"orrery/nodes/zab/jute"
)

// filler fills a record's fields as testdata/Vectors.java does.
type filler struct {
	how string // "full", "zero" or "null"
	n   int
}

func (f *filler) next() int { f.n++; return f.n }

func (f *filler) fill(v reflect.Value) {
	full := f.how == "full"
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(full && f.next()%2 == 1)
	case reflect.Int32:
		if full {
			v.SetInt(int64(int32(f.next()) * 0x01020304))
		}
	case reflect.Int64:
		if full {
			v.SetInt(int64(f.next()) * 0x0102030405060708)
		}
	case reflect.String:
		if full {
			v.SetString(fmt.Sprintf("s%dé", f.next()))
		}
	case reflect.Pointer:
		if f.how != "null" {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem())
		}
	case reflect.Slice:
		f.fillSlice(v)
	case reflect.Struct:
		for i := range v.NumField() {
			_, trailing := v.Type().FieldByName("Has" + v.Type().Field(i).Name)
			if !trailing && v.Type().Field(i).Name != "HasReadOnly" {
				f.fill(v.Field(i))
			}
		}
	default:
		panic("a field of type " + v.Type().String())
	}
}

func (f *filler) fillSlice(v reflect.Value) {
	switch {
	case f.how == "null":
	case f.how == "zero":
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	case v.Type().Elem().Kind() == reflect.Uint8:
		v.SetBytes([]byte{byte(f.next()), 0xff, 0})
	default:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	}
}

// fresh makes an empty record of the same type.
func fresh(r jute.Record) jute.Record {
	return reflect.New(reflect.TypeOf(r).Elem()).Interface().(jute.Record)
}

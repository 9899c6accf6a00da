package jutegen

import "fmt"

// primitives are the types that package jute reads and writes itself.
var primitives = map[string]struct {
	goType string
	method string // of jute.Decoder; "Append" + method is the function that writes
	size   int    // the fewest bytes that it takes
}{
	"bool":   {"bool", "Bool", 1},
	"int":    {"int32", "Int", 4},
	"long":   {"int64", "Long", 8},
	"string": {"string", "String", 4},
	"buffer": {"[]byte", "Buffer", 4},
}

// goType is the type of the field in Go.
func (g *generator) goType(f Field) (string, error) {
	name := f.Type
	if p, ok := primitives[f.Type]; ok {
		name = p.goType
	} else if g.records[f.Type] == nil && !g.enums[f.Type] {
		return "", fmt.Errorf("there is no type %q", f.Type)
	}
	switch {
	case f.Vector && f.Type != "string" && g.records[f.Type] == nil:
		return "", fmt.Errorf("vectors are of strings or of records, not of %s", f.Type)
	case f.Vector:
		return "[]" + name, nil
	case f.Nullable:
		return "*" + name, nil
	}
	return name, nil
}

// size is the fewest bytes that a value of the type takes.
func (g *generator) size(typ string) int {
	if p, ok := primitives[typ]; ok {
		return p.size
	}
	if g.enums[typ] {
		return 4
	}
	n := 0
	for _, f := range g.records[typ].Fields {
		switch {
		case f.Trailing:
		case f.Vector:
			n += 4
		default:
			n += g.size(f.Type)
		}
	}
	return n
}

func (g *generator) appendField(f Field) string {
	x := "r." + f.Name
	switch {
	case f.Trailing:
		return fmt.Sprintf("if r.Has%s {\nb = jute.AppendBool(b, %s)\n}", f.Name, x)
	case f.Vector && f.Type == "string":
		return fmt.Sprintf("b = jute.AppendStrings(b, %s)", x)
	case f.Vector:
		body := fmt.Sprintf("b = jute.AppendCount(b, len(%s))\nfor i := range %s {\nb = %s[i].Append(b)\n}", x, x, x)
		if f.Nullable {
			return fmt.Sprintf("if %s == nil {\nb = jute.AppendNull(b)\n} else {\n%s\n}", x, body)
		}
		return body
	case f.Nullable:
		return fmt.Sprintf("b = jute.AppendOptional(b, %s)", x)
	case g.enums[f.Type]:
		return fmt.Sprintf("b = jute.AppendInt(b, int32(%s))", x)
	case g.records[f.Type] != nil:
		return fmt.Sprintf("b = %s.Append(b)", x)
	}
	return fmt.Sprintf("b = jute.Append%s(b, %s)", primitives[f.Type].method, x)
}

func (g *generator) decodeField(f Field) string {
	x := "r." + f.Name
	switch {
	case f.Trailing:
		return fmt.Sprintf("r.Has%s = d.Left() > 0\n%s = r.Has%s && d.Bool()", f.Name, x, f.Name)
	case f.Vector && f.Type == "string":
		return fmt.Sprintf("%s = d.Strings()", x)
	case f.Vector:
		room := "n > 0" // nil stands for the empty vector
		if f.Nullable {
			room = "n >= 0"
		}
		return fmt.Sprintf("%s = nil\nif n := d.Count(%d); %s {\n%s = make([]%s, n)\nfor i := range %s {\n_ = %s[i].Decode(d)\n}\n}",
			x, g.size(f.Type), room, x, f.Type, x, x)
	case f.Nullable:
		return fmt.Sprintf("%s = d.Optional()", x)
	case g.enums[f.Type]:
		return fmt.Sprintf("%s = %s(d.Int())", x, f.Type)
	case g.records[f.Type] != nil:
		return fmt.Sprintf("_ = %s.Decode(d)", x)
	}
	return fmt.Sprintf("%s = d.%s()", x, primitives[f.Type].method)
}

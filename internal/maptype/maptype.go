package maptype

import "go/types"

// Is reports whether a value of the type can be a map. A type parameter can if one
// term of its constraint is.
func Is(t types.Type) bool {
	if t == nil {
		return false
	}
	tp, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		_, ok := t.Underlying().(*types.Map)
		return ok
	}
	constraint, ok := tp.Constraint().Underlying().(*types.Interface)
	if !ok {
		return false
	}
	for i := range constraint.NumEmbeddeds() {
		switch e := constraint.EmbeddedType(i).(type) {
		case *types.Union:
			for j := range e.Len() {
				if Is(e.Term(j).Type()) {
					return true
				}
			}
		default:
			if Is(e) {
				return true
			}
		}
	}
	return false
}

package patch

// Invert returns the smallest merge patch that takes back what patch does to base: for
// every base without null members, Apply(Apply(base, patch), Invert(base, patch)) equals
// base. When patch changes nothing, so does its inverse.
func Invert(base, patch Value) Value {
	inverse, _ := Diff(Apply(base, patch), base)
	return inverse
}

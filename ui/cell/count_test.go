package cell

import "testing"

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1204: "1,204", 1_000_000: "1,000,000"} {
		if got := Count(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
}

package patch

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrNumber is wrapped by the error of [Number] for a text that is no JSON number.
var ErrNumber = errors.New("not a JSON number")

// Number returns a JSON number that keeps text as it is written: 1, 1.0, -0 and 1e3 are
// four different texts. A text outside the grammar of RFC 8259 §6 (no leading zero or
// plus sign, digits on both sides of a point) is an error that wraps [ErrNumber].
func Number(text string) (Value, error) {
	if n := scanNumber(text); n == 0 || n != len(text) {
		return Value{}, fmt.Errorf("%q: %w", text, ErrNumber)
	}
	return Value{kind: KindNumber, text: text}, nil
}

// Int returns a JSON number without fraction or exponent.
func Int(n int64) Value {
	return Value{kind: KindNumber, text: strconv.FormatInt(n, 10)}
}

// Int64 returns the number as an integer. It reports false when v is no number, is
// written with a fraction or an exponent, or is out of range.
func (v Value) Int64() (int64, bool) {
	if v.kind != KindNumber {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	return n, err == nil
}

// scanNumber returns the length of the JSON number that s begins with, or 0.
func scanNumber[T string | []byte](s T) int {
	i := 0
	digits := func() bool {
		start := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > start
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return 0
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return 0
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}

// decimal is a number as ±0.DIGITS × 10^exp, where digits neither begin nor end with a
// zero; zero has no digits and the exponent 0. Two texts mean the same number exactly
// when their decimals are equal.
type decimal struct {
	negative bool
	digits   string
	exp      int64
}

// maxExponentDigits bounds the exponents that are understood, so that reading
// 1e999999999999 costs no more than its text.
const maxExponentDigits = 17

// decimalOf reads a JSON number. It reports false when the exponent is beyond what is
// understood.
func decimalOf(text string) (decimal, bool) {
	var d decimal
	text, d.negative = strings.CutPrefix(text, "-")
	mantissa, exponent := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent = text[:i], text[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	d.exp = int64(len(whole) - (len(whole) + len(fraction) - len(digits)))
	d.digits = strings.TrimRight(digits, "0")
	if d.digits == "" {
		return decimal{}, true
	}
	if exponent != "" {
		sign := int64(1)
		switch exponent[0] {
		case '-':
			sign, exponent = -1, exponent[1:]
		case '+':
			exponent = exponent[1:]
		}
		exponent = strings.TrimLeft(exponent, "0")
		if len(exponent) > maxExponentDigits {
			return decimal{}, false
		}
		if exponent != "" {
			e, err := strconv.ParseInt(exponent, 10, 64)
			if err != nil {
				return decimal{}, false
			}
			d.exp += sign * e
		}
	}
	return d, true
}

// sameNumber reports whether two JSON numbers mean the same, however they are written:
// 21.5 and 2.150e1 do. Exponents of more than 17 digits are compared as text.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	da, okA := decimalOf(a)
	db, okB := decimalOf(b)
	return okA && okB && da == db
}

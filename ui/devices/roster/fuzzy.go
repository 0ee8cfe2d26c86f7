package roster

import (
	"bytes"
	"slices"

	"github.com/junegunn/fzf/src/algo"
	"github.com/junegunn/fzf/src/util"
)

// The algorithm rates by what stands before a letter once it has been told what counts as a word.
var initialized = algo.Init("default")

// scorer rates how well texts match a fuzzy term. It keeps working memory and belongs to one
// goroutine.
type scorer struct{ slab *util.Slab }

// The working memory of the algorithm: enough for a term as long as an id may be.
const (
	slab16 = 16 * 1024
	slab32 = 256
)

// score rates a text; 0 when it does not match.
func (sc *scorer) score(t *term, text []byte) int {
	if len(text) == 0 || !initialized {
		return 0
	}
	if sc.slab == nil {
		sc.slab = util.MakeSlab(slab16, slab32)
	}
	chars := util.ToChars(text)
	result, _ := algo.FuzzyMatchV2(false, false, true, &chars, t.runes, false, sc.slab)
	if result.Start < 0 {
		return 0
	}
	return max(result.Score, 1)
}

// within reports whether a text has the bytes of a term in their order, as every text has that
// matches it. The text is folded.
func within(term, text []byte) bool {
	at := 0
	for _, c := range text {
		if c == term[at] {
			if at++; at == len(term) {
				return true
			}
		}
	}
	return false
}

// scoreLines rates the best of several lines, which are folded.
func (sc *scorer) scoreLines(t *term, lines []byte) int {
	best := 0
	if !within(t.bytes, lines) {
		return best
	}
	for line := range bytes.Lines(lines) {
		best = max(best, sc.score(t, bytes.TrimSuffix(line, []byte{'\n'})))
	}
	return best
}

// FuzzyPositions returns which characters of a text, counted in runes, a fuzzy term matches, in
// ascending order; nil when it does not.
func FuzzyPositions(t Term, text string) []int {
	chars := util.ToChars([]byte(text))
	result, at := algo.FuzzyMatchV2(false, false, true, &chars, []rune(t.Text), true, nil)
	if result.Start < 0 || at == nil {
		return nil
	}
	slices.Sort(*at)
	return *at
}

const maxScore = 1<<22 - 1

// rank orders by score, and of equal ones the shorter id first.
func rank(score, length int) uint32 {
	return uint32(maxScore-min(score, maxScore))<<8 | uint32(min(length, 255))
}

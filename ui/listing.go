package ui

import (
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/cenkalti/backoff/v5"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/devices"
	"twindeck/ui/theme"
)

// listing is the listing of the devices: the first page at once, so that the first rows of a hub of
// a million are there as soon as those of a hub of ten, and the rest behind whatever the user does.
type listing struct {
	task                // the pages on their way
	state  listingState // of the whole
	quiet  bool         // nobody asked for it
	asked  bool         // the user did, and is told when it is done
	more   string       // the continuation, empty for the first page
	size   int          // what the hub is asked for next
	large  int          // what it is asked for after the first page, as far as is known what it grants
	page   int          // how many rows the last full page had
	listed int          // rows so far
	total  int          // devices that the hub counts; -1 while nobody knows
	began  time.Time    // when the rest began to load
	ended  time.Time    // when the last one ended
	pause  backoff.BackOff
	resume time.Time // when it goes on, while it waits
}

type listingState uint8

const (
	listingEnded   listingState = iota // or never begun
	listingRuns                        // pages are on their way
	listingPaused                      // by the user
	listingWaits                       // after an error, to go on by itself
	listingStopped                     // by an error that waiting does not help
)

const (
	largePage = 1000
	// batchTime is how long pages are collected before they are shown: each costs a frame.
	batchTime = 50 * time.Millisecond
)

type (
	pagesMsg struct {
		gen     uint64
		entries []hub.Entry
		more    string // where to go on
		size    int    // what the hub is asked for
		large   int    // what it is asked for after the first page
		page    int    // rows of the largest page
		err     error  // why it went no further
	}
	totalMsg struct {
		gen   uint64
		total int
		err   error
	}
	resumeMsg struct{ gen uint64 }
)

// running reports whether the listing has not come to an end yet, and is to.
func (l *listing) running() bool {
	return l.state == listingRuns || l.state == listingPaused || l.state == listingWaits
}

// list starts a listing of the devices that the user waits for; one that is running is given up.
func (m *Model) list() tea.Cmd { return m.beginListing(false) }

// relist starts a listing that nobody waits for.
func (m *Model) relist() tea.Cmd { return m.beginListing(true) }

func (m *Model) beginListing(quiet bool) tea.Cmd {
	l := &m.listing
	l.quiet, l.more, l.listed, l.size, l.began = quiet, "", 0, pageSize, time.Time{}
	if l.large == 0 {
		l.large, l.total = largePage, -1
	}
	l.retries()
	m.devices.Begin()
	return m.readPages()
}

// retries begins the pauses between attempts anew.
func (l *listing) retries() {
	l.pause = &backoff.ExponentialBackOff{
		InitialInterval: 500 * time.Millisecond, Multiplier: 2, MaxInterval: time.Minute,
	}
	l.pause.Reset()
}

// readPages goes on with the listing.
func (m *Model) readPages() tea.Cmd {
	l := &m.listing
	l.state = listingRuns
	ctx, gen := l.begin(m.ctx)
	if l.quiet || l.more != "" {
		ctx = hub.Routine(hub.Background(ctx))
	}
	m.showProgress()
	return listPages(ctx, m.backend, pagesMsg{gen: gen, more: l.more, size: l.size, large: l.large})
}

// listPages reads pages until it is time to show them, or the next would have to wait for its turn.
func listPages(ctx context.Context, b Backend, msg pagesMsg) tea.Cmd {
	return func() tea.Msg {
		began, first := time.Now(), msg.more == ""
		for {
			page, err := b.List(ctx, hub.Listing{}, msg.more, msg.size)
			if hub.BadRequest(err) && msg.size > pageSize {
				msg.size, msg.large = pageSize, pageSize // the hub grants no more, and refuses instead of granting less
				continue
			}
			if err != nil {
				if len(msg.entries) == 0 || !hub.Throttled(err) {
					msg.err = err
				}
				return msg
			}
			if msg.entries == nil {
				msg.entries = page.Rows
			} else {
				msg.entries = append(msg.entries, page.Rows...)
			}
			msg.more, msg.page = page.Continuation, max(msg.page, len(page.Rows))
			msg.size = msg.large
			if first || msg.more == "" || time.Since(began) >= batchTime {
				return msg
			}
			ctx = hub.AtOnce(ctx)
		}
	}
}

func (m *Model) gotPages(msg pagesMsg) tea.Cmd {
	l := &m.listing
	if !l.done(msg.gen) {
		return nil
	}
	m.heard(msg.err)
	first, last := l.more == "", msg.err == nil && msg.more == ""
	l.more, l.size, l.large, l.listed = msg.more, msg.size, msg.large, l.listed+len(msg.entries)
	l.page = max(l.page, msg.page)
	var cmds []tea.Cmd
	if msg.err == nil || len(msg.entries) > 0 {
		l.retries()
		if l.began.IsZero() {
			l.began = m.opts.Now()
		}
		cmds = append(cmds, m.devicesActed(m.devices.Add(msg.entries, last)))
	}
	switch {
	case msg.err != nil:
		cmds = append(cmds, m.broke(msg.err))
	case last:
		l.state, l.ended, l.total = listingEnded, m.opts.Now(), l.listed
		m.finding.note = ""
		if l.asked {
			cmds = append(cmds, m.say(info, "refreshed"))
		}
		l.asked = false
	default:
		if first {
			cmds = append(cmds, m.countDevices())
		}
		cmds = append(cmds, m.readPages())
	}
	m.showProgress()
	return tea.Batch(cmds...)
}

// broke decides what becomes of a listing that an error has interrupted. What waiting can help goes on by
// itself, from the same place.
func (m *Model) broke(err error) tea.Cmd {
	l := &m.listing
	again := m.keys.Selection.Refresh.Label
	if !passes(err) {
		l.state, l.asked = listingStopped, false
		m.devices.Fail(sentence(err) + " (" + again + " tries again)")
		return nil
	}
	wait := max(l.pause.NextBackOff(), hub.RetryAfter(err))
	l.state, l.resume = listingWaits, m.opts.Now().Add(wait)
	if !hub.Throttled(err) {
		m.devices.Fail(sentence(err) + " (goes on by itself; " + again + " starts anew)")
	}
	return after(m.ctx, wait, resumeMsg{l.gen})
}

// passes reports whether an error may be gone after a while.
func passes(err error) bool {
	var refusal *hub.Error
	switch {
	case hub.Throttled(err):
		return true
	case hub.Unauthorized(err):
		return false
	case errors.As(err, &refusal):
		return refusal.Status >= 500 || refusal.Status == 408 // a failure of the hub's own, or a time-out
	}
	return true
}

func (m *Model) resumeListing(msg resumeMsg) tea.Cmd {
	if msg.gen != m.listing.gen || m.listing.state != listingWaits {
		return nil
	}
	return m.readPages()
}

// togglePause pauses the listing or lets it go on from where it was.
func (m *Model) togglePause() tea.Cmd {
	switch m.listing.state {
	case listingPaused, listingStopped:
		m.listing.retries()
		return m.readPages()
	case listingRuns, listingWaits:
		return m.stopListing()
	case listingEnded:
	}
	return m.say(info, "all devices are loaded; "+m.keys.Selection.Refresh.Label+" reads them again")
}

// stopListing ends the listing where it is. A page that is on its way is asked for again.
func (m *Model) stopListing() tea.Cmd {
	l := &m.listing
	l.stop()
	l.state, l.asked = listingPaused, false
	m.showProgress()
	return m.say(info, fmt.Sprintf("loading is paused; %s goes on from here, %s starts anew", m.keys.Devices.Pause.Label, m.keys.Selection.Refresh.Label))
}

// countDevices asks how many devices there are, so that it can be said how far the listing is. A policy that
// may not know that is no problem.
func (m *Model) countDevices() tea.Cmd {
	ctx, b, gen := hub.Routine(hub.Background(m.ctx)), m.backend, m.listing.gen
	return func() tea.Msg {
		s, err := b.Statistics(ctx)
		return totalMsg{gen, s.Devices, err}
	}
}

func (m *Model) gotTotal(msg totalMsg) {
	if msg.err != nil {
		m.log.Warn("devices not counted", "error", msg.err)
		return
	}
	if m.listing.running() {
		m.listing.total = msg.total
		m.showProgress()
	}
}

// remaining returns how long the listing still takes at the pace it has, and false when that
// cannot be known or it does not go on.
func (l *listing) remaining(now time.Time) (time.Duration, bool) {
	took := now.Sub(l.began)
	rest := l.listed - pageSize // the first page came in another way
	if l.state != listingRuns || l.total < 0 || rest <= 0 || took <= 0 {
		return 0, false
	}
	return time.Duration(float64(took) / float64(rest) * float64(max(l.total-l.listed, 0))), true
}

// showProgress tells the pane how far the listing is, and what it waits for.
func (m *Model) showProgress() {
	l := &m.listing
	p := devices.Progress{Total: l.total, Paused: l.state == listingPaused, Note: m.finding.note}
	now := m.opts.Now()
	switch next := m.usage.NextQuery; {
	case p.Note != "":
	case l.state == listingRuns && m.devices.Complete() && l.total > 2*pageSize && l.more != "":
		p.Note = "reading again, " + cell.Count(l.listed) + " of " + cell.Count(l.total)
	case l.state == listingWaits:
		p.Note = "goes on in " + countdown(l.resume.Sub(now))
	case l.state == listingRuns && l.more != "" && next.Sub(now) >= time.Second:
		p.Note = "next page in " + countdown(next.Sub(now))
	}
	m.devices.SetProgress(p)
}

// countdown writes how long something still takes, rounded up.
func countdown(d time.Duration) string {
	up := func(unit time.Duration) int { return max(int((d+unit-1)/unit), 1) }
	switch {
	case d <= 90*time.Second:
		return fmt.Sprintf("%d s", up(time.Second))
	case d <= 90*time.Minute:
		return fmt.Sprintf("%d min", up(time.Minute))
	}
	return cell.Count(up(time.Hour)) + " h"
}

// requests says in the header what the calls of the last minute cost, in ways that take less and less room.
func (m *Model) requests() [3]string {
	u := m.usage
	if wait := u.Throttled.Sub(m.clock); wait > 0 {
		long := m.theme.Bad.Render("throttled, goes on in " + countdown(wait))
		short := m.theme.Bad.Render("throttled " + countdown(wait))
		return [3]string{long, short, short}
	}
	if u.Requests == 0 {
		return [3]string{}
	}
	short := fmt.Sprintf("REQ %s/min", cell.Count(u.Requests))
	long := short
	if u.QueryQuota > 0 {
		long += fmt.Sprintf("  queries %d/%s", u.Queries, cell.Count(u.QueryQuota))
	}
	return [3]string{m.theme.Muted.Render(long), m.theme.Muted.Render(short)}
}

// loadedOf says how many devices there are, as far as they are loaded.
func (m *Model) loadedOf() string {
	n := m.devices.Len()
	switch l := &m.listing; {
	case m.devices.Complete() && n == 1:
		return "1 device"
	case m.devices.Complete():
		return cell.Count(n) + " devices"
	case l.running() && l.total > n:
		return m.theme.Muted.Render("loading " + cell.Count(n) + " of " + cell.Count(l.total))
	case l.running():
		return m.theme.Muted.Render("loading " + cell.Count(n) + theme.Pending)
	}
	return ""
}

// loading takes the keys of the devices pane that are about loading.
func (m *Model) loading(key keymap.Press) (cmd tea.Cmd, done bool) {
	switch {
	case m.keys.Devices.Pause.Matches(key):
		return m.togglePause(), true
	case m.keys.Devices.Clear.Matches(key) && !m.devices.Filtered() && m.devices.MarkedCount() == 0 && (m.listing.state == listingRuns || m.listing.state == listingWaits):
		return m.stopListing(), true
	}
	return nil, false
}

// loadingKeys are those of them that do something now.
func (m *Model) loadingKeys() []keymap.Binding {
	pause := m.keys.Devices.Pause
	switch m.listing.state {
	case listingPaused:
		pause.Short = "go on"
	case listingRuns, listingWaits:
	case listingEnded, listingStopped:
		return nil
	}
	return []keymap.Binding{pause}
}

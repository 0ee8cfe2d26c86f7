// Package ui is the dashboard: the root model with its routing, focus, layout and the
// commands that are the only place where the terminal meets the hub.
package ui

import (
	"context"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// Backend is what the dashboard needs of a hub. Every method may block and is called
// from commands only, never from Update or View, unless it says otherwise. Implementations are safe for concurrent use.
type Backend interface {
	// List returns one page of the devices or modules that a listing is of; an empty continuation asks
	// for the first. It bounds the exchange by itself, whatever ctx waits for before.
	List(ctx context.Context, l hub.Listing, continuation string, size int) (hub.Entries, error)
	// Statistics counts the devices.
	Statistics(ctx context.Context) (hub.Statistics, error)
	// Usage tells what the calls have cost lately. It does no I/O and may be called from anywhere.
	Usage() hub.Usage
	// Modules returns the module identities of a device.
	Modules(ctx context.Context, device string) ([]hub.Identity, error)
	// Identity reads one identity, keys included when the policy may see them.
	Identity(ctx context.Context, id hub.ID) (hub.Identity, error)
	// CreateIdentity creates and never overwrites: hub.AlreadyExists tells that it was there.
	CreateIdentity(ctx context.Context, n hub.NewIdentity) (hub.Identity, error)
	// InitTwin writes first tags and desired properties and overwrites none.
	InitTwin(ctx context.Context, id hub.ID, p hub.TwinPatch) (hub.Twin, hub.Receipt, error)
	// ChangeIdentity changes one identity under the etag given and loses nothing else of it;
	// hub.Conflict tells that it has moved on.
	ChangeIdentity(ctx context.Context, id hub.ID, change hub.IdentityChange, etag string) (hub.Identity, error)
	// Dependents reads an identity with what its deletion would take along or change.
	Dependents(ctx context.Context, id hub.ID) (hub.Dependents, error)
	// DeleteIdentity deletes a device with its modules, or a module, under the etag given.
	DeleteIdentity(ctx context.Context, id hub.ID, etag string) error
	// PolicyToken signs a SAS token for the whole hub. It asks nobody.
	PolicyToken(expires time.Time) (hub.Token, error)
	// Twin reads one twin.
	Twin(ctx context.Context, id hub.ID) (hub.Twin, error)
	// PatchTwin writes under the etag given; hub.Conflict tells that the twin has moved on.
	PatchTwin(ctx context.Context, id hub.ID, p hub.TwinPatch, etag string) (hub.Twin, hub.Receipt, error)
	// Run returns a page of a query in the hub's own language; an empty continuation asks for the first.
	Run(ctx context.Context, query, continuation string, size int) (hub.Result, error)
	// Attach starts a client that connects as the identity; what it sees comes out of Next.
	Attach(ctx context.Context, id hub.ID, opts hub.AttachOptions) error
	// Detach ends it.
	Detach(ctx context.Context, id hub.ID) error
	// Observe reads the twin of an identity again and again; what it sees comes out of Next. It asks
	// nobody before it returns.
	Observe(id hub.ID, every time.Duration) error
	// Unobserve ends that.
	Unobserve(id hub.ID)
	// Observations tells how those go. It does no I/O and may be called from anywhere.
	Observations() []hub.Observation
	// Acknowledge says how an attached client reports back what is desired. It does not block.
	Acknowledge(id hub.ID, mode hub.AckMode)
	// Report reports properties as an attached client and returns their new version.
	Report(ctx context.Context, id hub.ID, reported patch.Value) (int64, error)
	// Answer says what an attached client answers to direct methods. It does not block.
	Answer(id hub.ID, answer hub.MethodAnswer)
	// CallMethod calls a direct method and waits for the answer, as long as the call allows.
	CallMethod(ctx context.Context, id hub.ID, m hub.MethodCall) (hub.MethodResult, error)
	// SendMessage puts a message into the queue of a device.
	SendMessage(ctx context.Context, device string, m hub.Message) (hub.Sent, error)
	// PurgeMessages empties the queue of a device and returns how many messages it held.
	PurgeMessages(ctx context.Context, device string) (int, error)
	// Feedback looks once what became of messages; what others wait for stays.
	Feedback(ctx context.Context, ids []string) ([]hub.Feedback, error)
	// Calls returns what the call log has behind a number. It does no I/O.
	Calls(since uint64) hub.Calls
	// NextCalls blocks until the call log has something behind a number.
	NextCalls(ctx context.Context, since uint64) (hub.Calls, error)
	// Reach returns nil when the hub answers, at the least cost there is.
	Reach(ctx context.Context) error
	// Next blocks until attached clients have something to tell.
	Next(ctx context.Context) (hub.Batch, error)
}

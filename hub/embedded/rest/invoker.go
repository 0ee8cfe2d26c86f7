package rest

import (
	"context"
	"errors"
	"time"

	"twindeck/hub/embedded/registry"
)

// MethodRequest is a direct method call on its way to a device or module.
type MethodRequest struct {
	Name            string
	Payload         []byte        // JSON; nil when the caller gave none
	ResponseTimeout time.Duration // how long the whole call may take
	ConnectTimeout  time.Duration // how long to wait for a device that is not connected; 0: not at all
}

// MethodResponse is what the device answered.
type MethodResponse struct {
	Status  int
	Payload []byte // JSON; empty when the device sent none
}

// Errors of an Invoker.
var (
	// ErrNotOnline says that the device is not connected, or connected without a subscription to
	// direct methods, and was not within the connect timeout.
	ErrNotOnline = errors.New("the device is not online")
	// ErrNoAnswer says that the device got the call and did not answer within the response timeout.
	ErrNoAnswer = errors.New("the device did not answer")
)

// Invoker carries direct methods to connected devices. Invoke blocks until the device has
// answered, a timeout has passed or ctx is done; it may be called concurrently.
type Invoker interface {
	Invoke(ctx context.Context, id registry.ID, req MethodRequest) (MethodResponse, error)
}

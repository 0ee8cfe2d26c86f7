// Package hub is an IoT Hub as a dashboard sees it: identities and twins as values, a
// client for the service side, and sessions that connect as a module or a device and
// report what they receive. It knows no terminal.
//
// [Client] speaks the hub's REST interface with the rights of a policy. [Session] is one
// MQTT client with an identity's own key. [Monitor] owns the sessions of a dashboard and
// merges what they see into one bounded stream.
//
// Errors read as one sentence for a user: what happened and what to do next. What the
// hub itself answered is an [*Error]; [AlreadyExists], [NotFound], [Conflict] and the
// others say of what sort any error is. No key and no token is ever part of one, nor of
// a line in the log.
package hub

package embedded

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"twindeck/hub/embedded/clientcert"
	"twindeck/hub/embedded/messages"
	"twindeck/hub/embedded/registry"
)

// Parts of the data file.
const (
	sessionsBucket = "sessions"
	messagesBucket = "messages"
)

const (
	telemetryKept  = 1000
	telemetryBytes = 64 << 20
)

// deviceSide is what the hub knows of devices besides identities and twins.
type deviceSide struct {
	messages  *messages.Queues
	telemetry *messages.Log
	deviceCAs clientcert.Authority
}

// prepareDevices makes the device side, and sets what the gateway needs of it in opts.
func (s *Server) prepareDevices(opts *Options) {
	s.messages = messages.New(messages.Options{
		Generation: s.registry.Generation,
		Counted:    s.registry.SetMessageCount,
		Ready:      func(id registry.ID) { s.gateway.MessagesReady(id) },
		Keeper:     s.keeper(messagesBucket),
		Now:        opts.Now,
		Limits:     opts.CloudToDevice,
	})
	kept := opts.TelemetryKept
	if kept == 0 {
		kept = telemetryKept
	}
	s.telemetry = messages.NewLog(kept, telemetryBytes)
	opts.Gateway.Commands, opts.Gateway.Telemetry = s.messages, s.telemetry
	opts.Gateway.Certificates = realTime{&s.deviceCAs}
	opts.Gateway.MQTT.Sessions = s.keeper(sessionsBucket)
}

// loadDevices reads what the data file knows of devices, and the authorities in opts.
func (s *Server) loadDevices(opts Options) error {
	err := errors.Join(s.gateway.Load(), s.messages.Load())
	if err != nil {
		err = fmt.Errorf("cannot use the data file %s: %w", opts.DataFile, err)
	}
	if len(opts.DeviceCAs) > 0 {
		err = errors.Join(err, s.AddDeviceCA(opts.DeviceCAs))
	}
	return err
}

// realTime judges certificates by the real clock, whatever clock the hub runs on, and says when
// they end by the hub's.
type realTime struct{ authority *clientcert.Authority }

// VerifyCertificate is as in clientcert.Authority.
func (r realTime) VerifyCertificate(chain []*x509.Certificate, id ID, creds registry.Credentials, now time.Time) (time.Time, error) {
	clock := time.Now()
	expiry, err := r.authority.VerifyCertificate(chain, id, creds, clock)
	if err != nil || expiry.IsZero() {
		return expiry, err
	}
	return now.Add(expiry.Sub(clock)), nil
}

// AddDeviceCA lets in devices of the type certificateAuthority whose certificates were signed by
// one of the authorities in PEM text. It may be called at any time, and again at the next start.
func (s *Server) AddDeviceCA(pem []byte) error { return s.deviceCAs.Add(pem) }

// SendCloudToDevice queues a message for a device or module, which gets it when it is connected
// and has subscribed, or asks for it. It returns the message as queued. A refusal is a
// *registry.Error: no such identity, a full queue, or a message that is too large or not valid.
func (s *Server) SendCloudToDevice(id ID, m messages.Message) (messages.Message, error) {
	return s.messages.Send(id, m)
}

// Telemetry returns the number of messages that devices and modules have sent so far.
func (s *Server) Telemetry() uint64 { return s.telemetry.Count() }

// TelemetrySince returns the latest messages of devices and modules that came after the one with
// the sequence number given, oldest first; after 0 it returns all that are kept. They share
// memory with the hub and are not to be modified.
func (s *Server) TelemetrySince(sequence uint64) []messages.Event { return s.telemetry.Since(sequence) }

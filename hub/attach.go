package hub

import (
	"context"
	"crypto/tls"
	"errors"

	"twindeck/hub/patch"
)

// AttachOptions say with whose credentials a client is attached. The zero value takes the key
// that the client's policy may read.
type AttachOptions struct {
	ConnectionString *ConnectionString // of the identity itself; nil: its key is read
	// The PEM files of an X.509 identity's certificate, with its chain, and of its private key;
	// both or neither. They are read anew by each attach, and go before ConnectionString.
	CertFile, KeyFile string
}

// MethodAnswer is what an attached client answers direct methods with.
type MethodAnswer struct {
	Status  int         // of the module's choice; 200 is success
	Payload patch.Value // any JSON
}

// ErrKeysHidden is wrapped by the error of an attach whose policy may not read the keys of
// identities: a connection string of the identity itself does.
var ErrKeysHidden = errors.New("the policy may not read the keys of identities")

// ErrCertificate is wrapped by the error of an attach as an X.509 identity without a
// certificate: [AttachOptions] can name one.
var ErrCertificate = errors.New("the identity authenticates with an X.509 certificate")

// credentials are those to connect with as id.
func (o AttachOptions) credentials(ctx context.Context, c *Client, id ID) (ConnectionString, *tls.Certificate, error) {
	switch {
	case o.CertFile != "" || o.KeyFile != "":
		certificate, err := readCertificate(o.CertFile, o.KeyFile)
		host := c.credentials.HostName
		if o.ConnectionString != nil {
			host = o.ConnectionString.HostName
		}
		return ConnectionString{HostName: host, DeviceID: id.Device, ModuleID: id.Module}, certificate, err
	case o.ConnectionString == nil:
		cs, err := c.credentialsOf(ctx, id)
		return cs, nil, err
	case o.ConnectionString.ID() != id:
		return ConnectionString{}, nil, errors.New("this is not the connection string of " + describe(id) + "; copy the one that belongs to it")
	}
	return *o.ConnectionString, nil, nil
}

func readCertificate(certFile, keyFile string) (*tls.Certificate, error) {
	if certFile == "" || keyFile == "" {
		return nil, errors.New("an X.509 identity needs the file of its certificate and the file of its private key; name both")
	}
	certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, &networkError{
			"the certificate and its private key cannot be read (" + printable(err.Error()) + ")",
			"name the PEM files of both", err,
		}
	}
	return &certificate, nil
}

// credentialsOf reads the key of an identity.
func (c *Client) credentialsOf(ctx context.Context, id ID) (ConnectionString, error) {
	identity, err := c.Identity(ctx, id)
	switch {
	case Unauthorized(err):
		return ConnectionString{}, keysHidden(id, errors.Join(ErrKeysHidden, err))
	case err != nil:
		return ConnectionString{}, err
	}
	return c.Credentials(identity)
}

func keysHidden(id ID, err error) error {
	return &networkError{
		"the policy does not show the key of " + describe(id),
		"give the connection string of the identity itself, or use a policy with the right to read the registry, such as iothubowner", err,
	}
}

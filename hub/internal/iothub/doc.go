// Package iothub is the one place that touches github.com/amenzhinsky/iothub, and the
// one place that knows what in v0.9.1 of it has to be gone around. It offers a [Link],
// one MQTT connection of a device or module; [Tokens], SAS tokens that are kept until
// they are about to expire; a [Transport] under which iotservice.Client is sound; and a [Mailer],
// which sends messages to devices over AMQP. Each tells an [Observe] what it exchanges.
//
// What is gone around, by file and line of that version (paho's lines are those of
// v1.5.1), and how:
//
//   - iotdevice/mux.go:139 starts one goroutine per desired patch, so their order is
//     lost, and mux.go:169 closes a channel that they may still send on, which panics.
//     We use the transport below it with a dispatcher of our own that only hands the
//     bytes on.
//   - iotdevice/transport/mqtt/mqtt.go:301 answers a direct method inside paho's read
//     loop and waits there for the PUBACK that the same loop would have to read: two
//     calls close together stop the client for good. mqtt.go:310 leaves calls without a
//     handler unanswered, and iotdevice/mux.go:243 knows only JSON objects as payloads.
//     We subscribe to methods on paho's client and answer from elsewhere.
//   - mqtt.go:367 waits for a twin answer until its context ends even when the connection
//     is gone, mqtt.go:398 holds the transport's lock over a SUBACK, mqtt.go:419 prints to
//     standard output, and the status of a refusal is only text. We send twin requests on
//     paho's client and match the answers ourselves.
//   - mqtt.go:174 and mqtt_module.go:112 forget a client whose Connect was cancelled: it
//     connects later and holds the identity for ever. We dial the socket ourselves, so
//     that closing it ends whatever paho was at.
//   - mqtt.go:205 together with paho's net.go takes a refused subscription (SUBACK 0x80)
//     for a success. We look at the code for our subscriptions; a twin read after
//     connecting shows whether the connection works.
//   - mqtt.go:203 keeps the first context for every later resubscription, and patches sent
//     while paho reconnects by itself are lost without a word. A Link is one connection
//     and never comes back; whoever owns it makes another and reads the twin.
//   - mqtt.go:137 and mqtt_module.go:67 append ":8883" to a host name that may have a
//     port already, which paho refuses silently. We replace the list of servers.
//   - paho's net.go:128 and :297 keep silent about a socket that was closed on this side,
//     so that a client whose socket is taken away lives on until its keep-alive. The
//     socket that paho gets says that the peer has gone.
//   - paho's netconn.go:66 sends even loopback connections through the proxy of
//     all_proxy. Our own dialling does not.
//   - mqtt.go:152 and mqtt_module.go:85 sign tokens for an hour. The credentials that we give
//     sign them for as long as is asked, and remember until when.
//   - mqtt.go:133 and paho's websocket.go dial a WebSocket without a context, over a socket that
//     nobody can close meanwhile. We dial it ourselves, as TLS.
//   - mqtt_module.go:62 knows certificates of devices only: iotdevice has none for modules. Our
//     credentials have both.
//   - paho's ping.go:53 writes pings without a deadline. The socket that it gets has one.
//   - paho's net.go:212 panics on a SUBACK with more codes than were asked for. Nothing
//     here can catch that in paho's goroutine; no hub is known to send one.
//   - common/tls.go:22 pins a list of roots. We give the roots, or none for the system's.
//   - mqtt.go:152 logs through a nil interface when no logger was given. We always give one.
//   - iotservice/client.go:1526 takes every status but 200 and 204 for an error and then
//     forgets the headers; a DELETE answered with 200 fails on its empty body. [Transport]
//     settles both before the library sees the response.
//   - iotservice/client.go:1513 logs the Authorization header. Its logger is always off.
//   - iotservice/client.go:803 turns an empty etag into "*", an unconditional write. Our
//     callers never pass an empty one.
//   - iotservice/registry.go:48 has no deviceScope and parentScopes, and drops whatever else it
//     does not know and every empty value: a device that is written back through it, which
//     replaces the whole of it, loses its parent. It has no first tags and properties in a bulk
//     write that tell a warning from a success (registry.go:177), and its error codes must be
//     numbers. Identities are read, listed and deleted through iotservice; they are created and
//     changed with documents of our own, those of a change exactly as they were read.
//   - iotservice/client.go:85 has no timeouts, no proxy and two idle connections. It is
//     given our http.Client.
//   - iotservice/client.go:116 dials AMQP without a context or a limit, client.go:419 keeps a link
//     that has died and fails on it for ever, client.go:407 puts the id into the address as it is,
//     which ids with # or ? do not survive, message.go:59 sends a message without expiry as one
//     that expired in 1754, and none can have a content type. [Mailer] speaks go-amqp itself, with
//     the library's token and its check of the answer to it, over a socket of ours.
//   - iotservice/client.go:466 takes every record of feedback out of the hub, also those that
//     another service waits for. Feedback does not go through iotservice.
//   - iotservice/client.go:1244 decodes a second page of a query into the maps of the
//     first, and registry.go:134 turns every number into a float64. Twins, queries and
//     methods do not go through iotservice at all.
package iothub

'use strict';

module.exports = [
  ['rest/errors.go', 'Status: 404, Number: 404103', 'Status: 404, Number: 404102', 'do not reach a device that is not connected'],
  ['gateway/methods.go', 'return c != nil && c.Publish(topic, payload)', 'return c != nil && (c.Publish(topic, payload) || true)', 'do not reach a device that has not subscribed to them'],
  ['registry/store.go', '\tif s.find(id) == nil {\n\t\treturn moduleNotFound(id)', '\tif s.find(id) == nil {\n\t\treturn deviceNotFound(id.Device)', 'of a missing device or module name what is missing'],
  ['rest/errors.go', 'Status: 504, Number: 504101', 'Status: 404, Number: 504101', 'time out when the device does not answer'],
  ['gateway/devices.go', 'func (g devices) Subscribed(c *mqtt.Client) {', 'func (g devices) Subscribed(c *mqtt.Client) {\n\tif true {\n\t\treturn\n\t}', 'wait for a device that connects within the connect timeout'],
  ['rest/methods.go', 'if body.ConnectTimeout > body.ResponseTimeout {', 'if false {', 'refuse a connect timeout above the response timeout'],
  ['rest/methods.go', 'minResponseTimeout     = 5', 'minResponseTimeout     = 1', 'refuse a response timeout outside 5 to 300 seconds'],
  ['rest/methods.go', 'maxMethodPayload       = 128 << 10', 'maxMethodPayload       = 256 << 10', 'carry 128 KB in either direction, and no more'],
  ['gateway/methods.go', 'payload = []byte("null")', 'payload = []byte("{}")', 'arrive as null when they carry nothing, and answer null for nothing'],
  ['gateway/methods.go', 'if !ok || c.id != id {', 'if !ok {', 'take the first answer and no answer of another device'],
];

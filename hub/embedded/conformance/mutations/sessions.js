'use strict';

module.exports = [
  ['mqtt/session.go', '\t\ts.sessions[c.id] = next\n', '\t\ts.sessions[c.id] = nil\n', 'bring desired properties to a Node client after its connection was lost'],
  ['mqtt/session.go', '\t\ts.sessions[c.id] = next\n', '\t\ts.sessions[c.id] = nil\n', 'let a Node client report and read its twin after its connection was lost'],
  ['mqtt/session.go', '\t\ts.sessions[c.id] = next\n', '\t\ts.sessions[c.id] = nil\n', 'stay when a Node client renews its token'],
  ['mqtt/queue.go', 'ack.SessionPresent = present', 'ack.SessionPresent = false', 'keep all subscriptions of a client that subscribes only once, as Python does'],
  ['mqtt/subscribe.go', 'return slices.Contains(p.Topics, s.filter) })', 'return false })', 'forget what was unsubscribed'],
  ['mqtt/server.go', '\tif cleanSession {\n', '\tif false {\n', 'end with a clean session, before and after'],
  ['gateway/gateway.go', '\tif !exists {\n\t\terr := g.server.Forget', '\tif false {\n\t\terr := g.server.Forget', 'end with the identity, and do not pass to another of the same name'],
  ['mqtt/client.go', 'return (!subscribed || c.subscribed(topic)) && c.send(p)', 'return c.send(p)', 'gets a PUBACK for a twin request and no answer, as nothing is subscribed'],
  ['mqtt/client.go', '\tif p.Qos == 1 {\n\t\tack', '\tif false {\n\t\tack', 'gets a PUBACK for a twin request and no answer, as nothing is subscribed'],
];

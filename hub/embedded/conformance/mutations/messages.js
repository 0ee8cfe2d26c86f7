'use strict';

module.exports = [
  ['messages/bag.go', 'return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")', 'return url.QueryEscape(s)', 'reach a connected device with all their properties (MQTT)'],
  ['messages/queues.go', '\tm.To = address(id)\n', '', 'name the device in their topic, and have QoS 1'],
  ['gateway/messages.go', 'd.Again && c.Resumed())', 'false)', 'come again when they were not acknowledged'],
  ['gateway/messages.go', '\tif len(tokens) > 0 {', '\tif false {', 'come again when they were not acknowledged'],
  ['gateway/messages.go', '\tg.noteFailure(c, g.opts.Commands.Complete(l.id, token))\n', '\t_ = token\n', 'wait for a device that is away, in their order (WebSocket)'],
  ['messages/queues.go', 'slices.Insert(own.entries, at, &entry{Message: m})', 'slices.Insert(own.entries, at*0, &entry{Message: m})', 'wait for a device that is away, in their order (MQTT)'],
  ['messages/queues.go', 'cmp.Or(opts.Depth, 50)', 'cmp.Or(opts.Depth, 51)', 'are fifty at most'],
  ['rest/messages.go', 'w.Int("totalMessagesPurged", int64(n))', 'w.Int("totalMessagesPurged", int64(n*0))', 'are purged'],
  ['messages/queues.go', '\t\tif next.token != "" {\n\t\t\tcontinue\n\t\t}\n', '', 'are received, locked, and completed'],
  ['messages/queues.go', 'if e.token == token {', 'if e.token != "" {', 'are completed under their lock alone'],
  ['messages/queues.go', 'func(own *queue, e *entry, fx *effects) { q.unlock(id, own, e, fx) })', 'func(own *queue, e *entry, fx *effects) { q.remove(id, own, e, success, fx) })', 'are given back when they are abandoned'],
  ['sas/authority.go', 'if !creds.Enabled {', 'if false {', 'need the right token'],
  ['messages/outcome.go', 'if how != dropped && e.Ack.wants(how == success) {', 'if false {', 'tells the sender that a message was taken'],
  ['gateway/messages.go', '\tg.opts.Telemetry.Add(e)\n\tg.registry.Touch(id)\n', '\tg.opts.Telemetry.Add(e)\n', 'is activity'],
  ['mqtt/server.go', 'if c.will != nil && !errors.Is(reason, ErrDisconnected)', 'if c.will != nil && errors.Is(reason, ErrDisconnected)', 'is a last will when the connection is lost, and none of another topic'],
  ['gateway/devices.go', 'if info.Will != nil && parseTopic(id, info.Will.Topic).kind != event {', 'if false {', 'is a last will when the connection is lost, and none of another topic'],
  ['gateway/topics.go', 'strings.CutPrefix(prefix, "devices/+"); !ok || id.Module != ""', 'strings.CutPrefix(prefix, "devices/+"); ok || id.Module != ""', 'reach a device that leaves its name out of the filter'],
];

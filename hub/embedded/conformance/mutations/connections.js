'use strict';

module.exports = [
  ['gateway/devices.go', 'g.registry.SetConnected(l.id, true)', 'g.registry.Touch(l.id)', 'is shown as connected and as disconnected (device over MQTT)'],
  ['registry/section.go', '\t\tw.RawMembers(s.properties)\n\t\tw.Int("$version", s.version)', '\t\tw.RawMembers(s.properties)\n\t\tw.Raw("$metadata", s.metadata)\n\t\tw.Int("$version", s.version)', 'reads its twin without tags and metadata (module over WebSocket)'],
  ['registry/twinwrite.go', 'ordered.Member{Key: "$version", Value: ordered.NewNumber(itoa(version))}', 'ordered.Member{Key: "$version", Value: ordered.NewNumber(itoa(version - 1))}', 'receives the patch of the tutorial (module over MQTT)'],
  ['registry/twinwrite.go', 'return &next, w.value, err', 'return &next, ordered.Merge(ordered.NewObject(), w.value), err', 'receives patches as they were sent, null and unchanged values included (module over MQTT)'],
  ['registry/section.go', '\t\tif _, ok := kept(m.Key); !ok {', '\t\tif _, ok := kept(m.Key); !ok && false {', 'receives null for what a replacement removes (device over MQTT)'],
  ['registry/twinwrite.go', 'if len(notify.Members()) > 0 {', 'if desired.present {', 'hears nothing of tags, of empty patches and of its own reports (device over MQTT)'],
  ['registry/section.go', '\tif k == reportedKind {\n\t\treturn stamp{updated: updated}\n\t}\n', '', 'reports properties, and removes them with null (device over WebSocket)'],
  ['mqtt/server.go', '\tif old != nil {\n\t\ts.finish(old, ErrTakenOver)', '\tif false {\n\t\ts.finish(old, ErrTakenOver)', 'gives way to a newer connection (device over MQTT)'],
  ['sas/authority.go', 'first, second := t.signedBy(primary), t.signedBy(secondary)', 'first, second := t.signedBy(primary), t.signedBy(primary)', 'is refused with a wrong key, and with the secondary one it is not (module over WebSocket)'],
  ['registry/listener.go', '\tfor _, m := range r.modules {', '\tfor _, m := range r.modules[:0] {', 'is thrown out when its device is disabled, and stays out (module over MQTT)'],
  ['registry/identity.go', '\ts.closeConnections(r)\n\ts.bury(r)', '\ts.bury(r)', 'is thrown out when its device is deleted (device over MQTT)'],
  ['gateway/twin.go', 'expected = &n', '_ = n', 'check the version of reported properties when one is named'],
  ['mqtt/subscribe.go', 'qos := min(p.Qoss[i], 1)', 'qos := p.Qoss[i]', 'grant QoS 1 for a subscription to QoS 2'],
  ['gateway/topics.go', '\tcase twinAnswers, twinDesired, methodCalls:', '\tcase twinAnswers, twinDesired, methodCalls, "":', 'end when a device touches the topics of another'],
  ['mqtt/server.go', 'cmp.Or(opts.MaxPayload, 256<<10)', 'cmp.Or(opts.MaxPayload, 512<<10)', 'end when a message is larger than 256 KB, and not before'],
  ['mqtt/client.go', 'info.KeepAlive*3/2', 'info.KeepAlive*300', 'end after one and a half times the keep-alive without a word'],
  ['gateway/devices.go', 'if l.model != "" {', 'if false {', 'name a model, which the twin shows'],
];

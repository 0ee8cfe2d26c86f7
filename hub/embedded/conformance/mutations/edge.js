'use strict';

module.exports = [
  ['registry/edge.go', 'case r.edge && w.edge && w.scope != before:', 'case before == "none":', 'choose no scope, and keep theirs'],
  ['registry/edge.go', '[...]string{"$edgeAgent", "$edgeHub"}', '[...]string{"$edgeAgent"}', 'get a scope and the modules of the system'],
  ['registry/edge.go', 'parents, err = s.parentsOf([]string{w.scope})', 'parents, err = s.parentsOf(nil)', 'take children, which name them as parents'],
];

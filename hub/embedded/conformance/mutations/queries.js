'use strict';

module.exports = [
  ['query/evaluate.go', 'holds = order < 0', 'holds = order <= 0', 'select by tags.floor < 2 OR tags.floor >= 3'],
  ['query/evaluate.go', '\tif left.Kind() != right.Kind() {\n\t\tswitch', '\tif false {\n\t\tswitch', 'select by properties.desired.interval > 20'],
  ['query/evaluate.go', 'contains(i.list, v) != i.not', 'contains(i.list, v)', "select by tags.city NIN ['Ulm', 'Bern'] AND IS_DEFINED(tags.floor)"],
  ['query/evaluate.go', 'isTrue(v, ok) == n.twice', 'isTrue(v, ok) != n.twice', "select by NOT tags.city = 'Ulm'"],
  ['query/evaluate.go', 'result = math.Mod(x, y)', 'result = math.Mod(y, x)', 'select by tags.floor % 2 = 1'],
  ['query/evaluate.go', 'return ordered.NewBool(contains(array.Items(), element)), true', 'return ordered.NewBool(element.Kind() != ordered.Null), true', "select by array_contains(tags.list, 'a')"],
  ['query/evaluate.go', 'return ok && v.Kind() == ordered.Bool && v.Text() == "true"', 'return ok && v.Text() != "false"', 'select by tags.city'],
  ['query/aggregate.go', 'return number(a.sum / float64(a.numbers))', 'return number(a.sum)', 'aggregate'],
  ['query/aggregate.go', 'return a.min, a.min.Kind()', 'return a.max, a.min.Kind()', 'aggregate'],
  ['query/project.go', '\t\treturn attribute{c.alias}', '\t\treturn c.path', 'project, with and without another name'],
  ['query/compile.go', 'err != nil || q.top < 1 {', 'err != nil {', 'refuse SELECT TOP 0 * FROM devices'],
  ['query/compile.go', '\tif tree.Top != nil {', '\tif tree.Top != nil && q.aggregates {', 'stop at TOP'],
  ['query/run.go', '|| p.given < 0 {\n\t\treturn p, ErrContinuation', '|| p.given < 0 {\n\t\treturn p, nil', 'refuse a continuation of their own making'],
  ['query/run.go', 'const DefaultPage = 100', 'const DefaultPage = 1000', 'come in pages of a hundred at most'],
  ['rest/query.go', 'return min(n, most), nil', 'return most, nil', 'come in pages of the size that is asked for, each twin once'],
  ['rest/query.go', '{q.ItemType()}', '{"Twin"}', 'say that what they project is raw'],
  ['rest/errors.go', 'Name: "ArgumentInvalid", Message: "BadRequest"', 'Name: "ArgumentInvalid", Message: "bad query"', 'refuse SELECT'],
];

'use strict';
// The query language (Azure docs: iot-hub-devguide-query-language). Each check asks only for the
// devices of this file, by a tag: others come and go meanwhile.

const assert = require('node:assert/strict');
const { before, describe, it } = require('node:test');
const { body, connect, newDevice, newId, newModule, pagesOf, queryAll, refused, registry, report, rest, updateTwin } = require('./harness');

const mine = newId();
const where = (condition) => `WHERE tags.mine = '${mine}' AND (${condition})`;
const names = [];
let ids;

// conditions with the names of the devices that they select.
const conditions = [
  ["tags.city = 'Ulm'", 'one'],
  ["tags.city != 'Ulm'", 'two three four'],
  ["tags.city <> 'Ulm' AND tags.floor > 1", 'two three'],
  ['tags.floor < 2 OR tags.floor >= 3', 'one three'],
  ['tags.floor <= 2', 'one two'],
  ["NOT tags.city = 'Ulm'", 'two three four'],
  ["NOT (tags.floor = 1 OR tags.floor = 2) AND IS_DEFINED(tags.floor)", 'three'],
  ["tags.floor = 1 OR tags.floor = 2 AND tags.city = 'nowhere'", 'one'],
  ["(tags.floor = 1 OR tags.floor = 2) AND tags.city = 'Bern'", 'two'],
  ['properties.desired.interval = 20', 'two'],
  ["properties.desired.interval = '30'", 'three'],
  ['properties.desired.interval > 20', ''],
  ['properties.desired.deep.er = 1', 'one'],
  ['properties.desired.on', 'one'],
  ['properties.desired.on = false', 'two'],
  ['properties.reported.on = true', 'one'],
  ['properties.reported.interval < properties.desired.interval', 'one'],
  ["tags.city IN ['Ulm', 'Bern']", 'one two'],
  ["tags.city NIN ['Ulm', 'Bern'] AND IS_DEFINED(tags.floor)", 'three'],
  ['tags.floor IN [1, 3]', 'one three'],
  ['IS_DEFINED(tags.[[group]])', 'one two'],
  ['NOT IS_DEFINED(tags.[[group]])', 'three four'],
  ["STARTSWITH(tags.city, 'B')", 'two'],
  ["ENDSWITH(tags.city, 'lm')", 'one three'],
  ["ARRAY_CONTAINS(tags.list, 'b')", 'one two'],
  ["array_contains(tags.list, 'a')", 'one'],
  ["tags.[[odd-name]] = 'x'", 'one'],
  ["tags.[[group]] = 'g'", 'one two'],
  ["tags.city = 'O\\'Hara \"x\" \\u00e4'", 'four'],
  ['tags.city = "O\'Hara \\"x\\" ä"', 'four'],
  ['tags.floor = 0x2', 'two'],
  ['tags.floor + 1 = 3', 'two'],
  ['tags.floor * 2 - 1 = 5', 'three'],
  ['tags.floor % 2 = 1', 'one three'],
  ['properties.desired.interval / 2 = 5', 'one'],
  ["status = 'disabled'", 'four'],
  ["STATUS = 'disabled'", 'four'],
  ["devices.status = 'disabled'", 'four'],
  ["connectionState = 'Connected'", 'one'],
  ['capabilities.iotEdge = false', 'one two three four'],
  ["tags.city = 'ulm'", 'three'],
  ['tags.city', ''],
  ['tags.floor = null', ''],
];

describe('queries', () => {
  before(async () => {
    ids = {};
    for (const [name, twin] of Object.entries({
      one: { tags: { city: 'Ulm', floor: 1, 'odd-name': 'x', group: 'g', list: ['a', 'b'] }, desired: { interval: 10, on: true, deep: { er: 1 } } },
      two: { tags: { city: 'Bern', floor: 2, group: 'g', list: ['b'] }, desired: { interval: 20, on: false } },
      three: { tags: { city: 'ulm', floor: 3 }, desired: { interval: '30' } },
      four: { tags: { city: "O'Hara \"x\" ä" }, desired: {} },
    })) {
      const device = await newDevice(name === 'four' ? { status: 'disabled' } : {});
      ids[name] = device.deviceId;
      names.push(name);
      await updateTwin(device, { tags: { ...twin.tags, name, mine }, properties: { desired: twin.desired } });
      if (name === 'one') {
        const own = await (await connect(device)).getTwin();
        await report(own, { interval: 5, on: true });
      }
      if (name === 'one' || name === 'two') {
        for (const moduleId of ['a', 'b']) {
          const module = await newModule({ deviceId: device.deviceId, moduleId });
          await updateTwin(module, { tags: { mine, name: `${name}/${moduleId}` } });
        }
      }
    }
  });

  for (const [condition, expected] of conditions) {
    it(`select by ${condition}`, async () => {
      const found = (await queryAll(`SELECT * FROM devices ${where(condition)}`)).map((t) => t.tags.name);
      assert.deepEqual(found.sort(), expected.split(' ').filter(Boolean).sort());
    });
  }

  it('find a device by its id, as a twin of the SDK', async () => {
    const query = registry.createQuery(`SELECT * FROM devices WHERE deviceId = '${ids.one}'`);
    const answer = await query.nextAsTwin();
    assert.equal(answer.message.headers['x-ms-item-type'], 'Twin');
    assert.deepEqual(body(answer).map((t) => t.deviceId), [ids.one]);
    assert.equal(query.hasMoreResults, false);
  });

  it('find modules, of one device and of all', async () => {
    const found = await queryAll(`SELECT * FROM devices.modules WHERE tags.mine = '${mine}'`);
    assert.deepEqual(found.map((t) => t.tags.name).sort(), ['one/a', 'one/b', 'two/a', 'two/b']);
    const [a, b] = await queryAll(`select * from devices.modules where devices.modules.deviceId in ['${ids.two}']`);
    assert.deepEqual([a.moduleId, b.moduleId], ['a', 'b']);
    const [only] = await queryAll(`SELECT * FROM devices.modules WHERE deviceId = '${ids.two}' AND moduleId = 'b'`);
    assert.equal(only.tags.name, 'two/b');
  });

  it('come in pages of the size that is asked for, each twin once', async () => {
    const pages = await pagesOf(`SELECT * FROM devices WHERE tags.mine = '${mine}'`, 3);
    assert.ok(pages.every((page) => page.length <= 3) && pages.length >= 2);
    assert.deepEqual(pages.flat().map((t) => t.tags.name).sort(), [...names].sort());
  });

  it('come in pages of a hundred at most', async () => {
    await registry.addDevices(Array.from({ length: 100 }, () => ({ deviceId: newId('-page') })));
    const { json, headers } = await rest('POST', '/devices/query', { json: { query: 'SELECT * FROM devices' }, headers: { 'x-ms-max-item-count': '1000' } });
    assert.equal(json.length, 100);
    assert.ok(headers['x-ms-continuation']);
    const all = await queryAll("SELECT * FROM devices WHERE ENDSWITH(deviceId, '-page')");
    assert.equal(new Set(all.map((t) => t.deviceId)).size, all.length);
    await registry.removeDevices(all.map(({ deviceId }) => ({ deviceId })), true);
  });

  it('refuse a continuation of their own making', async () => {
    const answer = await rest('POST', '/devices/query', { json: { query: 'SELECT * FROM devices' }, headers: { 'x-ms-continuation': 'nonsense' } });
    assert.equal(answer.status, 400);
  });

  it('project, with and without another name', async () => {
    const [row] = await queryAll(`SELECT DeviceId, tags.city AS town, properties.desired.deep.er, tags.missing AS gone FROM devices ${where('tags.floor = 1')}`);
    assert.deepEqual(row, { deviceId: ids.one, town: 'Ulm', properties: { desired: { deep: { er: 1 } } } });
  });

  it('say that what they project is raw', async () => {
    const { headers } = await rest('POST', '/devices/query', { json: { query: 'SELECT deviceId FROM devices' } });
    assert.equal(headers['x-ms-item-type'], 'Raw');
  });

  it('stop at TOP', async () => {
    const top = (n, size) => queryAll(`SELECT TOP ${n} * FROM devices WHERE tags.mine = '${mine}'`, size);
    assert.equal((await top(2)).length, 2);
    assert.equal((await top(3, 2)).length, 3);
    assert.equal((await top(9)).length, 4);
  });

  it('count', async () => {
    const counted = await queryAll(`SELECT COUNT() AS totalNumberOfDevices FROM devices WHERE tags.mine = '${mine}'`);
    assert.deepEqual(counted, [{ totalNumberOfDevices: 4 }]);
  });

  it('aggregate', async () => {
    const text = 'SELECT AVG(tags.floor) AS mean, SUM(tags.floor) AS sum, MIN(tags.floor) AS least, MAX(tags.floor) AS most FROM devices';
    assert.deepEqual(await queryAll(`${text} ${where('IS_DEFINED(tags.floor)')}`), [{ mean: 2, sum: 6, least: 1, most: 3 }]);
  });

  it('group', async () => {
    const rows = await queryAll(`SELECT tags.[[group]] AS team, COUNT() AS many FROM devices ${where('IS_DEFINED(tags.[[group]])')} GROUP BY tags.[[group]]`);
    assert.deepEqual(rows, [{ team: 'g', many: 2 }]);
  });

  it('are taken under the name Query too', async () => {
    const { json } = await rest('POST', '/devices/query', { json: { Query: `SELECT * FROM devices WHERE deviceId = '${ids.two}'` } });
    assert.equal(json[0].deviceId, ids.two);
  });

  for (const bad of [
    'SELECT', 'SELECT TOP 0 * FROM devices', 'SELECT * FROM', 'SELECT * FROM nowhere', 'SELECT * FROM devices WHERE', 'SELECT * FROM devices WHERE tags.a = ', 'DELETE FROM devices',
    "SELECT * FROM devices WHERE STARTS_WITH(deviceId, 'x')", "SELECT * FROM devices WHERE CONTAINS(deviceId, 'x')", 'SELECT * FROM devices ORDER BY deviceId',
    "SELECT * FROM devices WHERE tags.a = 'open", 'SELECT * FROM devices JOIN devices.modules',
  ]) {
    it(`refuse ${bad}`, async () => {
      const err = await refused(registry.createQuery(bad).next(), 400);
      assert.match(err.responseBody, /"ErrorCode:ArgumentInvalid;BadRequest"/);
    });
  }

  it('refuse a text of more than 8192 characters', async () => {
    const text = `SELECT * FROM devices WHERE deviceId = '${'x'.repeat(8192)}'`;
    await refused(registry.createQuery(text).next());
    const least = `SELECT * FROM devices WHERE deviceId = '${'x'.repeat(8000)}'`;
    assert.deepEqual(await queryAll(least), []);
  });
});

'use strict';
// What a twin may hold (Azure docs: iot-hub-devguide-device-twins), written by the service and
// reported by a device.

const assert = require('node:assert/strict');
const { before, describe, it } = require('node:test');
const { connect, getTwin, newDevice, refused, report, rest, twinPath, updateTwin } = require('./harness');

const nested = (depth, leaf = 1) => (depth === 0 ? leaf : { n: nested(depth - 1, leaf) });
// large makes an object of size bytes, as the hub counts: each of its keys has one.
const large = (size) => {
  const object = {};
  for (let i = 0; size > 0; i++) {
    const length = Math.min(4000, size - 1);
    object[String.fromCharCode(97 + i)] = 'x'.repeat(length);
    size -= length + 1;
  }
  return object;
};

// Each limit with what is still allowed and what is not.
const limits = [
  ['keys of 1024 bytes', { ['k'.repeat(1024)]: 1 }, { ['k'.repeat(1025)]: 1 }],
  ['keys without a dot', { 'ä-_:/': 1 }, { 'a.b': 1 }],
  ['keys without a dollar sign', { '': 1 }, { a: { b$c: 1 } }],
  ['keys without a number sign', { a: 1 }, { 'a#b': 1 }],
  ['keys without a space', { a: 1 }, { 'a b': 1 }],
  ['keys without a control character', { a: 1 }, { 'a\u0001b': 1 }],
  ['strings of 4096 bytes', { s: 'ä'.repeat(2048) }, { s: `${'ä'.repeat(2048)}x` }],
  ['ten levels', nested(10, { end: 1 }), nested(10, { end: {} })],
  ['arrays as levels', nested(9, [1]), nested(10, [[1]])],
  ['integers up to 2^52 - 1', { n: 4503599627370495 }, { n: 4503599627370496 }],
  ['integers from -2^52', { n: -4503599627370496 }, { n: -4503599627370497 }],
  ['arrays without null', { a: [1, 'x', { b: 2 }] }, { a: [1, null] }],
  ['objects in arrays without null', { a: [{ b: 1 }] }, { a: [{ b: null }] }],
];

describe('limits of a twin', () => {
  let client;
  let twin;
  let id;
  before(async () => {
    id = await newDevice();
    client = await connect(id);
    twin = await client.getTwin();
  });

  for (const [name, allowed, forbidden] of limits) {
    it(`are ${name}, in tags and desired properties`, async () => {
      const device = await newDevice();
      for (const section of [(v) => ({ tags: v }), (v) => ({ properties: { desired: v } })]) {
        await updateTwin(device, section(allowed));
        const err = await refused(updateTwin(device, section(forbidden)), 400);
        assert.equal(err.response.headers['iothub-errorcode'], 'ArgumentInvalid');
        assert.match(err.message, /Provided json is not a valid 'tags' or 'properties' object/);
        assert.equal((await rest('PUT', twinPath(device), { json: section(forbidden) })).status, 400);
      }
      assert.equal((await getTwin(device)).version, 4);
    });

    it(`are ${name}, in reported properties`, async () => {
      await report(twin, allowed);
      const { version } = await getTwin(id);
      await refused(report(twin, forbidden));
      assert.equal((await getTwin(id)).version, version);
      // The twin stays small enough for the next check.
      await report(twin, Object.fromEntries(Object.keys(allowed).map((key) => [key, null])));
    });
  }

  it('are 8 KB of tags', async () => {
    const device = await newDevice();
    await updateTwin(device, { tags: large(8 << 10) });
    await refused(updateTwin(device, { tags: { more: 1 } }), 400);
    await refused(updateTwin(device, { tags: large((8 << 10) + 1) }), 400);
  });

  it('are 32 KB of desired properties, metadata not counted', async () => {
    const device = await newDevice();
    await updateTwin(device, { properties: { desired: large(32 << 10) } });
    await refused(updateTwin(device, { properties: { desired: { more: 1 } } }), 400);
  });

  it('are 32 KB of reported properties, metadata not counted', async () => {
    const device = await newDevice();
    const own = await (await connect(device)).getTwin();
    await report(own, large(32 << 10));
    await refused(report(own, { more: 1 }));
  });

  it('are sections that are objects', async () => {
    const device = await newDevice();
    for (const wrong of [[], 1, 'x', true]) {
      await refused(updateTwin(device, { tags: wrong }), 400);
      await refused(updateTwin(device, { properties: { desired: wrong } }), 400);
    }
  });

  it('are bodies that are JSON documents', async () => {
    const device = await newDevice();
    for (const text of ['', '[]', '{"tags":', 'null', '{"tags":{"a":1}} x']) {
      assert.equal((await rest('PATCH', twinPath(device), { text })).status, 400, text);
    }
  });
});

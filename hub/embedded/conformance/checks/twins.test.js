'use strict';
// Twins as the service side reads and writes them. What holds for a device twin holds for a module
// twin, so both go through the same checks.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { body, getTwin, newDevice, newId, newModule, pagesOf, refused, registry, rest, twinPath, updateTwin } = require('./harness');

const version = (section) => section.$version;
const put = (id, json, headers) => rest('PUT', twinPath(id), { json, headers });
const patch = (id, json, headers) => rest('PATCH', twinPath(id), { json, headers });
const desiredOf = (twin) => Object.fromEntries(Object.entries(twin.properties.desired).filter(([key]) => !key.startsWith('$')));

for (const [kind, create] of [['device', newDevice], ['module', newModule]]) {
  describe(`${kind} twins`, () => {
    it(`of a new ${kind} begin with the counters and members of a new twin`, async () => {
      const identity = await create();
      const twin = (await rest('GET', twinPath(identity))).json;
      assert.equal(twin.etag, 'AAAAAAAAAAE=');
      assert.equal(twin.version, 2);
      assert.equal(twin.deviceEtag, identity.etag);
      assert.equal(twin.status, 'enabled');
      assert.equal(twin.statusUpdateTime, '0001-01-01T00:00:00Z');
      assert.equal(twin.connectionState, 'Disconnected');
      assert.equal(twin.authenticationType, 'sas');
      assert.equal(twin.modelId, '');
      assert.deepEqual(twin.x509Thumbprint, { primaryThumbprint: null, secondaryThumbprint: null });
      for (const section of ['desired', 'reported']) {
        assert.equal(version(twin.properties[section]), 1);
        assert.ok(twin.properties[section].$metadata.$lastUpdated, section);
      }
      for (const absent of ['tags', 'generationId', 'authentication', 'statusReason', 'managedBy', 'configurations']) {
        assert.equal(absent in twin, false, absent);
      }
      assert.equal('capabilities' in twin, kind === 'device');
    });

    it(`of a ${kind} are patched under their etag, and not under a stale one`, async () => {
      const id = await create();
      const before = await getTwin(id);
      const twin = await updateTwin(id, { properties: { desired: { telemetryInterval: 122 } } }, before.etag);
      assert.equal(twin.properties.desired.telemetryInterval, 122);
      assert.equal(twin.etag, 'AAAAAAAAAAI=');
      const err = await refused(updateTwin(id, { tags: { late: true } }, before.etag), 412);
      assert.equal(err.name, 'InvalidEtagError');
      assert.deepEqual(body(await getTwin(id)).tags, {});
    });

    it(`of a ${kind} are patched under no condition too`, async () => {
      const id = await create();
      assert.equal((await patch(id, { tags: { a: 1 } })).status, 200);
      assert.equal((await patch(id, { tags: { a: 2 } }, { 'If-Match': '*' })).json.tags.a, 2);
      assert.equal((await patch(id, { tags: { a: 3 } }, { 'If-Match': '"AAAAAAAAAAM="' })).json.tags.a, 3);
      assert.equal((await patch(id, { tags: { a: 4 } }, { 'If-Match': 'AAAAAAAAAAQ=' })).json.tags.a, 4);
    });

    it(`of a ${kind} merge patches, and null removes`, async () => {
      const id = await create();
      await updateTwin(id, { tags: { keep: 1, go: 2 }, properties: { desired: { a: { b: 1, c: 2 }, list: [1, 2], d: 'x' } } });
      const twin = await updateTwin(id, { tags: { go: null, come: 3 }, properties: { desired: { a: { b: null }, list: [3], d: null } } });
      assert.deepEqual(twin.tags, { keep: 1, come: 3 });
      assert.deepEqual(desiredOf(twin), { a: { c: 2 }, list: [3] });
      assert.equal(twin.properties.desired.$metadata.d, undefined);
    });

    it(`of a ${kind} keep an object that has become or was always empty`, async () => {
      const id = await create();
      await updateTwin(id, { properties: { desired: { emptied: { a: 1 }, empty: {}, scalar: 1 } } });
      const twin = await updateTwin(id, { properties: { desired: { emptied: { a: null }, made: { by: null }, scalar: { now: 'object' } } } });
      assert.deepEqual(desiredOf(twin), { emptied: {}, empty: {}, scalar: { now: 'object' }, made: {} });
    });

    it(`of a ${kind} count desired properties, tags and both`, async () => {
      const id = await create();
      const counters = (twin) => [twin.etag, twin.version, version(twin.properties.desired)];
      assert.deepEqual(counters(await updateTwin(id, { tags: { a: 1 } })), ['AAAAAAAAAAI=', 3, 1]);
      assert.deepEqual(counters(await updateTwin(id, { properties: { desired: { a: 1 } } })), ['AAAAAAAAAAM=', 4, 2]);
      assert.deepEqual(counters(await updateTwin(id, { tags: { a: 2 }, properties: { desired: { a: 2 } } })), ['AAAAAAAAAAQ=', 5, 3]);
    });

    it(`of a ${kind} count a write that changes no value`, async () => {
      const id = await create();
      const first = await updateTwin(id, { properties: { desired: { same: 1 } } });
      const second = await updateTwin(id, { properties: { desired: { same: 1 } } });
      assert.equal(version(second.properties.desired), version(first.properties.desired) + 1);
      assert.notEqual(second.etag, first.etag);
      assert.equal(second.properties.desired.$metadata.same.$lastUpdatedVersion, 3);
    });

    it(`of a ${kind} do not count what says nothing`, async () => {
      const id = await create();
      const answer = await patch(id, { deviceId: id.deviceId, etag: 'x', version: 77 });
      assert.equal(answer.status, 200);
      assert.deepEqual([answer.json.etag, answer.json.version], ['AAAAAAAAAAE=', 2]);
    });

    it(`of a ${kind} tell in their metadata when each property was written`, async () => {
      const id = await create();
      await updateTwin(id, { properties: { desired: { a: { b: 1, c: 2 }, other: 1, list: [{ x: 1 }] } } });
      const { $metadata: metadata } = (await updateTwin(id, { properties: { desired: { a: { b: 2 } } } })).properties.desired;
      const versions = [metadata, metadata.a, metadata.a.b, metadata.a.c, metadata.other, metadata.list].map((m) => m.$lastUpdatedVersion);
      assert.deepEqual(versions, [3, 3, 3, 2, 2, 2]);
      assert.match(metadata.a.b.$lastUpdated, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/);
      assert.deepEqual(Object.keys(metadata.list).sort(), ['$lastUpdated', '$lastUpdatedVersion']);
    });

    it(`of a ${kind} are replaced as a whole`, async () => {
      const id = await create();
      await updateTwin(id, { tags: { old: 1 }, properties: { desired: { old: 1, kept: 1 } } });
      const answer = await put(id, { tags: { fresh: 1 }, properties: { desired: { kept: 1, gone: null } } });
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.json.tags, { fresh: 1 });
      assert.deepEqual(desiredOf(answer.json), { kept: 1 });
      assert.equal(answer.json.properties.desired.$metadata.kept.$lastUpdatedVersion, 3);
    });

    it(`of a ${kind} lose the section that a replacement leaves out`, async () => {
      const id = await create();
      await updateTwin(id, { tags: { old: 1 }, properties: { desired: { old: 1 } } });
      const { json } = await put(id, { properties: { desired: { fresh: 1 } } });
      assert.equal('tags' in json, false);
      assert.deepEqual(desiredOf(json), { fresh: 1 });
    });

    it(`of a ${kind} are not replaced under a stale etag`, async () => {
      const id = await create();
      const { etag } = await updateTwin(id, { tags: { a: 1 } });
      assert.equal((await put(id, { tags: {} }, { 'If-Match': '"AAAAAAAAAAE="' })).status, 412);
      assert.equal((await put(id, { tags: {} }, { 'If-Match': `"${etag}"` })).status, 200);
    });

    it(`of a ${kind} lose a section that is null in a patch`, async () => {
      const id = await create();
      await updateTwin(id, { tags: { a: 1 }, properties: { desired: { b: 1 } } });
      const twin = await updateTwin(id, { tags: null, properties: { desired: null } });
      assert.deepEqual(twin.tags, {});
      assert.deepEqual(desiredOf(twin), {});
      assert.equal(version(twin.properties.desired), 3);
    });

    it(`of a ${kind} take a whole document back and ignore what is the hub's`, async () => {
      const id = await create();
      await updateTwin(id, { tags: { a: 1 }, properties: { desired: { b: 1 } } });
      const document = (await rest('GET', twinPath(id))).json;
      document.properties.desired.b = 2;
      document.properties.reported.made = 'up';
      document.status = 'disabled';
      const twin = await updateTwin(id, document, document.etag);
      assert.equal(twin.properties.desired.b, 2);
      assert.equal(version(twin.properties.desired), 3);
      assert.equal(twin.properties.reported.made, undefined);
      assert.equal(twin.status, 'enabled');
    });

    it(`of a ${kind} keep the order of keys and the spelling of numbers`, async () => {
      const id = await create();
      const text = '{"properties":{"desired":{"z":1.0,"a":1e3,"m":{"y":-0.50,"b":1}}}}';
      const answer = await rest('PATCH', twinPath(id), { text });
      assert.ok(answer.text.includes('{"z":1.0,"a":1e3,"m":{"y":-0.50,"b":1}'), answer.text);
    });

    it(`of a ${kind} are found under names in any case`, async () => {
      const id = await create();
      const { json } = await rest('PATCH', twinPath(id), { text: '{"Tags":{"A":1},"Properties":{"Desired":{"B":2}}}' });
      assert.deepEqual(json.tags, { A: 1 });
      assert.deepEqual(desiredOf(json), { B: 2 });
    });

    it(`of a ${kind} that is missing are not found, by the name of the device`, async () => {
      const missing = { ...(await create()), [`${kind}Id`]: newId() };
      for (const attempt of [getTwin, (id) => updateTwin(id, { tags: {} })]) {
        const err = await refused(attempt(missing), 404);
        assert.equal(err.name, 'DeviceNotFoundError');
      }
    });

    it(`of a disabled ${kind === 'device' ? 'device' : "device's module"} can still be written`, async () => {
      const id = await create();
      await registry.update({ deviceId: id.deviceId, status: 'disabled' });
      const twin = await updateTwin(id, { tags: { away: true } });
      assert.equal(twin.tags.away, true);
      assert.equal(twin.status, 'disabled');
    });

    it(`of a ${kind} do not count a write of the identity, and show its etag`, async () => {
      const id = await create();
      const updated = body(kind === 'device' ? await registry.update({ ...id }) : await registry.updateModule({ ...id }, true));
      const twin = await getTwin(id);
      assert.equal(twin.deviceEtag, updated.etag);
      assert.deepEqual([twin.etag, twin.version], ['AAAAAAAAAAE=', 2]);
    });

    it(`of a ${kind} are updated through the SDK's twin object`, async () => {
      const id = await create();
      const twin = await getTwin(id);
      await twin.update({ tags: { mine: 1 } });
      await twin.update({ properties: { desired: { mine: 2 } } });
      const stale = await getTwin(id);
      await twin.update({ tags: { mine: 3 } });
      await refused(stale.update({ tags: { mine: 4 } }), 412);
      assert.equal(body(await twin.get()).tags.mine, 3);
    });
  });
}

describe('twins', () => {
  it('of a device and its module are two', async () => {
    const module = await newModule();
    await updateTwin({ deviceId: module.deviceId }, { tags: { whose: 'device' } });
    await updateTwin(module, { tags: { whose: 'module' } });
    assert.equal((await getTwin({ deviceId: module.deviceId })).tags.whose, 'device');
    assert.equal((await getTwin(module)).tags.whose, 'module');
  });

  it('of a new device say when it was created, of a new module never', async () => {
    const module = await newModule();
    const lastUpdated = async (id) => (await getTwin(id)).properties.desired.$metadata.$lastUpdated;
    assert.equal(await lastUpdated(module), '0001-01-01T00:00:00Z');
    assert.ok(Date.parse(await lastUpdated({ deviceId: module.deviceId })) > Date.parse('2020-01-01'));
  });

  it('answer with the etag in the header too', async () => {
    const id = await newDevice();
    const { headers, json } = await rest('GET', twinPath(id));
    assert.equal(headers.etag, `"${json.etag}"`);
  });

  it('are one for each of many writers at once, and no write is lost', async () => {
    const id = await newDevice();
    await Promise.all(Array.from({ length: 20 }, (_, i) => updateTwin(id, { properties: { desired: { [`k${i}`]: i } } })));
    const twin = await getTwin(id);
    assert.equal(version(twin.properties.desired), 21);
    assert.equal(Object.keys(desiredOf(twin)).length, 20);
  });

  it('are written by one of many writers under the same etag', async () => {
    const id = await newDevice();
    const { etag } = await getTwin(id);
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => updateTwin(id, { tags: { winner: i } }, etag)));
    assert.equal(results.filter((r) => r.status === 'fulfilled').length, 1);
  });

  it('with a deep document are found by a query as they are read', async () => {
    const id = await newDevice();
    await updateTwin(id, { tags: { a: { b: { c: [1, { d: 'e' }] } } } });
    const [[found]] = await pagesOf(`SELECT * FROM devices WHERE deviceId = '${id.deviceId}'`);
    assert.deepEqual(found, (await rest('GET', twinPath(id))).json);
  });
});

'use strict';
// What a connected device or module sees of its twin and of direct methods. All of it holds for
// devices and modules, over MQTT and over MQTT in a WebSocket.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const {
  body, called, connect, desired, getTwin, Mqtt, MqttWs, newDevice, newModule, raw, refused, registry, report, rest, service,
  subscribe, publish, twinPath, until, updateTwin, within,
} = require('./harness');

const call = (id, params) => {
  const full = { responseTimeoutInSeconds: 10, connectTimeoutInSeconds: 10, ...params };
  return id.moduleId ? service.invokeDeviceMethod(id.deviceId, id.moduleId, full) : service.invokeDeviceMethod(id.deviceId, full);
};
const on = (c, name, handler) => (c.onMethod ? c.onMethod(name, handler) : c.onDeviceMethod(name, handler));
const identity = async (id) => body(id.moduleId ? await registry.getModule(id.deviceId, id.moduleId) : await registry.get(id.deviceId));

const kinds = [
  ['device over MQTT', newDevice, Mqtt],
  ['module over MQTT', newModule, Mqtt],
  ['device over WebSocket', newDevice, MqttWs],
  ['module over WebSocket', newModule, MqttWs],
];

for (const [kind, create, transport] of kinds) {
  describe(`a ${kind}`, () => {
    it(`is shown as connected and as disconnected (${kind})`, async () => {
      const id = await create();
      const c = await connect(id, { transport });
      const connected = await until('Connected', async () => {
        const now = await identity(id);
        return now.connectionState === 'Connected' && now;
      });
      assert.ok(Date.parse(connected.connectionStateUpdatedTime) > Date.parse('2020-01-01'));
      assert.ok(Date.parse(connected.lastActivityTime) > Date.parse('2020-01-01'));
      assert.equal((await getTwin(id)).connectionState, 'Connected');
      await c.close();
      await until('Disconnected', async () => (await identity(id)).connectionState === 'Disconnected');
    });

    it(`reads its twin without tags and metadata (${kind})`, async () => {
      const id = await create();
      await updateTwin(id, { tags: { hidden: 1 }, properties: { desired: { a: { b: [1, { c: 'ä' }] } } } });
      const twin = await (await connect(id, { transport })).getTwin();
      assert.deepEqual(twin.properties.desired, { a: { b: [1, { c: 'ä' }] }, $version: 2 });
      const { update, ...reported } = twin.properties.reported;
      assert.deepEqual(reported, { $version: 1 });
      assert.equal(twin.tags, undefined);
    });

    it(`receives the patch of the tutorial (${kind})`, async () => {
      const id = await create();
      const { patch } = await desired(await connect(id, { transport }));
      await updateTwin(id, { properties: { desired: { telemetryInterval: 122 } } });
      assert.deepEqual(await patch(2), { telemetryInterval: 122, $version: 2 });
    });

    it(`receives patches as they were sent, null and unchanged values included (${kind})`, async () => {
      const id = await create();
      await updateTwin(id, { properties: { desired: { a: 1, b: { c: 1 } } } });
      const { patch } = await desired(await connect(id, { transport }));
      await updateTwin(id, { properties: { desired: { a: 1, b: { c: null }, missing: null } } });
      assert.deepEqual(await patch(3), { a: 1, b: { c: null }, missing: null, $version: 3 });
    });

    it(`receives null for what a replacement removes (${kind})`, async () => {
      const id = await create();
      await updateTwin(id, { properties: { desired: { a: 1, b: 2, deep: { x: 1, y: 1 } } } });
      const { patch } = await desired(await connect(id, { transport }));
      await rest('PUT', twinPath(id), { json: { properties: { desired: { a: 1, c: 100, deep: { x: 2 } } } } });
      assert.deepEqual(await patch(3), { a: 1, b: null, c: 100, deep: { x: 2, y: null }, $version: 3 });
    });

    it(`receives every patch once and in order (${kind})`, async () => {
      const id = await create();
      const { patches, patch } = await desired(await connect(id, { transport }));
      for (let n = 1; n <= 20; n++) await updateTwin(id, { properties: { desired: { n } } });
      await patch(21);
      assert.deepEqual([...patches].map(([version, p]) => [version, p.n]), Array.from({ length: 20 }, (_, i) => [i + 2, i + 1]));
    });

    it(`hears nothing of tags, of empty patches and of its own reports (${kind})`, async () => {
      const id = await create();
      const { twin, patches, patch } = await desired(await connect(id, { transport }));
      await updateTwin(id, { tags: { a: 1 } });
      await updateTwin(id, { properties: { desired: {} } });
      await report(twin, { a: 1 });
      const { properties } = await updateTwin(id, { properties: { desired: { end: true } } });
      assert.deepEqual(await patch(properties.desired.$version), { end: true, $version: properties.desired.$version });
      assert.equal(patches.size, 1);
    });

    it(`reports properties, and removes them with null (${kind})`, async () => {
      const id = await create();
      const twin = await (await connect(id, { transport })).getTwin();
      await report(twin, { a: { b: 1, c: 2 }, gone: 1 });
      await report(twin, { a: { b: null }, gone: null, list: [1] });
      const stored = await getTwin(id);
      const { $metadata: metadata, ...reported } = stored.properties.reported;
      assert.deepEqual(reported, { a: { c: 2 }, list: [1], $version: 3 });
      assert.equal(stored.etag, 'AAAAAAAAAAE=');
      assert.equal(stored.version, 4);
      assert.equal(metadata.a.$lastUpdatedVersion, undefined);
      assert.ok(metadata.a.c.$lastUpdated && metadata.list.$lastUpdated);
      assert.equal(metadata.gone, undefined);
    });

    it(`answers direct methods with any status and JSON (${kind})`, async () => {
      const id = await create();
      const c = await connect(id, { transport });
      on(c, 'echo', (request, response) => response.send(request.payload?.status ?? 200, request.payload, () => {}));
      for (const payload of [{ status: 207, n: [1, null, 'ä'] }, 'text', 12.5, true, [1, 2], null]) {
        const answer = body(await call(id, { methodName: 'echo', payload }));
        assert.deepEqual({ status: answer.status, payload: answer.payload }, { status: payload?.status ?? 200, payload });
      }
    });

    it(`answers direct methods called at the same time, each with its own (${kind})`, async () => {
      const id = await create();
      const c = await connect(id, { transport });
      const waiting = [];
      on(c, 'later', (request, response) => {
        waiting.push(() => response.send(200, request.payload, () => {}));
        if (waiting.length === 10) waiting.reverse().forEach((send) => send());
      });
      const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => call(id, { methodName: 'later', payload: { n } })));
      assert.deepEqual(answers.map((a) => body(a).payload.n), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it(`gives way to a newer connection (${kind})`, async () => {
      const id = await create();
      const older = await connect(id, { transport });
      const gone = new Promise((resolve) => { older.once('disconnect', resolve); });
      const newer = await connect(id, { transport });
      await within('the older connection to end', gone);
      assert.ok(await newer.getTwin());
      assert.equal((await identity(id)).connectionState, 'Connected');
    });

    it(`is refused with a wrong key, and with the secondary one it is not (${kind})`, async () => {
      const id = await create();
      const stranger = connect(id, { transport, key: Buffer.alloc(32).toString('base64') });
      assert.equal((await refused(within('a refusal', stranger))).name, 'UnauthorizedError');
      const c = await connect(id, { transport, key: id.authentication.symmetricKey.secondaryKey });
      assert.ok(await c.getTwin());
    });

    it(`is thrown out when its device is disabled, and stays out (${kind})`, async () => {
      const id = await create();
      const c = await connect(id, { transport });
      const gone = new Promise((resolve) => { c.once('disconnect', resolve); });
      const device = body(await registry.get(id.deviceId));
      await registry.update({ ...device, status: 'disabled' });
      await within('the connection to end', gone);
      await refused(within('a refusal', connect(id, { transport })));
      await registry.update({ ...device, status: 'enabled' });
      assert.ok(await (await connect(id, { transport })).getTwin());
    });

    it(`is thrown out when its device is deleted (${kind})`, async () => {
      const id = await create();
      const c = await connect(id, { transport });
      const gone = new Promise((resolve) => { c.once('disconnect', resolve); });
      await registry.delete(id.deviceId);
      await within('the connection to end', gone);
      await refused(within('a refusal', connect(id, { transport })));
    });
  });
}

describe('connections', () => {
  it('of a module do not show its device as connected, nor reach its twin', async () => {
    const module = await newModule();
    const device = { deviceId: module.deviceId };
    const c = await connect(module);
    const { patches, patch } = await desired(c);
    assert.equal((await identity(device)).connectionState, 'Disconnected');
    await updateTwin(device, { properties: { desired: { for: 'device' } } });
    await updateTwin(module, { properties: { desired: { for: 'module' } } });
    assert.deepEqual(await patch(2), { for: 'module', $version: 2 });
    assert.equal(patches.size, 1);
  });

  it('of a device and its modules stand side by side', async () => {
    const module = await newModule();
    const device = body(await registry.get(module.deviceId));
    const other = await newModule({ deviceId: module.deviceId, moduleId: 'other' });
    const clients = [await connect(module), await connect(device), await connect(other)];
    for (const c of clients) assert.ok(await c.getTwin());
  });

  it('name a model, which the twin shows', async () => {
    const device = await newDevice();
    const modelId = 'dtmi:com:example:Thermostat;1';
    await connect(device, { options: { modelId } });
    assert.equal((await getTwin(device)).modelId, modelId);
  });

  it('work for ids with characters that have to be escaped elsewhere', async () => {
    const device = await newDevice({ deviceId: `${(await newDevice()).deviceId}-:.+%_#*?!(),=@;$'` });
    const c = await raw(device);
    await subscribe(c, '$iothub/twin/res/#');
    await publish(c, '$iothub/twin/GET/?$rid=1', ' ');
    await c.arrived('the twin', (topic) => topic === '$iothub/twin/res/200/?$rid=1');
  });

  it('check the version of reported properties when one is named', async () => {
    const device = await newDevice();
    const c = await raw(device);
    await subscribe(c, '$iothub/twin/res/#');
    await publish(c, '$iothub/twin/PATCH/properties/reported/?$rid=a&$version=1', '{"a":1}');
    await c.arrived('204', (topic) => topic === '$iothub/twin/res/204/?$rid=a&$version=2');
    await publish(c, '$iothub/twin/PATCH/properties/reported/?$rid=b&$version=1', '{"a":2}');
    await c.arrived('412', (topic) => topic === '$iothub/twin/res/412/?$rid=b');
    assert.equal((await getTwin(device)).properties.reported.a, 1);
  });

  it('end when something is published with QoS 2', async () => {
    const device = await newDevice();
    const c = await raw(device);
    const closed = new Promise((resolve) => { c.once('close', resolve); });
    c.publish(`devices/${device.deviceId}/messages/events/`, 'x', { qos: 2 }, () => {});
    await within('the end of the connection', closed);
  });

  it('grant QoS 1 for a subscription to QoS 2', async () => {
    const c = await raw(await newDevice());
    const granted = await called((done) => c.subscribe({ '$iothub/methods/POST/#': { qos: 2 }, '$iothub/twin/res/#': { qos: 0 } }, done));
    assert.deepEqual(granted.map((g) => g.qos), [1, 0]);
  });

  it('end when a device touches the topics of another', async () => {
    const [mine, other] = [await newDevice(), await newDevice()];
    for (const touch of [
      (c) => c.publish(`devices/${other.deviceId}/messages/events/`, 'x'),
      (c) => c.publish('$iothub/twin/res/200/?$rid=1', 'x'),
      (c) => c.subscribe(`devices/${other.deviceId}/messages/devicebound/#`),
      (c) => c.subscribe('#'),
    ]) {
      const c = await raw(mine);
      const closed = new Promise((resolve) => { c.once('close', resolve); });
      touch(c);
      await within('the end of the connection', closed);
    }
  });

  it('end when a message is larger than 256 KB, and not before', async () => {
    const device = await newDevice();
    const c = await raw(device);
    const topic = `devices/${device.deviceId}/messages/events/`;
    await publish(c, topic, Buffer.alloc(256 << 10), 1);
    const closed = new Promise((resolve) => { c.once('close', resolve); });
    c.publish(topic, Buffer.alloc((256 << 10) + 1), { qos: 1 }, () => {});
    await within('the end of the connection', closed);
  });

  it('end after one and a half times the keep-alive without a word', async () => {
    const device = await newDevice();
    const c = await raw(device, { keepalive: 1 });
    const closed = new Promise((resolve) => { c.once('close', resolve); });
    c._checkPing = () => {}; // the library would ping
    clearInterval(c.pingTimer?.timer ?? c.pingTimer);
    c.pingTimer?.clear?.();
    await within('the end of the connection', closed);
    await until('Disconnected', async () => (await identity(device)).connectionState === 'Disconnected');
  });
});

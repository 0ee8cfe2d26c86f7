'use strict';
// Microsoft's SDKs against a running embedded hub. `./run` starts one; to use another, put the
// line that `twindeck hub --output json` prints into the file named by TWINDECK_HUB_FILE and its
// caFile into NODE_EXTRA_CA_CERTS, which Node reads only when it starts. The hub must be on the
// ports 443 and 8883: the SDKs know no others.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { EventEmitter, once } = require('node:events');
const { setTimeout } = require('node:timers/promises');
const { after, before, describe, it } = require('node:test');

const { Registry, Client: ServiceClient } = require('azure-iothub');
const { Client: DeviceClient, ModuleClient } = require('azure-iot-device');
const { Mqtt } = require('azure-iot-device-mqtt');

const hub = JSON.parse(fs.readFileSync(process.env.TWINDECK_HUB_FILE, 'utf8'));
const ca = fs.readFileSync(hub.caFile, 'utf8');
const host = /HostName=([^;]+)/.exec(hub.connectionString)[1];

const run = Date.now().toString(36);
const deviceId = `conformance-${run}#1`; // an id that has to be escaped
const moduleId = 'myFirstModule';

const registry = Registry.fromConnectionString(hub.connectionString);
const open = [];

// The SDKs answer with a list on some operations and with a pair on others.
const body = (answer) => answer.responseBody ?? answer.result ?? answer;

// rejection returns the error that a promise must end with.
const rejection = (promise) => promise.then(
  () => assert.fail('was accepted'),
  (err) => err,
);

async function connected(client) {
  await client.setOptions({ ca });
  // A client that comes back by itself would hide that it was thrown out, and outlive the test.
  client.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => 0 });
  open.push(client);
  await client.open();
  return client;
}

async function moduleClient() {
  const identity = body(await registry.getModule(deviceId, moduleId));
  const client = ModuleClient.fromConnectionString(
    `HostName=${host};DeviceId=${deviceId};ModuleId=${moduleId};SharedAccessKey=${identity.authentication.symmetricKey.primaryKey}`,
    Mqtt,
  );
  return connected(client);
}

async function deviceClient() {
  const identity = body(await registry.get(deviceId));
  const client = DeviceClient.fromConnectionString(
    `HostName=${host};DeviceId=${deviceId};SharedAccessKey=${identity.authentication.symmetricKey.primaryKey}`,
    Mqtt,
  );
  return connected(client);
}

before(() => {
  assert.equal(process.env.NODE_EXTRA_CA_CERTS, hub.caFile, 'NODE_EXTRA_CA_CERTS must name the CA of the hub');
  assert.doesNotMatch(host, /:/, 'the hub must be on port 443');
});

after(async () => {
  // close never ends for a client that has lost its connection already.
  await Promise.race([Promise.allSettled(open.map((client) => client.close())), setTimeout(1000)]);
  await registry.delete(deviceId).catch(() => {});
});

describe('registry', () => {
  it('creates a device with keys of its own', async () => {
    const device = body(await registry.create({ deviceId }));
    assert.equal(device.deviceId, deviceId);
    assert.match(device.authentication.symmetricKey.primaryKey, /^[A-Za-z0-9+/]{43}=$/);
    assert.notEqual(device.authentication.symmetricKey.primaryKey, device.authentication.symmetricKey.secondaryKey);
    assert.equal(device.status, 'enabled');
    assert.equal(device.statusReason, null);
  });

  it('says that a device exists', async () => {
    const err = await rejection(registry.create({ deviceId }));
    assert.equal(err.response?.statusCode ?? err.statusCode, 409);
    assert.equal(err.name, 'DeviceAlreadyExistsError');
  });

  it('creates a module, and says that it exists', async () => {
    const module = body(await registry.addModule({ deviceId, moduleId }));
    assert.equal(module.moduleId, moduleId);
    assert.equal(module.status, undefined);
    const err = await rejection(registry.addModule({ deviceId, moduleId }));
    assert.equal(err.response?.statusCode ?? err.statusCode, 409);
    const modules = body(await registry.getModulesOnDevice(deviceId));
    assert.deepEqual(modules.map((m) => m.moduleId), [moduleId]);
  });

  it('gets, lists and updates devices', async () => {
    const device = body(await registry.get(deviceId));
    const listed = body(await registry.list());
    assert.ok(listed.some((d) => d.deviceId === deviceId));
    const updated = body(await registry.update({ ...device, statusReason: 'because' }));
    assert.equal(updated.statusReason, 'because');
    assert.equal(updated.generationId, device.generationId);
    assert.notEqual(updated.etag, device.etag);
  });

  it('does not find what is missing', async () => {
    const err = await rejection(registry.get(`${deviceId}-missing`));
    assert.equal(err.name, 'DeviceNotFoundError');
  });

  it('counts devices', async () => {
    const counts = body(await registry.getRegistryStatistics());
    assert.ok(counts.totalDeviceCount >= 1);
    assert.equal(counts.totalDeviceCount, counts.enabledDeviceCount + counts.disabledDeviceCount);
  });
});

describe('module twin', () => {
  it('starts with the counters of a new twin', async () => {
    const twin = body(await registry.getModuleTwin(deviceId, moduleId));
    assert.equal(twin.etag, 'AAAAAAAAAAE=');
    assert.equal(twin.version, 2);
    assert.equal(twin.properties.desired.$version, 1);
  });

  it('is patched under its etag, and not under a stale one', async () => {
    const before = body(await registry.getModuleTwin(deviceId, moduleId));
    const patch = { properties: { desired: { telemetryInterval: 122 } } };
    const twin = body(await registry.updateModuleTwin(deviceId, moduleId, patch, before.etag));
    assert.equal(twin.properties.desired.telemetryInterval, 122);
    assert.equal(twin.properties.desired.$version, 2);
    assert.equal(twin.properties.desired.$metadata.telemetryInterval.$lastUpdatedVersion, 2);
    assert.equal(twin.etag, 'AAAAAAAAAAI=');
    const err = await rejection(registry.updateModuleTwin(deviceId, moduleId, patch, before.etag));
    assert.equal(err.response?.statusCode ?? err.statusCode, 412);
    assert.equal(body(await registry.getModuleTwin(deviceId, moduleId)).etag, twin.etag);
  });

  it('is patched whatever its etag is', async () => {
    const patch = { tags: { site: run } };
    const twin = body(await registry.updateModuleTwin(deviceId, moduleId, patch, '*'));
    assert.equal(twin.tags.site, run);
    assert.equal(twin.properties.desired.$version, 2);
  });
});

describe('queries', () => {
  const all = async (text, size) => {
    const query = registry.createQuery(text, size);
    const found = [];
    while (query.hasMoreResults) found.push(...body(await query.nextAsTwin()));
    return found;
  };

  it('finds a device by id', async () => {
    const found = await all(`SELECT * FROM devices WHERE deviceId = '${deviceId}'`, 10);
    assert.deepEqual(found.map((t) => t.deviceId), [deviceId]);
  });

  it('finds modules by tag', async () => {
    const found = await all(`SELECT * FROM devices.modules WHERE tags.site = '${run}'`, 10);
    assert.deepEqual(found.map((t) => [t.deviceId, t.moduleId]), [[deviceId, moduleId]]);
  });

  it('pages', async () => {
    const others = ['a', 'b', 'c'].map((n) => `${deviceId}-${n}`);
    for (const id of others) await registry.create({ deviceId: id });
    const found = (await all('SELECT * FROM devices', 2)).map((t) => t.deviceId);
    for (const id of [deviceId, ...others]) assert.equal(found.filter((f) => f === id).length, 1, id);
    for (const id of others) await registry.delete(id);
  });

  it('refuses a bad query', async () => {
    const err = await rejection(registry.createQuery('SELECT').nextAsTwin());
    assert.equal(err.response?.statusCode ?? err.statusCode, 400);
  });
});

describe('module over MQTT', () => {
  let client;
  let twin;
  const arrivals = new EventEmitter();

  before(async () => {
    client = await moduleClient();
    twin = await client.getTwin();
  });

  it('is shown as connected', async () => {
    assert.equal(body(await registry.getModule(deviceId, moduleId)).connectionState, 'Connected');
  });

  it('reads its twin', () => {
    assert.equal(twin.properties.desired.telemetryInterval, 122);
    assert.equal(twin.properties.desired.$version, 2);
  });

  // patchOf waits for the patch with a version. The SDK hands every new listener the whole
  // section first, so there is one listener for all.
  const patches = new Map();
  const patchOf = async (version) => {
    while (!patches.has(version)) await once(arrivals, 'patch');
    return patches.get(version);
  };

  it('receives the patch of the tutorial', async () => {
    twin.on('properties.desired', (patch) => {
      patches.set(patch.$version, structuredClone(patch));
      arrivals.emit('patch');
    });
    await registry.updateModuleTwin(deviceId, moduleId, { properties: { desired: { telemetryInterval: 60, deep: { er: true } } } }, '*');
    assert.deepEqual(await patchOf(3), { telemetryInterval: 60, deep: { er: true }, $version: 3 });
  });

  it('receives null for what is removed', async () => {
    await registry.updateModuleTwin(deviceId, moduleId, { properties: { desired: { deep: null } } }, '*');
    assert.deepEqual(await patchOf(4), { deep: null, $version: 4 });
  });

  it('reports properties', async () => {
    await new Promise((resolve, reject) => {
      twin.properties.reported.update({ telemetryInterval: 60 }, (err) => (err ? reject(err) : resolve()));
    });
    const stored = body(await registry.getModuleTwin(deviceId, moduleId));
    assert.equal(stored.properties.reported.telemetryInterval, 60);
    assert.equal(stored.properties.reported.$version, 2);
  });

  it('answers direct methods', async () => {
    client.onMethod('ping', (request, response) => {
      response.send(207, { echo: request.payload }, () => {});
    });
    const service = ServiceClient.fromConnectionString(hub.connectionString);
    const call = { methodName: 'ping', payload: { n: 1 }, responseTimeoutInSeconds: 10, connectTimeoutInSeconds: 5 };
    const { status, payload } = body(await service.invokeDeviceMethod(deviceId, moduleId, call));
    assert.deepEqual({ status, payload }, { status: 207, payload: { echo: { n: 1 } } });
  });

  it('is refused with another key', async () => {
    const stranger = ModuleClient.fromConnectionString(
      `HostName=${host};DeviceId=${deviceId};ModuleId=${moduleId};SharedAccessKey=${Buffer.alloc(32).toString('base64')}`,
      Mqtt,
    );
    await stranger.setOptions({ ca });
    const err = await rejection(stranger.open());
    assert.equal(err.name, 'UnauthorizedError');
  });

  it('gives way to a newer connection, and goes when its device is deleted', async () => {
    const newer = await moduleClient();
    const gone = once(newer, 'disconnect');
    await registry.delete(deviceId);
    await gone;
    const err = await rejection(registry.getModuleTwin(deviceId, moduleId));
    assert.equal(err.response?.statusCode ?? err.statusCode, 404);
  });
});

describe('device over MQTT', () => {
  before(async () => {
    await registry.create({ deviceId });
  });

  it('has a method called that it answers, and none while it is away', async () => {
    const service = ServiceClient.fromConnectionString(hub.connectionString);
    const call = { methodName: 'ping', responseTimeoutInSeconds: 5 };
    const err = await rejection(service.invokeDeviceMethod(deviceId, call));
    assert.equal(err.response?.statusCode ?? err.statusCode, 404);

    const client = await deviceClient();
    await new Promise((resolve, reject) => {
      client.onDeviceMethod('ping', (request, response) => response.send(200, 'pong', () => {}));
      client.getTwin().then(resolve, reject);
    });
    const answer = body(await service.invokeDeviceMethod(deviceId, { ...call, connectTimeoutInSeconds: 5 }));
    assert.equal(answer.payload, 'pong');
    assert.equal(body(await registry.get(deviceId)).connectionState, 'Connected');
  });

  it('is disconnected when it is disabled', async () => {
    await registry.delete(deviceId);
    await registry.create({ deviceId });
    const client = await deviceClient();
    const gone = once(client, 'disconnect');
    await registry.update({ deviceId, status: 'disabled' });
    await gone;
    assert.equal(body(await registry.get(deviceId)).status, 'disabled');
  });
});

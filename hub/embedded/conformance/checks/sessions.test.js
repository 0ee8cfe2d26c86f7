'use strict';
// Stored sessions: what a client that asked for no clean session finds when it comes back.
// The Node SDK subscribes to methods again after a reconnect but not to its twin, the Python SDK
// to nothing at all.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, it } = require('node:test');
const {
  alwaysRetry, body, client, connect, desired, DeviceClient, drop, Mqtt, newDevice, newModule, publish, raw, registry, report,
  resourceOf, service, signature, subscribe, until, updateTwin, within,
} = require('./harness');

const notifications = '$iothub/twin/PATCH/properties/desired/';
const notification = (version) => (topic) => topic === `${notifications}?$version=${version}`;

describe('stored sessions', () => {
  it('bring desired properties to a Node client after its connection was lost', async () => {
    const module = await newModule();
    const c = await client(module);
    c.setRetryPolicy(alwaysRetry);
    await c.open();
    const { patch } = await desired(c);
    const back = once(c, 'connect');
    drop(c);
    await within('the client to come back', back);
    await updateTwin(module, { properties: { desired: { after: 'reconnect' } } });
    assert.deepEqual(await patch(2), { after: 'reconnect', $version: 2 });
  });

  it('let a Node client report and read its twin after its connection was lost', async () => {
    const device = await newDevice();
    const c = await client(device);
    c.setRetryPolicy(alwaysRetry);
    await c.open();
    const { twin } = await desired(c);
    const back = once(c, 'connect');
    drop(c);
    await within('the client to come back', back);
    await within('an answer', report(twin, { still: 'here' }));
    assert.equal((await within('the twin', c.getTwin())).properties.reported.still, 'here');
  });

  it('let a Node client answer methods after its connection was lost', async () => {
    const device = await newDevice();
    const c = await client(device);
    c.setRetryPolicy(alwaysRetry);
    await c.open();
    c.onDeviceMethod('ping', (request, response) => response.send(200, 'pong', () => {}));
    const call = () => service.invokeDeviceMethod(device.deviceId, { methodName: 'ping', responseTimeoutInSeconds: 20, connectTimeoutInSeconds: 20 });
    await call();
    const back = once(c, 'connect');
    drop(c);
    await within('the client to come back', back);
    assert.equal(body(await call()).payload, 'pong');
  });

  it('stay when a Node client renews its token', async () => {
    const device = await newDevice();
    const token = (lifetime) => signature(resourceOf(device), device.authentication.symmetricKey.primaryKey, { lifetime });
    const c = DeviceClient.fromSharedAccessSignature(token(600), Mqtt);
    c.setRetryPolicy(alwaysRetry);
    await c.open();
    const { patch } = await desired(c);
    await new Promise((resolve, reject) => {
      c.updateSharedAccessSignature(token(3600), (err) => (err ? reject(err) : resolve()));
    });
    await updateTwin(device, { properties: { desired: { renewed: true } } });
    assert.deepEqual(await patch(2), { renewed: true, $version: 2 });
    await c.close();
  });

  it('keep all subscriptions of a client that subscribes only once, as Python does', async () => {
    const module = await newModule();
    const first = await raw(module, { clean: false });
    assert.equal(first.sessionPresent, false);
    await subscribe(first, '$iothub/methods/POST/#', 1);
    await subscribe(first, `${notifications}#`, 1);
    await subscribe(first, '$iothub/twin/res/#', 1);
    const gone = once(first, 'close');
    first.stream.destroy();
    await gone;
    const second = await raw(module, { clean: false });
    assert.equal(second.sessionPresent, true);
    await publish(second, '$iothub/twin/GET/?$rid=again', ' ', 1);
    await second.arrived('the twin', (topic) => topic === '$iothub/twin/res/200/?$rid=again');
    await updateTwin(module, { properties: { desired: { a: 1 } } });
    await second.arrived('the patch', notification(2));
    const call = service.invokeDeviceMethod(module.deviceId, module.moduleId, { methodName: 'ping', responseTimeoutInSeconds: 10 });
    const method = await second.arrived('the method', (topic) => topic.startsWith('$iothub/methods/POST/ping/'));
    await publish(second, `$iothub/methods/res/200/${method.topic.slice(method.topic.indexOf('?'))}`, '1');
    assert.equal(body(await call).payload, 1);
  });

  it('stay when a newer connection takes over', async () => {
    const device = await newDevice();
    const first = await raw(device, { clean: false });
    await subscribe(first, `${notifications}#`);
    const second = await raw(device, { clean: false });
    assert.equal(second.sessionPresent, true);
    await updateTwin(device, { properties: { desired: { a: 1 } } });
    await second.arrived('the patch', notification(2));
    assert.deepEqual(first.messages, []);
  });

  it('forget what was unsubscribed', async () => {
    const device = await newDevice();
    const first = await raw(device, { clean: false });
    await subscribe(first, `${notifications}#`);
    await subscribe(first, '$iothub/twin/res/#');
    await new Promise((resolve) => { first.unsubscribe(`${notifications}#`, resolve); });
    const second = await raw(device, { clean: false });
    await updateTwin(device, { properties: { desired: { a: 1 } } });
    await publish(second, '$iothub/twin/GET/?$rid=end');
    await second.arrived('the twin', (topic) => topic === '$iothub/twin/res/200/?$rid=end');
    assert.equal(second.messages.length, 1);
  });

  it('end with a clean session, before and after', async () => {
    const device = await newDevice();
    const first = await raw(device, { clean: false });
    await subscribe(first, `${notifications}#`);
    assert.equal((await raw(device, { clean: true })).sessionPresent, false);
    assert.equal((await raw(device, { clean: false })).sessionPresent, false);
  });

  it('end with the identity, and do not pass to another of the same name', async () => {
    const device = await newDevice();
    const first = await raw(device, { clean: false });
    await subscribe(first, `${notifications}#`);
    await registry.delete(device.deviceId);
    const again = await newDevice({ deviceId: device.deviceId });
    assert.equal((await raw(again, { clean: false })).sessionPresent, false);
  });

  it('do not queue desired properties for a client that is away', async () => {
    const device = await newDevice();
    const first = await raw(device, { clean: false });
    await subscribe(first, `${notifications}#`);
    await subscribe(first, '$iothub/twin/res/#');
    await new Promise((resolve) => { // whether the hub hangs up at once, or waits for the client to
      first.once('close', resolve);
      first.end();
    });
    await until('Disconnected', async () => body(await registry.get(device.deviceId)).connectionState === 'Disconnected');
    await updateTwin(device, { properties: { desired: { missed: 1 } } });
    const second = await raw(device, { clean: false });
    await updateTwin(device, { properties: { desired: { seen: 1 } } });
    await second.arrived('the next patch', notification(3));
    assert.equal(second.messages.length, 1);
  });
});

// The Python SDK's module client, packet by packet: with a handler for desired properties it asks
// for its twin before it has subscribed to anything, and never subscribes to the answers unless
// the program asks for its twin. Everything goes with QoS 1.
describe('a client that behaves as the Python SDK', () => {
  it('gets a PUBACK for a twin request and no answer, as nothing is subscribed', async () => {
    const module = await newModule();
    const c = await raw(module, { clean: false, username: `localhost/${module.deviceId}/${module.moduleId}/?api-version=2019-10-01&DeviceClientType=azure-iot-device-iothub-py%2F2.14.0%28python%29` });
    await within('PUBACK', publish(c, '$iothub/twin/GET/?$rid=3f2c', ' ', 1));
    await subscribe(c, `${notifications}#`, 1);
    await updateTwin(module, { properties: { desired: { telemetryInterval: 122 } } });
    const patch = await c.arrived('the patch', notification(2));
    assert.deepEqual(JSON.parse(patch.text), { telemetryInterval: 122, $version: 2 });
    assert.equal(c.messages.length, 1, 'the twin came without a subscription');
  });

  it('gets its twin once it has subscribed to the answers', async () => {
    const module = await newModule();
    const c = await raw(module, { clean: false });
    await subscribe(c, '$iothub/twin/res/#', 1);
    await publish(c, '$iothub/twin/GET/?$rid=0a1b-2c', ' ', 1);
    const { text } = await c.arrived('the twin', (topic) => topic === '$iothub/twin/res/200/?$rid=0a1b-2c');
    assert.deepEqual(JSON.parse(text), { desired: { $version: 1 }, reported: { $version: 1 } });
    await publish(c, '$iothub/twin/PATCH/properties/reported/?$rid=x', '{"telemetryInterval":122}', 1);
    await c.arrived('the version', (topic) => topic === '$iothub/twin/res/204/?$rid=x&$version=2');
  });
});

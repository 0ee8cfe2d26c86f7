'use strict';
// Messages to devices and from them. The service takes cloud-to-device messages over AMQP alone;
// this hub takes them over HTTPS too, so that they can be sent at all.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, it } = require('node:test');
const { Message } = require('azure-iot-device');
const {
  body, called, client, connect, Mqtt, MqttWs, identityToken, newDevice, newId, newModule, publish, raw, refused, registry, rest, subscribe, until, within,
} = require('./harness');

const send = (id, text, headers = {}) => rest('POST', `/devices/${id.deviceId}/messages/devicebound`, { text, headers: { 'Content-Type': 'application/octet-stream', ...headers } });
const waiting = async (id) => body(await registry.get(id.deviceId)).cloudToDeviceMessageCount;
const filterOf = (id) => `devices/${id.deviceId}/messages/devicebound/#`;

// received returns a client's next messages.
const received = (c) => {
  const messages = [];
  c.on('message', (message) => {
    messages.push(message);
    c.complete(message, () => {});
  });
  return (n) => until(`${n} messages`, () => messages.length >= n && messages);
};

// own asks as the device itself.
const own = (id, method, path, options = {}) => rest(method, `/devices/${id.deviceId}${path}`, { token: identityToken(id), ...options });
const receive = (id) => own(id, 'GET', '/messages/deviceBound');

for (const [how, transport] of [['MQTT', Mqtt], ['WebSocket', MqttWs]]) {
  describe(`messages over ${how}`, () => {
    it(`reach a connected device with all their properties (${how})`, async () => {
      const device = await newDevice();
      const next = received(await connect(device, { transport }));
      const answer = await send(device, 'hot ä', {
        'iothub-messageid': 'id 1', 'iothub-correlationid': 'c/2', 'iothub-app-unit': '°C &=%20', 'iothub-app-empty': '',
      });
      assert.ok(answer.status < 300, answer.text);
      const [message] = await next(1);
      assert.equal(message.getData().toString(), 'hot ä');
      assert.equal(message.messageId, 'id 1');
      assert.equal(message.correlationId, 'c/2');
      assert.equal(message.to, `/devices/${device.deviceId}/messages/deviceBound`);
      assert.equal(message.properties.getValue('empty'), '');
    });

    it(`wait for a device that is away, in their order (${how})`, async () => {
      const device = await newDevice();
      for (const text of ['first', 'second', 'third']) await send(device, text);
      assert.equal(await waiting(device), 3);
      const messages = await received(await connect(device, { transport }))(3);
      assert.deepEqual(messages.map((m) => m.getData().toString()), ['first', 'second', 'third']);
      await until('an empty queue', async () => await waiting(device) === 0);
    });
  });
}

describe('messages to devices', () => {
  it('go to nobody else', async () => {
    const [device, other] = [await newDevice(), await newDevice()];
    const wrong = await raw(other);
    await subscribe(wrong, filterOf(other), 1);
    const c = await raw(device);
    await subscribe(c, filterOf(device), 1);
    await send(device, 'mine');
    await c.arrived('the message', (topic, text) => text === 'mine');
    assert.deepEqual(wrong.messages, []);
  });

  it('name the device in their topic, and have QoS 1', async () => {
    const device = await newDevice();
    const c = await raw(device);
    const packet = new Promise((resolve) => { c.on('message', (topic, payload, p) => resolve(p)); });
    await subscribe(c, filterOf(device), 1);
    await send(device, 'x');
    const { topic, qos } = await within('the message', packet);
    assert.equal(qos, 1);
    assert.ok(topic.startsWith(`devices/${device.deviceId}/messages/devicebound/`));
    assert.ok(topic.includes(`%24.to=%2Fdevices%2F${device.deviceId}%2Fmessages%2FdeviceBound`), topic);
  });

  // The SDK for embedded C subscribes like this.
  it('reach a device that leaves its name out of the filter', async () => {
    const device = await newDevice();
    const other = await newDevice();
    const c = await raw(device);
    await subscribe(c, 'devices/+/messages/devicebound/#', 1);
    await send(other, 'not yours');
    await send(device, 'yours');
    await c.arrived('the message', (topic, text) => text === 'yours');
    assert.equal(c.messages.length, 1);
  });

  it('come again when they were not acknowledged', async () => {
    const device = await newDevice();
    const c = await raw(device, { clean: false });
    c.handleMessage = () => {}; // never acknowledges
    await subscribe(c, filterOf(device), 1);
    await send(device, 'again');
    await c.arrived('the message', (topic, text) => text === 'again');
    const gone = once(c, 'close');
    c.stream.destroy();
    await gone;
    const second = await raw(device, { clean: false });
    const again = await second.arrived('the message again', (topic, text) => text === 'again');
    assert.deepEqual([c.messages[0].dup, again.dup], [false, true]);
    await until('an empty queue', async () => await waiting(device) === 0);
  });

  it('are fifty at most', async () => {
    const device = await newDevice();
    const answers = await Promise.all(Array.from({ length: 51 }, () => send(device, 'x')));
    const [refusal, ...more] = answers.filter((a) => a.status >= 300);
    assert.equal(more.length, 0);
    assert.equal(refusal.status, 403);
    assert.equal(refusal.headers['iothub-errorcode'], 'DeviceMaximumQueueDepthExceeded');
    assert.equal(await waiting(device), 50);
  });

  it('are purged', async () => {
    const device = await newDevice();
    await send(device, 'x');
    await send(device, 'y');
    const answer = await rest('DELETE', `/devices/${device.deviceId}/commands`);
    assert.equal(answer.status, 200);
    assert.equal(answer.json.totalMessagesPurged, 2);
    assert.equal(answer.json.deviceId, device.deviceId);
    assert.equal(await waiting(device), 0);
  });

  it('are not for a device that does not exist, nor from a policy without the right', async () => {
    const device = await newDevice();
    assert.equal((await send({ deviceId: newId() }, 'x')).status, 404);
    assert.equal((await rest('POST', `/devices/${device.deviceId}/messages/devicebound`, { text: 'x', token: identityToken(device) })).status, 401);
  });

  it('are counted in the identity and in the twin', async () => {
    const device = await newDevice();
    await send(device, 'x');
    assert.equal(await waiting(device), 1);
    assert.equal(body(await registry.getTwin(device.deviceId)).cloudToDeviceMessageCount, 1);
  });
});

describe('messages over HTTPS', () => {
  it('are received, locked, and completed', async () => {
    const device = await newDevice();
    assert.equal((await receive(device)).status, 204);
    await send(device, 'take me', { 'iothub-messageid': 'm1', 'iothub-app-k': 'v' });
    const message = await receive(device);
    assert.equal(message.status, 200);
    assert.equal(message.text, 'take me');
    assert.equal(message.headers['iothub-messageid'], 'm1');
    assert.equal(message.headers['iothub-app-k'], 'v');
    assert.equal((await receive(device)).status, 204, 'it is locked');
    const lock = message.headers.etag.replaceAll('"', '');
    assert.equal((await own(device, 'DELETE', `/messages/deviceBound/${lock}`)).status, 204);
    assert.equal(await waiting(device), 0);
  });

  it('are given back when they are abandoned', async () => {
    const device = await newDevice();
    await send(device, 'twice');
    const lock = (await receive(device)).headers.etag.replaceAll('"', '');
    assert.equal((await own(device, 'POST', `/messages/deviceBound/${lock}/abandon`)).status, 204);
    assert.equal((await receive(device)).text, 'twice');
  });

  it('are completed under their lock alone', async () => {
    const device = await newDevice();
    await send(device, 'x');
    await receive(device);
    assert.equal((await own(device, 'DELETE', '/messages/deviceBound/11111111-2222-3333-4444-555555555555')).status, 412);
  });

  it('are sent by a device', async () => {
    const device = await newDevice();
    assert.equal((await own(device, 'POST', '/messages/events', { text: '{"t":21.5}' })).status, 204);
  });

  it('need the right token', async () => {
    const [device, other] = [await newDevice(), await newDevice()];
    const path = `/devices/${device.deviceId}/messages/deviceBound`;
    for (const token of [null, 'nonsense', identityToken(other)]) assert.equal((await rest('GET', path, { token })).status, 401);
    assert.equal((await receive(device)).status, 204);
    await registry.update({ ...device, status: 'disabled' });
    assert.equal((await receive(device)).status, 401);
  });

  it('do not come with the twin', async () => {
    const device = await newDevice();
    assert.equal((await rest('GET', `/twins/${device.deviceId}`, { token: identityToken(device) })).status, 401);
  });
});

describe('feedback', () => {
  it('tells the sender that a message was taken', async () => {
    const device = await newDevice();
    const messageId = newId();
    await send(device, 'x', { 'iothub-messageid': messageId, 'iothub-ack': 'full' });
    const c = await client(device);
    const next = received(c);
    await c.open();
    await next(1);
    const record = await until('the feedback', async () => {
      const answer = await rest('GET', '/messages/serviceBound/feedback');
      return answer.status === 200 && answer.json.find((r) => r.originalMessageId === messageId);
    });
    assert.equal(record.deviceId, device.deviceId);
    assert.match(record.statusCode ?? record.status ?? record.description, /success/i);
  });
});

describe('telemetry', () => {
  const sent = (c, message) => within('the acknowledgement', called((done) => c.sendEvent(message, done)));

  for (const [kind, create] of [['device', newDevice], ['module', newModule]]) {
    for (const [how, transport] of [['MQTT', Mqtt], ['WebSocket', MqttWs]]) {
      it(`of a ${kind} is acknowledged over ${how}`, async () => {
        const id = await create();
        const c = await connect(id, { transport });
        const message = new Message(JSON.stringify({ temperature: 21.5 }));
        message.messageId = 'm1';
        message.contentType = 'application/json';
        message.contentEncoding = 'utf-8';
        message.properties.add('level', 'info & more');
        await sent(c, message);
        await sent(c, new Message(Buffer.alloc(256 << 10)));
      });
    }
  }

  it('of a module is sent through an output', async () => {
    const c = await connect(await newModule());
    await within('the acknowledgement', called((done) => c.sendOutputEvent('out1', new Message('x'), done)));
  });

  it('is activity', async () => {
    const device = await newDevice();
    const c = await connect(device);
    const before = body(await registry.get(device.deviceId)).lastActivityTime;
    await sent(c, new Message('x'));
    await until('newer activity', async () => body(await registry.get(device.deviceId)).lastActivityTime !== before);
  });

  it('takes topics with and without properties', async () => {
    const device = await newDevice();
    const c = await raw(device);
    for (const bag of ['', '/', '/a=b', '/a=b&c=d/', '/%24.mid=1&x']) {
      await within('PUBACK', publish(c, `devices/${device.deviceId}/messages/events${bag}`, 'x', 1));
    }
  });

  it('is a last will when the connection is lost, and none of another topic', async () => {
    const device = await newDevice();
    const c = await raw(device, { will: { topic: `devices/${device.deviceId}/messages/events/`, payload: 'gone', qos: 1 } });
    const before = body(await registry.get(device.deviceId)).lastActivityTime;
    c.stream.destroy();
    await until('the will as activity', async () => body(await registry.get(device.deviceId)).lastActivityTime !== before);
    const wrong = raw(device, { will: { topic: 'devices/other/messages/events/', payload: 'x', qos: 0 } });
    assert.equal((await refused(wrong)).code, 5);
  });
});

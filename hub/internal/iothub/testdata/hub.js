// The part of an IoT Hub that takes messages to devices over AMQP, on the library that Microsoft's
// Node SDK speaks it with. It prints its port, and then each message it gets, as JSON lines. The
// arguments are the files of its key and certificate.
const fs = require('fs');
const rhea = require('rhea');

const print = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const hub = rhea.create_container();
hub.sasl_server_mechanisms.enable_anonymous();
let authorized = false;

hub.on('sender_open', ({ sender }) => sender.set_source({ address: sender.source.address }));
hub.on('receiver_open', ({ receiver }) => {
  const { address } = receiver.target;
  receiver.set_target({ address });
  if (address !== '$cbs' && !authorized) {
    receiver.close({ condition: 'amqp:unauthorized-access', description: 'no token' });
  }
});
hub.on('message', ({ connection, receiver, message, delivery }) => {
  if (receiver.target.address === '$cbs') {
    delivery.accept();
    const { operation, type, name } = message.application_properties;
    print({ token: message.body, operation, type, name });
    const status = message.body.includes('skn=nobody') ? 401 : 200;
    authorized = status === 200;
    connection.find_sender((s) => s.source.address === '$cbs').send({
      correlation_id: message.message_id,
      application_properties: { 'status-code': rhea.types.wrap_int(status), 'status-description': status === 200 ? 'OK' : 'Unauthorized' },
    });
    return;
  }
  const body = message.body.content.toString();
  print({
    address: receiver.target.address, to: message.to, id: message.message_id, correlation: message.correlation_id,
    type: message.content_type, expiry: message.absolute_expiry_time, properties: message.application_properties || {}, body,
  });
  if (body === 'reject') {
    delivery.reject({ condition: 'com.microsoft:device-maximum-queue-depth-exceeded', description: 'too many messages wait' });
  } else if (body === 'hang') {
    setTimeout(() => {}, 60000); // never settled
  } else {
    delivery.accept();
  }
});
hub.options.autoaccept = false;

const server = hub.listen({
  transport: 'tls', host: '127.0.0.1', port: 0, key: fs.readFileSync(process.argv[2]), cert: fs.readFileSync(process.argv[3]), autoaccept: false,
});
hub.on('disconnected', () => { authorized = false; });
server.on('listening', () => print({ port: server.address().port }));

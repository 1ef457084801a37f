// A small web application with a WebSocket, as somebody would run it in an environment. The sandbox shares the machine's network, so what
// listens here listens there.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const PAGE = `<!doctype html><html lang="en"><title>An application</title><h1>An application</h1><p id="said"></p><p id="cookies"></p>
<script>
document.cookie = 'own=1';
document.getElementById('cookies').textContent = document.cookie;
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket');
socket.onmessage = ({ data }) => (document.getElementById('said').textContent = data);
socket.onopen = () => socket.send('through the preview');
socket.onclose = () => (document.getElementById('said').textContent = 'closed');
</script>`;

/** What a client's text frame of less than 126 bytes says. */
function unmasked(frame) {
  const length = frame[1] & 0x7f;
  const mask = frame.subarray(2, 6);
  return Buffer.from(frame.subarray(6, 6 + length).map((byte, n) => byte ^ mask[n % 4]));
}

/** Serves on a free port, or on this one; gives the server, its port, and what it was asked, with headers. */
export async function webapp(port = 0) {
  const asked = [];
  const sockets = new Set();
  const server = createServer((request, response) => {
    asked.push({ url: request.url, headers: request.headers });
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(PAGE);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket) => {
    const key = request.headers['sec-websocket-key'];
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => {});
    socket.once('data', (frame) => {
      const said = Buffer.concat([Buffer.from('echo: '), unmasked(frame)]);
      socket.write(Buffer.concat([Buffer.from([0x81, said.length]), said]));
    });
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  return { port: server.address().port, asked, close };
}

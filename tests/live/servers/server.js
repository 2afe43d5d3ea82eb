// node's HTTP server: one event loop (libuv) that answers every request with a body of a given size.
const [port, size] = process.argv.slice(2).map(Number);
const body = Buffer.alloc(size, 'n');
require('http').createServer((request, response) => {
    response.writeHead(200, {'Content-Length': size});
    response.end(body);
}).listen(port, '127.0.0.1');

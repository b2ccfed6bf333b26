// A front before a partner's own request handler: counts calls, and loses answers on purpose after the partner worked.
import http from 'node:http';
import {once} from 'node:events';

export class Front {
  // `rewrite(request)` may change the request before the partner sees it.
  constructor(handler, rewrite = () => {}) {
    this.calls = [];
    this.losses = [];
    this.server = http.createServer((request, response) => {
      const call = {method: request.method, url: request.url, key: request.headers['idempotency-key']};
      this.calls.push(call);
      rewrite(request);
      const loss = this.losses.findIndex((one) => one.method === request.method && one.path.test(call.url));
      if (loss >= 0) {
        this.losses.splice(loss, 1);
        call.isLost = true;
        // The partner has done its work when it ends its answer; the caller sees a closed connection.
        const drop = () => {
          request.socket.destroy();
          return response;
        };
        response.write = () => true;
        response.end = drop;
      }
      response.on('finish', () => {
        call.status = response.statusCode;
        call.isReplayed = response.getHeader('idempotent-replayed') === 'true';
      });
      handler(request, response);
    });
  }

  async listen() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  // The next call that fits takes effect, and its answer is lost.
  loseAnswer(method, path) {
    this.losses.push({method, path});
  }

  made(method, path) {
    return this.calls.filter((call) => call.method === method && path.test(call.url));
  }

  async close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

// What a JavaScript program would do: the limit that Python is measured against. The samples do the
// same as those of inpage/samples.py.

const POLL_MS = 4;
const ECHO = "abcdefghijklmnopqrstuvwxyz012345";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Counts messages, and looks at the end of each, so that it has to be there.
class Tally {
  messages = 0;
  bytes = 0;
  seen = 0;

  add(data) {
    this.messages++;
    if (typeof data === "string") {
      this.bytes += data.length;
      this.seen ^= data.charCodeAt(data.length - 1);
    } else {
      // Chromium's WebSocketStream gives an ArrayBuffer; the standard says Uint8Array.
      const view = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
      this.bytes += view.length;
      this.seen ^= view[view.length - 1];
    }
  }
}

class Classic {
  static MARK = 16 * 1024 * 1024;

  static open(url) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.binaryType = "arraybuffer";
      socket.onopen = () => resolve(new this(socket));
      socket.onerror = () => reject(new Error(`no connection to ${url}`));
    });
  }

  constructor(socket) {
    this.socket = socket;
    this.queue = [];
    this.waiting = null;
    socket.onmessage = ({ data }) => {
      if (this.waiting) {
        const resolve = this.waiting;
        this.waiting = null;
        resolve(data);
      } else {
        this.queue.push(data);
      }
    };
  }

  read() {
    return this.queue.length
      ? this.queue.shift()
      : new Promise((resolve) => {
          this.waiting = resolve;
        });
  }

  receive(count) {
    return new Promise((resolve) => {
      const tally = new Tally();
      this.socket.onmessage = ({ data }) => {
        tally.add(data);
        if (tally.messages === count) {
          resolve(tally);
        }
      };
    });
  }

  write(message) {
    this.socket.send(message);
  }

  async send(message, count) {
    const { socket } = this;
    const { MARK } = this.constructor;
    for (let i = 0; i < count; i++) {
      socket.send(message());
      while (socket.bufferedAmount >= MARK) {
        await sleep(POLL_MS);
      }
    }
  }

  close() {
    return new Promise((resolve) => {
      this.socket.onclose = resolve;
      this.socket.close();
    });
  }
}

// With as little that waits to be sent as the package allows by default.
class ClassicDefaultMark extends Classic {
  static MARK = 1024 * 1024;
}

class Native {
  static async open(url) {
    const stream = new WebSocketStream(url);
    return new this(stream, await stream.opened);
  }

  constructor(stream, { readable, writable }) {
    this.stream = stream;
    this.readable = readable;
    this.writable = writable;
    this.reader = readable.getReader();
    this.writer = writable.getWriter();
  }

  async read() {
    return (await this.reader.read()).value;
  }

  async receive(count) {
    const tally = new Tally();
    while (tally.messages < count) {
      const { value } = await this.reader.read();
      tally.add(value);
    }
    return tally;
  }

  write(message) {
    this.writer.write(message);
  }

  async send(message, count) {
    const { writer } = this;
    for (let i = 0; i < count; i++) {
      await writer.ready;
      writer.write(message());
    }
  }

  async close() {
    this.stream.close();
    await this.stream.closed;
  }
}

// The same through pipes, which alone lose no message that comes right before a Close frame.
class NativePipes extends Native {
  async receive(count) {
    this.reader.releaseLock();
    const tally = new Tally();
    await new Promise((resolve) => {
      const write = (data) => {
        tally.add(data);
        if (tally.messages === count) {
          resolve();
        }
      };
      this.readable.pipeTo(new WritableStream({ write })).catch(() => {});
    });
    return tally;
  }

  async send(message, count) {
    this.writer.releaseLock();
    let left = count;
    const pull = (controller) => {
      if (left) {
        left--;
        controller.enqueue(message());
      } else {
        controller.close();
      }
    };
    const source = new ReadableStream({ pull }, { highWaterMark: 0 });
    await source.pipeTo(this.writable, { preventClose: true });
  }
}

const CLIENTS = {
  "js-native": Native,
  "js-native-pipes": NativePipes,
  "js-classic": Classic,
  "js-classic-default-mark": ClassicDefaultMark,
};

const open = (client, url) => CLIENTS[client].open(url);

const makeMessage = (kind, size) =>
  kind === "text" ? ECHO.repeat(Math.ceil(size / ECHO.length)).slice(0, size) : new Uint8Array(size);

const echo = async (connection) => {
  connection.write(ECHO);
  await connection.read();
};

export const SAMPLES = {
  async receive(client, { url, count }) {
    const connection = await open(client, url);
    const begun = performance.now();
    connection.write("go");
    const { messages, bytes } = await connection.receive(count);
    const ms = performance.now() - begun;
    await connection.close();
    return { ms, messages, bytes };
  },

  async send(client, { url, kind, size, count, fresh }) {
    const connection = await open(client, url);
    const message = makeMessage(kind, size);
    const next = fresh ? () => message.slice() : () => message;
    const begun = performance.now();
    await connection.send(next, count);
    await connection.read();
    const ms = performance.now() - begun;
    await connection.close();
    return { ms };
  },

  async round_trips(client, { url, count }) {
    const connection = await open(client, url);
    const times = [];
    for (let i = 0; i < count; i++) {
      const begun = performance.now();
      await echo(connection);
      times.push(performance.now() - begun);
    }
    await connection.close();
    return { times };
  },

  async first(client, { url }) {
    const begun = performance.now();
    const connection = await open(client, url);
    await echo(connection);
    return { first: performance.now() - begun };
  },

  async connects(client, { url, count }) {
    const times = [];
    for (let i = 0; i < count; i++) {
      const begun = performance.now();
      const connection = await open(client, url);
      times.push(performance.now() - begun);
      await connection.close();
    }
    return { times };
  },

  async many(client, { url, steps, together }) {
    const all = [];
    let open_ms = 0;
    const echo_ms = [];
    for (const [connections, echoes] of steps) {
      const begun = performance.now();
      while (all.length < connections) {
        const length = Math.min(together, connections - all.length);
        all.push(...(await Promise.all(Array.from({ length }, () => open(client, url)))));
      }
      const opened = performance.now();
      await Promise.all(
        all.map(async (connection) => {
          for (let i = 0; i < echoes; i++) {
            await echo(connection);
          }
        }),
      );
      open_ms += opened - begun;
      echo_ms.push(performance.now() - opened);
    }
    await Promise.all(all.map((connection) => connection.close()));
    return { open_ms, echo_ms };
  },

  async sustain(client, { url, count }) {
    const connection = await open(client, url);
    connection.write("go");
    const tally = new Tally();
    while (tally.messages < count) {
      const message = await connection.read();
      tally.add(message);
      connection.write(message);
    }
    await connection.read();
    await connection.close();
    return { messages: tally.messages, bytes: tally.bytes, grown: 0 };
  },

  // Keep the thread busy, so that its process can be told from the others.
  async burn(client, { ms }) {
    const until = performance.now() + ms;
    while (performance.now() < until);
    return {};
  },

  async slow(client, { url, seconds, pause_ms }) {
    const before = wasmHeapBytes();
    const connection = await open(client, url);
    connection.write("go");
    const until = performance.now() + seconds * 1000;
    let messages = 0;
    while (performance.now() < until) {
      await connection.read();
      messages++;
      await sleep(pause_ms);
    }
    const taken = { grown: wasmHeapBytes() - before, read: messages };
    while ((await connection.read()) !== "end") {
      messages++;
    }
    await connection.close();
    return { ...taken, messages };
  },
};

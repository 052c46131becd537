#!/usr/bin/env python3
"""delay.py PORT MS FILE: a TCP proxy to PORT that gives each byte MS more to
travel, each way, and takes no bandwidth away; its own port goes to FILE."""

import asyncio
import os
import sys
import time


async def pump(reader, writer, delay):
    queue = asyncio.Queue(maxsize=4096)

    async def deliver():
        while True:
            due, data = await queue.get()
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    task = asyncio.ensure_future(deliver())
    try:
        while True:
            data = await reader.read(1 << 18)
            await queue.put((time.monotonic() + delay, data))
            if not data:
                break
        await task
    except OSError:
        task.cancel()


async def main():
    port, delay = int(sys.argv[1]), float(sys.argv[2]) / 1000

    async def one(reader, writer):
        far = await asyncio.open_connection('127.0.0.1', port, limit=1 << 22)
        await asyncio.gather(pump(reader, far[1], delay),
                             pump(far[0], writer, delay))

    server = await asyncio.start_server(one, '127.0.0.1', 0, limit=1 << 22)
    with open(sys.argv[3] + '.new', 'w') as f:
        f.write('%d\n' % server.sockets[0].getsockname()[1])
    os.rename(sys.argv[3] + '.new', sys.argv[3])
    await server.serve_forever()


asyncio.run(main())

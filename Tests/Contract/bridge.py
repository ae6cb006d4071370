"""bridge.py SOCKET PORTFILE: TCP connections of this machine go on to a Unix socket; the port is written to a file."""

import asyncio
import os
import sys


async def pump(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except (ConnectionError, OSError):
        writer.close()


async def main(socket, port_file):
    async def serve(reader, writer):
        try:
            upstream_reader, upstream_writer = await asyncio.open_unix_connection(socket)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, upstream_writer), pump(upstream_reader, writer))
        upstream_writer.close()
        writer.close()

    while not os.path.exists(socket):
        await asyncio.sleep(0.05)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    with open(port_file + ".new", "w") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(port_file + ".new", port_file)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))

internal import NIOCore

/// Cuts bytes that come in pieces into lines. Empty lines are left out: in the daemon's streams they only say that it is alive.
struct LineSplitter {
    private let limit: Int
    private var bytes = ByteBuffer()
    /// How many of the readable bytes are known to hold no line feed.
    private var searched = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next piece.
    mutating func append(_ chunk: ByteBuffer) {
        var chunk = chunk
        if bytes.readableBytes == 0 {
            bytes = chunk
        } else {
            bytes.discardReadBytes()
            bytes.writeBuffer(&chunk)
        }
    }

    /// The next line that is there as a whole, without its line feed.
    mutating func next() throws(ClientError) -> [UInt8]? {
        while let length = try lineLength() {
            let line = bytes.readBytes(length: length) ?? []
            bytes.moveReaderIndex(forwardBy: 1)
            if !line.isEmpty { return line }
        }
        return nil
    }

    /// What stands after the last line feed, once no more comes.
    mutating func rest() -> [UInt8]? {
        searched = 0
        return bytes.readableBytes == 0 ? nil : bytes.readBytes(length: bytes.readableBytes)
    }

    private mutating func lineLength() throws(ClientError) -> Int? {
        let view = bytes.readableBytesView
        let length = view.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")).map { $0 - view.startIndex }
        guard length ?? view.count <= limit else { throw .lineTooLong(limit: limit) }
        searched = length == nil ? view.count : 0
        return length
    }
}

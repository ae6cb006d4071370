internal import Crypto
internal import JourneyModel

/// Takes an archive apart as it comes: bytes in, members out; in constant memory, whatever the archive says.
struct TarReader {
    /// A piece of a member.
    enum Part {
        case begin(name: String, size: Int)
        case content(ArraySlice<UInt8>)
        case end
    }

    private enum State {
        case header
        case pax(left: Int, padding: Int)
        case content(left: Int, padding: Int)
        case padding(Int)
        case ended
    }

    private static let longestPax = 64

    private var state = State.header
    private var pending: [UInt8] = []
    private var paxSize: Int?
    private var hash = SHA256()
    // Of all before the present member, for the member that is to say it.
    private var before = SHA256()

    /// The digest of everything before the present member.
    var digestBefore: String { before.finalize().hexadecimal }

    /// Whether the archive's end has been seen.
    var isAtEnd: Bool { if case .ended = state { true } else { false } }

    /// Takes the next bytes.
    ///
    /// - Throws: ``LogError/unusable(_:)`` for what is not an archive of a backup, and what `body` throws.
    mutating func feed(_ bytes: [UInt8], _ body: (Part, borrowing TarReader) throws(LogError) -> Void) throws(LogError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch state {
            case .header:
                guard let block = gather(TarHeader.blockSize, &rest) else { return }
                try header(block, body)
            case .pax(let size, let padding):
                guard let record = gather(size + padding, &rest) else { return }
                hash.update(data: record)
                paxSize = try TarHeader.size(ofPaxRecord: Array(record[..<size]))
                state = .header
            case .content(let left, let padding):
                let piece = rest.prefix(left)
                rest = rest.dropFirst(piece.count)
                hash.update(data: piece)
                try body(.content(piece), self)
                state = .content(left: left - piece.count, padding: padding)
                if piece.count == left { try endMember(padding, body) }
            case .padding(let left):
                let piece = rest.prefix(left)
                rest = rest.dropFirst(piece.count)
                guard piece.allSatisfy({ $0 == 0 }) else {
                    throw .unusable("the archive is damaged: a member's last block is not filled with zeros")
                }
                hash.update(data: piece)
                state = piece.count == left ? .header : .padding(left - piece.count)
            case .ended:
                guard rest.allSatisfy({ $0 == 0 }) else { throw .unusable("something follows the end of the archive") }
                return
            }
        }
    }

    private mutating func gather(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        let piece = rest.prefix(count - pending.count)
        rest = rest.dropFirst(piece.count)
        pending += piece
        guard pending.count == count else { return nil }
        defer { pending = [] }
        return pending
    }

    private mutating func header(_ block: [UInt8], _ body: (Part, borrowing TarReader) throws(LogError) -> Void) throws(LogError) {
        guard block.contains(where: { $0 != 0 }) else {
            state = .ended
            return
        }
        if paxSize == nil { before = hash }
        let header = try TarHeader(block)
        hash.update(data: block)
        if header.kind == UInt8(ascii: "x") {
            guard 1...TarReader.longestPax ~= header.size, paxSize == nil else {
                throw .unusable("the archive has a pax header that no backup has")
            }
            state = .pax(left: header.size, padding: TarHeader.padding(header.size))
            return
        }
        let size = paxSize ?? header.size
        paxSize = nil
        try body(.begin(name: header.name, size: size), self)
        state = .content(left: size, padding: TarHeader.padding(size))
        if size == 0 { try endMember(0, body) }
    }

    private mutating func endMember(_ padding: Int, _ body: (Part, borrowing TarReader) throws(LogError) -> Void) throws(LogError) {
        state = padding == 0 ? .header : .padding(padding)
        try body(.end, self)
    }
}

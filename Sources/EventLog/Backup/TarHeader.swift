/// The header of an archive's member: ustar of POSIX.1-1988, which every tar reads, with a pax header (POSIX.1-2001) in front where the
/// member has 8 GiB or more.
struct TarHeader {
    static let blockSize = 512
    /// What an archive ends with.
    static let end = [UInt8](repeating: 0, count: 2 * blockSize)
    private static let largestInOctal = 1 << 33 - 1

    let name: String
    let size: Int
    var kind = UInt8(ascii: "0")

    /// Bytes behind a content of `size` that fill its last block.
    static func padding(_ size: Int) -> Int { (blockSize - size % blockSize) % blockSize }

    /// Bytes of a member in an archive, its header with it.
    static func memberSize(_ size: Int) -> Int { (size > largestInOctal ? 3 : 1) * blockSize + size + padding(size) }

    /// The header's blocks.
    ///
    /// - Parameter moment: seconds since 1970.
    func blocks(modifiedAt moment: Int) -> [UInt8] {
        guard size > TarHeader.largestInOctal else { return block(moment, size: size) }
        let record = TarHeader.paxRecord("size", "\(size)")
        let header = TarHeader(name: "pax", size: record.count, kind: UInt8(ascii: "x")).block(moment, size: record.count)
        return header + record + [UInt8](repeating: 0, count: TarHeader.padding(record.count)) + block(moment, size: 0)
    }

    private func block(_ moment: Int, size: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
        func put(_ offset: Int, _ text: String) { block.replaceSubrange(offset..<(offset + text.utf8.count), with: Array(text.utf8)) }
        func octal(_ offset: Int, _ digits: Int, _ number: Int) {
            let text = String(number, radix: 8)
            put(offset, String(repeating: "0", count: max(0, digits - text.utf8.count)) + text)
        }
        put(0, name)
        octal(100, 7, 0o600)
        octal(108, 7, 0)
        octal(116, 7, 0)
        octal(124, 11, size)
        octal(136, 11, max(0, moment))
        put(148, "        ")
        block[156] = kind
        put(257, "ustar\u{0}00")
        octal(148, 6, block.reduce(0) { $0 + Int($1) })
        block[154] = 0
        return block
    }

    /// "LENGTH KEY=VALUE\n", where the length counts itself.
    private static func paxRecord(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count + 1
        while "\(length)".utf8.count + rest.utf8.count != length { length += 1 }
        return Array("\(length)\(rest)".utf8)
    }
}

extension TarHeader {
    /// Reads a header's block.
    ///
    /// - Throws: ``LogError/unusable(_:)`` for one that is damaged, or not of a plain file or a pax header.
    init(_ block: [UInt8]) throws(LogError) {
        let sum = block.enumerated().reduce(0) { $0 + (148..<156 ~= $1.offset ? 32 : Int($1.element)) }
        guard block[257..<262].elementsEqual("ustar".utf8), TarHeader.octal(block[148..<156]) == sum else {
            throw .unusable("this is not an archive of a backup, or it is damaged: a member's header is not that of a tar archive")
        }
        name = String(decoding: block[..<100].prefix { $0 != 0 }, as: UTF8.self)
        kind = block[156] == 0 ? UInt8(ascii: "0") : block[156]
        guard kind == UInt8(ascii: "0") || kind == UInt8(ascii: "x") else {
            throw .unusable("the archive's member '\(name)' is not a plain file; a backup has no others")
        }
        guard block[345] == 0, let size = TarHeader.octal(block[124..<136]) else {
            throw .unusable("the archive's member '\(name)' has a name or size that no backup has")
        }
        self.size = size
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = field.drop { $0 == 32 }.prefix { $0 != 0 && $0 != 32 }
        // Anything else than digits, a sign among it, is nothing that an archive of ours has.
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    /// The size that a pax header gives to the member behind it. It has nothing else in a backup.
    static func size(ofPaxRecord record: [UInt8]) throws(LogError) -> Int {
        let text = String(decoding: record, as: UTF8.self)
        guard let start = text.firstRange(of: " size="), let size = Int(text[start.upperBound...].dropLast()), size >= 0,
            paxRecord("size", "\(size)") == record
        else { throw .unusable("the archive has a pax header that no backup has") }
        return size
    }
}

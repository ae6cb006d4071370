internal import CLinux

/// Gives each distinct byte string a number, from zero, in the order of their coming, and finds it again.
///
/// One arena holds all text; the hash table has open addressing, linear probing and at most three quarters of its slots in use, and in each slot the hash
/// beside the symbol, so that what is near in the table is passed over without a look elsewhere.
/// Cost: the text itself + 4 bytes (offset) + 11 to 21 bytes (slots) a symbol; a look-up hashes the text
/// once (SipHash, seeded per process, so that nobody can choose colliding names) and usually compares it once.
package struct SymbolTable: Sendable {
    /// What a text is looked for by.
    package struct Key: Sendable {
        fileprivate let hash: UInt32
    }

    private var arena: [UInt8] = []
    private var ends: [UInt32] = []
    // The hash in the upper half, symbol + 1 in the lower; zero is a free slot.
    private var slots: [UInt64] = Array(repeating: 0, count: 16)

    package init() {}

    /// How many symbols there are.
    package var count: Int { ends.count }

    /// Bytes of memory held.
    package var memory: Int { arena.capacity + 4 * ends.capacity + 8 * slots.capacity }

    /// The symbol of `text`, or nil where it has none.
    package func symbol(_ text: Span<UInt8>) -> UInt32? {
        find(text, SymbolTable.hash(text)).symbol
    }

    /// What `text` is looked for by; has the place fetched into the processor's cache where that is done first, for who has other work meanwhile.
    package func fetch(_ text: Span<UInt8>) -> Key {
        let hash = SymbolTable.hash(text)
        unsafe slots.withUnsafeBufferPointer { slots in
            if let start = slots.baseAddress { unsafe clinux_prefetch(start + (Int(hash) & (slots.count - 1))) }
        }
        return Key(hash: hash)
    }

    /// The symbol of `text`, made now where it has none.
    ///
    /// - Returns: nil where the table is full: 4 GiB of text.
    package mutating func intern(_ text: Span<UInt8>) -> (symbol: UInt32, isNew: Bool)? {
        intern(text, Key(hash: SymbolTable.hash(text)))
    }

    /// As ``intern(_:)``, of a text whose key is known.
    package mutating func intern(_ text: Span<UInt8>, _ key: Key) -> (symbol: UInt32, isNew: Bool)? {
        let (found, slot) = find(text, key.hash)
        if let found { return (found, false) }
        guard arena.count + text.count < Int(UInt32.max) else { return nil }
        return (place(text, key.hash, slot), true)
    }

    /// Makes room for so many symbols with so many bytes of text, so that they come without the table growing on the way.
    package mutating func reserve(_ count: Int, bytes: Int) {
        arena.reserveCapacity(bytes)
        ends.reserveCapacity(count)
        var size = slots.count
        while SymbolTable.isFull(count, of: size) { size *= 2 }
        if size > slots.count { grow(to: size) }
    }

    /// Gives the next symbols to texts that lie one behind the other and have none yet.
    ///
    /// - Parameter lengths: the bytes of each text; together all of `texts`.
    /// - Returns: false where there is no room, or a text has a symbol already: those before it then have theirs.
    package mutating func append(_ texts: Span<UInt8>, lengths: Span<UInt16>) -> Bool {
        guard arena.count + texts.count < Int(UInt32.max) else { return false }
        // Hashed first: the look-ups, each a miss of the processor's cache, then need not wait for one another.
        var start = 0
        var hashes: [UInt32] = []
        hashes.reserveCapacity(lengths.count)
        for index in 0..<lengths.count {
            let end = start + Int(lengths[index])
            hashes.append(SymbolTable.hash(texts.extracting(start..<end)))
            start = end
        }
        start = 0
        for index in 0..<lengths.count {
            let text = texts.extracting(start..<(start + Int(lengths[index])))
            let (found, slot) = find(text, hashes[index])
            guard found == nil else { return false }
            _ = place(text, hashes[index], slot)
            start += text.count
        }
        return true
    }

    /// Gives the next symbol to a text that has none, for whose hash the search ended at a free slot.
    private mutating func place(_ text: Span<UInt8>, _ hash: UInt32, _ slot: Int) -> UInt32 {
        let symbol = UInt32(ends.count)
        unsafe text.withUnsafeBufferPointer { unsafe arena.append(contentsOf: $0) }
        ends.append(UInt32(arena.count))
        slots[slot] = UInt64(hash) << 32 | UInt64(symbol + 1)
        if SymbolTable.isFull(ends.count, of: slots.count) { grow(to: slots.count * 2) }
        return symbol
    }

    private static func isFull(_ count: Int, of slots: Int) -> Bool { count * 4 > slots * 3 }

    /// The symbol of `text`, made now where it has none.
    package mutating func intern(_ text: String) -> UInt32? {
        let utf8 = Array(text.utf8)
        return intern(utf8.span)?.symbol
    }

    /// The symbol of `text`, or nil where it has none.
    package func symbol(_ text: String) -> UInt32? {
        let utf8 = Array(text.utf8)
        return symbol(utf8.span)
    }

    /// The text of `symbol`, which must be one of this table.
    package func text(_ symbol: UInt32) -> String {
        String(decoding: arena[range(symbol)], as: UTF8.self)
    }

    /// Calls `body` with the text's bytes.
    package func withBytes<Result>(_ symbol: UInt32, _ body: (Span<UInt8>) -> Result) -> Result {
        body(arena.span.extracting(range(symbol)))
    }

    private func range(_ symbol: UInt32) -> Range<Int> {
        let index = Int(symbol)
        return (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
    }

    private static func hash(_ text: Span<UInt8>) -> UInt32 {
        var hasher = Hasher()
        unsafe text.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    private func find(_ text: Span<UInt8>, _ hash: UInt32) -> (symbol: UInt32?, slot: Int) {
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while slots[slot] != 0 {
            let content = slots[slot]
            let symbol = UInt32(truncatingIfNeeded: content) &- 1
            if UInt32(content >> 32) == hash, equals(symbol, text) { return (symbol, slot) }
            slot = (slot + 1) & mask
        }
        return (nil, slot)
    }

    /// Whether `symbol`, which must be one of this table, is that of `text`.
    package func equals(_ symbol: UInt32, _ text: Span<UInt8>) -> Bool {
        arena.span.extracting(range(symbol)).isEqual(to: text)
    }

    private mutating func grow(to size: Int) {
        let old = slots
        slots = Array(repeating: 0, count: size)
        let mask = size - 1
        for content in old where content != 0 {
            var slot = Int(content >> 32) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = content
        }
    }
}

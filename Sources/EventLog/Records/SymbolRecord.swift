internal import JourneyModel
internal import LMDB

/// The stored form of a type's or source's name, under its symbol: CRC-32C of the symbol (8 bytes, big-endian) and the name, 4 bytes
/// little-endian; then the name. A flipped bit in it would change the type of every event that has the symbol.
enum SymbolRecord {
    private static let headerSize = 4

    static func bytes(_ symbol: UInt32, of symbols: borrowing SymbolTable) -> [UInt8] {
        symbols.withBytes(symbol) { name in
            var bytes: [UInt8] = []
            bytes.append(littleEndian: unsafe name.withUnsafeBytes { unsafe Checksum.record(UInt64(symbol), $0) })
            unsafe name.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
            return bytes
        }
    }

    /// Adds the name stored as `bytes` to the names before it.
    ///
    /// - Returns: whether it is what was written, and the next one.
    static func restore(_ key: Span<UInt8>, _ bytes: Span<UInt8>, to symbols: inout SymbolTable) -> Bool {
        guard key.count == 8, Key.number(key) == UInt64(symbols.count), bytes.count >= headerSize else { return false }
        let name = bytes.extracting(headerSize..<bytes.count)
        let checksum = unsafe name.withUnsafeBytes { unsafe Checksum.record(UInt64(symbols.count), $0) }
        let stored = unsafe bytes.withUnsafeBytes { UInt32(littleEndian: unsafe $0.loadUnaligned(as: UInt32.self)) }
        return checksum == stored && symbols.intern(name)?.isNew == true
    }
}

extension Epoch {
    /// The names of the types and sources that were known when the epoch ended, or are now. O(symbols).
    ///
    /// - Throws: ``LogError/damaged(position:reason:)`` at the epoch's first position where one is not what was written.
    func symbols(_ storage: Storage) throws(LogError) -> SymbolTable {
        var symbols = SymbolTable()
        var isIntact = true
        do throws(LMDBError) {
            try storage.environment.read { transaction throws(LMDBError) in
                try transaction.scan(storage.symbols, from: .number(0)) { (key, bytes) in
                    isIntact = SymbolRecord.restore(key, bytes, to: &symbols)
                    return isIntact
                }
            }
        } catch {
            throw LogError(error)
        }
        guard isIntact else {
            let reason = "\(file): the name of symbol \(symbols.count) is damaged; restore \(directory) from a backup"
            throw .damaged(position: first, reason: reason)
        }
        return symbols
    }
}

extension Epoch.Storage {
    /// Stores the names of the symbols from `first` on.
    func put(_ symbols: borrowing SymbolTable, from first: Int, _ transaction: borrowing WriteTransaction) throws(LMDBError) {
        for symbol in first..<symbols.count {
            let bytes = SymbolRecord.bytes(UInt32(symbol), of: symbols)
            try transaction.put(self.symbols, .number(UInt64(symbol)), bytes.span)
        }
    }
}

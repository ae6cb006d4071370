internal import CLMDB
internal import CLinux

/// A stable snapshot of an ``Environment``: sees what was committed before it began and nothing later.
@safe package struct ReadTransaction: ~Copyable {
    let handle: OpaquePointer

    init(handle: OpaquePointer) {
        unsafe self.handle = handle
    }

    deinit {
        unsafe mdb_txn_abort(handle)
    }

    /// Calls `body` with the value stored under `key`, or returns nil where there is none. O(log n).
    package borrowing func value<Result>(
        _ database: Database, _ key: Key, _ body: (Span<UInt8>) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result? {
        try unsafe Access.value(handle, database, key, body)
    }

    /// Calls `body` with each entry whose key is at or after `key`, in key order, until it returns false.
    package borrowing func scan(
        _ database: Database, from key: Key, _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws(LMDBError) -> Bool
    ) throws(LMDBError) {
        try unsafe Access.scan(handle, database, from: key, body)
    }

    /// The greatest key's first eight bytes as a big-endian number, or nil in an empty database.
    package borrowing func lastNumber(_ database: Database) throws(LMDBError) -> UInt64? {
        try unsafe Access.lastNumber(handle, database)
    }

    /// How many entries the database holds. O(1).
    package borrowing func count(_ database: Database) throws(LMDBError) -> Int {
        try unsafe Access.count(handle, database)
    }
}

/// The one write transaction of an ``Environment``: sees its own changes; others see them after the commit.
@safe package struct WriteTransaction: ~Copyable {
    /// Whether there are any: a commit of none costs nothing and must stay one of none.
    final class Changes {
        var isAny = false
    }

    // Ended by Environment.write, which alone knows whether to commit or to abort.
    let handle: OpaquePointer
    private let changes: Changes

    init(handle: OpaquePointer, changes: Changes) {
        unsafe self.handle = handle
        self.changes = changes
    }

    /// Stores the transaction's own number in it: see ``StructureCheck``. It lies in the one page that every commit writes anyway.
    static func number(_ transaction: OpaquePointer) throws(LMDBError) {
        var main: MDB_dbi = 0
        try unsafe LMDBError.check(mdb_dbi_open(transaction, nil, 0, &main), "mdb_dbi_open")
        var number = UInt64(unsafe mdb_txn_id(transaction)).littleEndian
        let code = unsafe withUnsafeMutableBytes(of: &number) { bytes in
            var value = unsafe MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
            return unsafe Key.text(StructureCheck.commitKey).withValue { key in unsafe mdb_put(transaction, main, &key, &value, 0) }
        }
        try LMDBError.check(code, "mdb_put")
    }

    /// Makes a named database.
    borrowing func create(_ name: String) throws(LMDBError) -> Database {
        changes.isAny = true
        var identifier: MDB_dbi = 0
        try unsafe LMDBError.check(mdb_dbi_open(handle, name, UInt32(MDB_CREATE), &identifier), "mdb_dbi_open")
        return Database(identifier: identifier)
    }

    /// As ``ReadTransaction/value(_:_:_:)``, with this transaction's own changes.
    package borrowing func value<Result>(
        _ database: Database, _ key: Key, _ body: (Span<UInt8>) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result? {
        try unsafe Access.value(handle, database, key, body)
    }

    /// Stores `value` under `key`, replacing what was there.
    package borrowing func put(_ database: Database, _ key: Key, _ value: Span<UInt8>) throws(LMDBError) {
        try unsafe reserve(database, key, count: value.count, flags: 0) { target in
            unsafe value.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
        }
    }

    /// Adds an entry after the last one and lets `fill` write its `count` bytes in place.
    ///
    /// - Throws: `.keyExists` where `key` is not greater than every key of the database: LMDB does not search, it checks.
    package borrowing func append(
        _ database: Database, _ key: Key, count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(LMDBError) {
        try unsafe reserve(database, key, count: count, flags: UInt32(MDB_APPEND), fill)
    }

    /// Adds an entry after the last one.
    ///
    /// - Throws: as ``append(_:_:count:_:)``.
    package borrowing func append(_ database: Database, _ key: Key, _ value: Span<UInt8>) throws(LMDBError) {
        try unsafe append(database, key, count: value.count) { target in
            unsafe value.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
        }
    }

    /// Removes the entry of `key`, if there is one.
    package borrowing func delete(_ database: Database, _ key: Key) throws(LMDBError) {
        changes.isAny = true
        let code = unsafe key.withValue { key in unsafe mdb_del(handle, database.identifier, &key, nil) }
        guard code != MDB_NOTFOUND else { return }
        try LMDBError.check(code, "mdb_del")
    }

    /// Removes all entries of a database.
    package borrowing func empty(_ database: Database) throws(LMDBError) {
        changes.isAny = true
        try unsafe LMDBError.check(mdb_drop(handle, database.identifier, 0), "mdb_drop")
    }

    private borrowing func reserve(
        _ database: Database, _ key: Key, count: Int, flags: UInt32, _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(LMDBError) {
        changes.isAny = true
        var value = unsafe MDB_val(mv_size: count, mv_data: nil)
        let code = unsafe key.withValue { key in
            unsafe mdb_put(handle, database.identifier, &key, &value, flags | UInt32(MDB_RESERVE))
        }
        try LMDBError.check(code, "mdb_put")
        unsafe fill(UnsafeMutableRawBufferPointer(start: value.mv_data, count: count))
    }
}

/// What both kinds of transaction read with.
enum Access {
    static func value<Result>(
        _ transaction: OpaquePointer, _ database: Database, _ key: Key, _ body: (Span<UInt8>) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result? {
        var value = unsafe MDB_val()
        let code = unsafe key.withValue { key in unsafe mdb_get(transaction, database.identifier, &key, &value) }
        guard code != MDB_NOTFOUND else { return nil }
        try LMDBError.check(code, "mdb_get")
        let bytes = unsafe UnsafeBufferPointer<UInt8>(value)
        return try body(unsafe Span(_unsafeElements: bytes))
    }

    static func scan(
        _ transaction: OpaquePointer, _ database: Database, from start: Key,
        _ body: (Span<UInt8>, Span<UInt8>) throws(LMDBError) -> Bool
    ) throws(LMDBError) {
        var cursor: OpaquePointer?
        try unsafe LMDBError.check(mdb_cursor_open(transaction, database.identifier, &cursor), "mdb_cursor_open")
        defer { unsafe mdb_cursor_close(cursor) }
        var value = unsafe MDB_val()
        var found = unsafe MDB_val()
        var code = unsafe start.withValue { key in
            let code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)
            unsafe found = key
            return code
        }
        var page: UInt?
        while code == MDB_SUCCESS {
            let key = unsafe UnsafeBufferPointer<UInt8>(found)
            let bytes = unsafe UnsafeBufferPointer<UInt8>(value)
            guard try body(unsafe Span(_unsafeElements: key), unsafe Span(_unsafeElements: bytes)) else { return }
            code = unsafe mdb_cursor_get(cursor, &found, &value, MDB_NEXT)
            unsafe prefetch(behind: &page, value.mv_data)
        }
        guard code != MDB_NOTFOUND else { return }
        throw LMDBError(code: code, call: "mdb_cursor_get")
    }

    /// Has the page that most likely comes next fetched, where the walk has come to another one: within a page, values lie in descending order, which
    /// the processor does not foresee, and what another one has written is far away.
    private static func prefetch(behind page: inout UInt?, _ value: UnsafeMutableRawPointer?) {
        guard let value = unsafe value else { return }
        let current = UInt(bitPattern: value) / pageBytes
        guard current != page else { return }
        page = current
        unsafe clinux_prefetch_bytes(UnsafeRawPointer(bitPattern: (current + 1) * pageBytes), Int(pageBytes))
    }

    private static let pageBytes: UInt = 4096

    static func lastNumber(_ transaction: OpaquePointer, _ database: Database) throws(LMDBError) -> UInt64? {
        var cursor: OpaquePointer?
        try unsafe LMDBError.check(mdb_cursor_open(transaction, database.identifier, &cursor), "mdb_cursor_open")
        defer { unsafe mdb_cursor_close(cursor) }
        var key = unsafe MDB_val()
        var value = unsafe MDB_val()
        let code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_LAST)
        guard code != MDB_NOTFOUND else { return nil }
        try LMDBError.check(code, "mdb_cursor_get")
        let bytes = unsafe UnsafeBufferPointer<UInt8>(key)
        return Key.number(unsafe Span(_unsafeElements: bytes))
    }

    static func count(_ transaction: OpaquePointer, _ database: Database) throws(LMDBError) -> Int {
        var statistics = MDB_stat()
        try unsafe LMDBError.check(mdb_stat(transaction, database.identifier, &statistics), "mdb_stat")
        return statistics.ms_entries
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate init(_ value: MDB_val) {
        unsafe self.init(start: value.mv_data?.assumingMemoryBound(to: UInt8.self), count: value.mv_size)
    }
}

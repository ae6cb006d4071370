internal import CLMDB
internal import Glibc

/// A database file (one directory with `data.mdb` and `lock.mdb`) and its memory map.
///
/// Transactions are scopes: `read` and `write` take a synchronous closure, so that none can be held across an `await`,
/// and values borrowed from one cannot leave it. Every write is flushed twice by LMDB before `write` returns
/// (data pages, then the meta page): none of its faster, weaker modes is offered.
@safe package final class Environment: @unchecked Sendable {
    // @unchecked Sendable: LMDB's environment handle may be used from any thread (lmdb.h, mdb_env_create), and with
    // MDB_NOTLS read transactions are not tied to threads. It is closed only in deinit, when no transaction is left.
    private let handle: OpaquePointer
    // Whether it had no commit when it was opened: only then a database that is not there was not there before.
    private let isNew: Bool

    /// Opens or creates the environment in `directory`, which must exist.
    ///
    /// LMDB gets to see an existing file only when its structure is sound: on a damaged one it crashes or answers wrongly.
    /// - Parameters:
    ///   - directory: holds `data.mdb` and `lock.mdb`. A process may open it once only (POSIX locks die with any second handle).
    ///   - mapSize: address space reserved, in bytes: the file's largest size. Sparse, so it costs nothing until used.
    ///   - databases: how many named databases it may hold.
    ///   - readers: how many read transactions may be open at once.
    ///   - isReadOnly: nothing is written, not even `lock.mdb`: only where nobody writes at the same time.
    ///   - isKnownSound: whether the file was found sound before by this process, and is one that nobody writes: it is not looked at again.
    /// - Throws: `.damaged` for a file that is not as LMDB wrote it, with the page; else what `mdb_env_open` answers.
    /// - Complexity: one read of the file, without the values on overflow pages: about a second a GiB where the system has it in memory.
    package init(
        directory: String, mapSize: Int, databases: Int, readers: Int = 256, isReadOnly: Bool = false, isKnownSound: Bool = false
    ) throws(LMDBError) {
        isNew = isKnownSound ? false : try !Environment.check(directory + "/data.mdb")
        var handle: OpaquePointer?
        try unsafe LMDBError.check(mdb_env_create(&handle), "mdb_env_create")
        guard let handle = unsafe handle else { throw LMDBError(code: ENOMEM, call: "mdb_env_create") }
        do throws(LMDBError) {
            try unsafe LMDBError.check(mdb_env_set_mapsize(handle, mapSize), "mdb_env_set_mapsize")
            try unsafe LMDBError.check(mdb_env_set_maxdbs(handle, MDB_dbi(databases)), "mdb_env_set_maxdbs")
            try unsafe LMDBError.check(mdb_env_set_maxreaders(handle, UInt32(readers)), "mdb_env_set_maxreaders")
            let flags = MDB_NOTLS | (isReadOnly ? MDB_RDONLY | MDB_NOLOCK : 0)
            try unsafe LMDBError.check(mdb_env_open(handle, directory, UInt32(flags), 0o600), "mdb_env_open")
            var stale: Int32 = 0
            // A reader that died by SIGKILL keeps its slot, and with it every page freed since, until somebody clears it.
            try unsafe LMDBError.check(mdb_reader_check(handle, &stale), "mdb_reader_check")
        } catch {
            unsafe mdb_env_close(handle)
            throw error
        }
        unsafe self.handle = handle
    }

    deinit {
        unsafe mdb_env_close(handle)
    }

    /// Opens the named database; see ``databases(_:)``.
    package func database(_ name: String) throws(LMDBError) -> Database {
        try databases([name])[0]
    }

    /// Opens named databases, before other transactions run. All are made, in one transaction, in an environment that had no commit when
    /// it was opened.
    ///
    /// - Throws: `.damaged` where one is missing that must have been there.
    package func databases(_ names: [String]) throws(LMDBError) -> [Database] {
        var databases: [Database] = []
        for name in names {
            guard let database = try existingDatabase(name) else { break }
            databases.append(database)
        }
        if databases.count == names.count { return databases }
        guard isNew else {
            throw LMDBError(PageDamage(page: nil, reason: "it has no database \(names[databases.count])"))
        }
        return try write { transaction throws(LMDBError) in
            var made: [Database] = []
            for name in names { made.append(try transaction.create(name)) }
            return made
        }
    }

    private func existingDatabase(_ name: String) throws(LMDBError) -> Database? {
        var transaction: OpaquePointer?
        try unsafe LMDBError.check(mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction), "mdb_txn_begin")
        var identifier: MDB_dbi = 0
        let code = unsafe mdb_dbi_open(transaction, name, 0, &identifier)
        guard code != MDB_NOTFOUND else {
            unsafe mdb_txn_abort(transaction)
            return nil
        }
        // The handle outlives its transaction only if that commits.
        let end = unsafe mdb_txn_commit(transaction)
        try LMDBError.check(code, "mdb_dbi_open")
        try LMDBError.check(end, "mdb_txn_commit")
        return Database(identifier: identifier)
    }

    /// Writes a consistent copy of the file to `descriptor`, while others write: ``usedBytes`` at most, fewer where the last pages were
    /// never written. Blocks until the descriptor has taken all.
    ///
    /// What is copied is settled before the first byte is written. It is a read transaction: pages freed meanwhile cannot be reused.
    /// - Throws: what writing to the descriptor answers, in particular `EPIPE`; the thread must not be killed by SIGPIPE then.
    package func copy(to descriptor: Int32) throws(LMDBError) {
        try unsafe LMDBError.check(mdb_env_copyfd2(handle, descriptor, 0), "mdb_env_copyfd2")
    }

    /// Runs `body` on a stable snapshot. Keep it short: pages freed meanwhile cannot be reused until it ends.
    package func read<Result>(
        _ body: (borrowing ReadTransaction) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result {
        var transaction: OpaquePointer?
        try unsafe LMDBError.check(mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction), "mdb_txn_begin")
        guard let transaction = unsafe transaction else { throw LMDBError(code: ENOMEM, call: "mdb_txn_begin") }
        return try body(unsafe ReadTransaction(handle: transaction))
    }

    /// Runs `body` and commits durably if it returns, or takes everything back if it throws. One at a time; others wait.
    package func write<Result>(
        _ body: (borrowing WriteTransaction) throws(LMDBError) -> Result
    ) throws(LMDBError) -> Result {
        var transaction: OpaquePointer?
        try unsafe LMDBError.check(mdb_txn_begin(handle, nil, 0, &transaction), "mdb_txn_begin")
        guard let transaction = unsafe transaction else { throw LMDBError(code: ENOMEM, call: "mdb_txn_begin") }
        let result: Result
        do throws(LMDBError) {
            let changes = WriteTransaction.Changes()
            result = try body(unsafe WriteTransaction(handle: transaction, changes: changes))
            if changes.isAny { try unsafe WriteTransaction.number(transaction) }
        } catch {
            unsafe mdb_txn_abort(transaction)
            throw error
        }
        // A failed commit has freed the transaction already.
        errno = 0
        let code = unsafe mdb_txn_commit(transaction)
        // LMDB answers EIO, too, where a write was cut short, which only a full file system does; then no call has set errno to it.
        try LMDBError.check(code == EIO && errno != EIO ? ENOSPC : code, "mdb_txn_commit")
        return result
    }

    /// Flushes what the file has: what another process committed may have been killed before its own flush.
    package func flush() throws(LMDBError) {
        try unsafe LMDBError.check(mdb_env_sync(handle, 1), "mdb_env_sync")
    }

    /// Looks at the structure of the newest commit in the file, while others read and write.
    ///
    /// - Throws: `.damaged` with the page.
    /// - Complexity: as opening it; pages freed meanwhile are not used again until it is done.
    package func check() throws(LMDBError) {
        var descriptor: Int32 = -1
        try unsafe LMDBError.check(mdb_env_get_fd(handle, &descriptor), "mdb_env_get_fd")
        var isDone = false
        while !isDone {
            isDone = try read { transaction throws(LMDBError) in
                do throws(PageDamage) {
                    return try StructureCheck.check(UInt64(unsafe mdb_txn_id(transaction.handle)), of: descriptor)
                } catch {
                    throw LMDBError(error)
                }
            }
        }
    }

    /// - Returns: whether the file has a commit.
    private static func check(_ file: String) throws(LMDBError) -> Bool {
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno != ENOENT else { return false }
            throw LMDBError(code: errno, call: "open")
        }
        defer { close(descriptor) }
        do throws(PageDamage) {
            return try StructureCheck.check(atRest: descriptor)
        } catch {
            throw LMDBError(error)
        }
    }

    /// How many bytes of the map are in use: the highest page ever written, as the file never shrinks.
    package var usedBytes: Int {
        var information = unsafe MDB_envinfo()
        var statistics = MDB_stat()
        unsafe mdb_env_info(handle, &information)
        unsafe mdb_env_stat(handle, &statistics)
        return unsafe (information.me_last_pgno + 1) * Int(statistics.ms_psize)
    }
}

/// A named database of an ``Environment``. Valid as long as the environment.
package struct Database: Sendable {
    let identifier: MDB_dbi
}

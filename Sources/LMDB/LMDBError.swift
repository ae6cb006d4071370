internal import CLMDB
internal import Glibc

/// A failed call of LMDB: which call, which code, and LMDB's own words for it.
package struct LMDBError: Error, Equatable, CustomStringConvertible {
    /// What the caller can do about a failure; LMDB's and errno's codes reduced to the ones that are acted upon.
    package enum Kind: Equatable, Sendable {
        /// The map's reserved size is used up (`MDB_MAP_FULL`), or the file system has no room (`ENOSPC`, `EDQUOT`).
        case full
        /// An entry with this key is already there (`MDB_KEYEXIST`), or an append was not in key order.
        case keyExists
        /// The file is damaged or not an LMDB file (`MDB_CORRUPTED`, `MDB_PAGE_NOTFOUND`, `MDB_PANIC`, `MDB_INVALID`, `MDB_VERSION_MISMATCH`).
        case damaged
        /// The device failed (`EIO`).
        case inputOutput
        /// Anything else: a wrong call or a lack of rights.
        case other
    }

    /// For those who find out themselves that what is stored is not what was written; takes the transaction back when thrown.
    package static let damaged = LMDBError(code: MDB_CORRUPTED, call: "checksum")

    /// LMDB's return code: its own when negative, an errno when positive.
    package let code: Int32
    /// The LMDB function that returned it, or what else found it out.
    package let call: StaticString
    /// The place in the file and what is wrong there, where the file was looked at without LMDB.
    package let damage: PageDamage?

    init(code: Int32, call: StaticString, damage: PageDamage? = nil) {
        (self.code, self.call, self.damage) = (code, call, damage)
    }

    /// What looking at a file's structure found.
    init(_ damage: PageDamage) {
        self.init(code: MDB_CORRUPTED, call: "structure", damage: damage)
    }

    /// What the caller can do about it.
    package var kind: Kind {
        switch code {
        case MDB_MAP_FULL, ENOSPC, EDQUOT: .full
        case MDB_KEYEXIST: .keyExists
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_PANIC, MDB_INVALID, MDB_VERSION_MISMATCH: .damaged
        case EIO: .inputOutput
        default: .other
        }
    }

    package var description: String {
        damage?.description ?? "\(call): \(unsafe String(cString: mdb_strerror(code)))"
    }

    package static func == (left: LMDBError, right: LMDBError) -> Bool {
        left.code == right.code
    }

    /// Throws unless `code` is success.
    static func check(_ code: Int32, _ call: StaticString) throws(LMDBError) {
        guard code == MDB_SUCCESS else { throw LMDBError(code: code, call: call) }
    }
}

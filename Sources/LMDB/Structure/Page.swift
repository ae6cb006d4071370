/// A page of an LMDB 0.9 file, copied out; its fields are those of `MDB_page` and `MDB_node` in mdb.c, little-endian, 64 bits:
///
///      0  u64  its own number
///     10  u16  flags: what kind of page it is
///     12  u16  lower: end of the slots; u32 number of pages of an overflow page
///     14  u16  upper: start of the nodes
///     16       slots: u16 offsets of the nodes, in the order of their keys
///
/// A node is the size of its value (u32) or, in a branch, the page below it (48 bits); flags (u16, not in a branch); the size of its
/// key (u16); the key; the value, or the number of the overflow page that holds it.
struct Page {
    enum Kind: Int {
        case branch = 1
        case leaf = 2
        case overflow = 4
        case meta = 8
    }

    /// A node of a branch or a leaf, its place checked.
    struct Node {
        static let headerSize = 8
        static let bigFlag = 1
        static let subDatabaseFlag = 2

        let key: Range<Int>
        let flags: Int
        /// Bytes of the value, wherever it lies.
        let size: Int
        /// Where the value, or the overflow page's number, lies. Empty in a branch.
        let value: Range<Int>
        /// The page below, in a branch.
        let child: UInt64
    }

    static let headerSize = 16
    static let maximumKey = 511

    let number: UInt64
    let bytes: [UInt8]

    var flags: Int { short(10) }
    private var lower: Int { short(12) }
    private var upper: Int { short(14) }
    /// Of a branch or a leaf.
    var count: Int { (lower - Page.headerSize) / 2 }
    /// Of an overflow page: how many pages it has in all.
    var overflowPages: Int { short(12) | short(14) << 16 }

    func short(_ offset: Int) -> Int {
        Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
    }

    func long(_ offset: Int) -> UInt64 {
        UInt64(short(offset)) | UInt64(short(offset + 2)) << 16 | UInt64(short(offset + 4)) << 32 | UInt64(short(offset + 6)) << 48
    }

    func damage(_ reason: String) -> PageDamage {
        PageDamage(page: number, reason: reason)
    }

    /// Compares the header with what a page of this kind at this place has.
    func check(_ kind: Kind) throws(PageDamage) {
        guard flags == kind.rawValue else { throw damage("its flags are \(flags) and not those of a \(kind) page") }
        guard long(0) == number else { throw damage("it says that it is page \(long(0))") }
        guard kind == .branch || kind == .leaf else { return }
        guard lower >= Page.headerSize, lower % 2 == 0, lower <= upper, upper <= bytes.count else {
            throw damage("its free space from \(lower) to \(upper) is none of a page of \(bytes.count) bytes")
        }
        guard count > 0 else { throw damage("it has no nodes") }
    }

    /// The node of a slot below ``count``, all of whose bytes lie in the page.
    func node(_ slot: Int) throws(PageDamage) -> Node {
        let start = short(Page.headerSize + 2 * slot)
        guard start >= upper, start + Node.headerSize <= bytes.count else {
            throw damage("node \(slot) begins at \(start), outside of the nodes")
        }
        let keyStart = start + Node.headerSize
        let key = keyStart..<(keyStart + short(start + 6))
        guard key.count <= Page.maximumKey, key.upperBound <= bytes.count else {
            throw damage("the key of node \(slot) has \(key.count) bytes, more than fit")
        }
        let low = short(start) | short(start + 2) << 16
        if flags == Kind.branch.rawValue {
            let child = UInt64(low) | UInt64(short(start + 4)) << 32
            return Node(key: key, flags: 0, size: 0, value: key.upperBound..<key.upperBound, child: child)
        }
        let flags = short(start + 4)
        let value = key.upperBound..<(key.upperBound + (flags & Node.bigFlag != 0 ? 8 : low))
        guard value.upperBound <= bytes.count else { throw damage("the value of node \(slot) has \(low) bytes, more than fit") }
        return Node(key: key, flags: flags, size: low, value: value, child: 0)
    }

    /// Whether the nodes fill just the space that the header gives them: LMDB closes every gap, and gives each an even size.
    func checkFilled(_ nodeBytes: Int) throws(PageDamage) {
        guard nodeBytes == bytes.count - upper else {
            throw damage("its nodes have \(nodeBytes) bytes and not \(bytes.count - upper)")
        }
    }
}

extension Page.Node {
    /// Bytes that it takes of its page.
    var footprint: Int {
        (Page.Node.headerSize + key.count + value.count + 1) & ~1
    }
}

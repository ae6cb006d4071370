/// What a meta page says (`MDB_meta` in mdb.c, behind the page's header): one commit, as there are two pages that take turns.
struct Meta {
    /// `MDB_db`: where a tree is and what it counts; 48 bytes.
    struct Tree: Equatable {
        static let size = 48
        static let none = UInt64.max

        let pad: UInt64
        let flags: Int
        let depth: Int
        let branches, leaves, overflows, entries: UInt64
        let root: UInt64

        var isEmpty: Bool { root == Tree.none }

        init(_ page: Page, at offset: Int) {
            pad = UInt64(page.short(offset)) | UInt64(page.short(offset + 2)) << 16
            flags = page.short(offset + 4)
            depth = page.short(offset + 6)
            branches = page.long(offset + 8)
            leaves = page.long(offset + 16)
            overflows = page.long(offset + 24)
            entries = page.long(offset + 32)
            root = page.long(offset + 40)
        }
    }

    private static let magic: UInt64 = 0x0000_0001_BEEF_C0DE
    // MDB_INTEGERKEY, which the tree of free pages has, and nothing that outlives a process beside it.
    private static let freeFlags = 8
    /// Bytes that hold all of it: enough to be read when the page's size is not known yet.
    static let prefix = 152

    let page: Int
    let pageSize: Int
    let free, main: Tree
    let lastPage: UInt64
    let transaction: UInt64

    /// Reads the meta page `number`, of which the first ``prefix`` bytes are enough.
    init(_ page: Page) throws(PageDamage) {
        try page.check(.meta)
        guard page.long(16) == Meta.magic else { throw page.damage("it is not a meta page of LMDB's data format 1") }
        guard page.long(24) == 0 else { throw page.damage("it asks for a fixed address") }
        self.page = Int(page.number)
        free = Tree(page, at: 40)
        main = Tree(page, at: 88)
        lastPage = page.long(136)
        transaction = page.long(144)
        guard free.pad >= 512, free.pad <= 32_768, free.pad & (free.pad - 1) == 0 else {
            throw page.damage("pages of \(free.pad) bytes do not exist")
        }
        pageSize = Int(free.pad)
        guard free.flags == Meta.freeFlags, main.flags == 0, main.pad == 0 else { throw page.damage("the flags of its trees are not ours") }
        guard (transaction == 0) == main.isEmpty, transaction > 0 || free.isEmpty else {
            throw page.damage("transaction \(transaction) does not go with its trees")
        }
    }

    /// Whether two meta pages may follow one another: transaction n is in page n mod 2, and each page is two commits behind the next.
    static func check(_ first: Meta, _ second: Meta) throws(PageDamage) {
        guard first.pageSize == second.pageSize else {
            throw PageDamage(page: 1, reason: "its pages have \(second.pageSize) bytes and those of page 0 \(first.pageSize)")
        }
        if first.transaction == 0, second.transaction == 0 { return }
        let (low, high) = (min(first.transaction, second.transaction), max(first.transaction, second.transaction))
        guard first.transaction % 2 == 0, second.transaction % 2 == 1, high - low == 1 else {
            let found = "\(first.transaction) and \(second.transaction)"
            throw PageDamage(page: 0, reason: "the transactions \(found) of the two meta pages do not follow one another")
        }
    }
}

internal import Glibc

/// Compares an LMDB 0.9 file with what LMDB writes, without LMDB, which has no checksums and on damaged pages crashes, loops or answers
/// wrongly. Safe on any bytes.
///
/// Looked at is everything that leads to a value: both meta pages, every page, node and key of the newest commit, and the list of free
/// pages. A page must be of its kind and say its own number, its nodes fill it, its keys ascend between those of the branch above,
/// its tree has the counts of its record, and no page is used twice or free as well: so a flipped link to an older state of
/// a page does not pass. Each commit holds its own number under ``commitKey``, so that a flipped number of a meta page does
/// not bring back the commit before. Values are not looked at: their checksums are their owners'.
/// - Complexity: one read of each page, about 20 ns a node; a bit a page.
struct StructureCheck: ~Copyable {
    /// The name in the main database under which each commit holds its number.
    static let commitKey = "commit"
    private static let maximumDepth = 32

    private enum Content {
        case free, main, named
    }

    private struct Counts: Equatable {
        var branches: UInt64 = 0
        var leaves: UInt64 = 0
        var overflows: UInt64 = 0
        var entries: UInt64 = 0
    }

    private let descriptor: Int32
    private let meta: Meta
    private var file: PageFile
    // A bit a page of the file.
    private var used: [UInt64]
    private var freed: [UInt64] = []
    private var named: [(name: String, tree: Meta.Tree)] = []
    private var commit: UInt64?

    private init(_ descriptor: Int32, size: Int, _ meta: Meta) {
        self.descriptor = descriptor
        self.meta = meta
        file = PageFile(descriptor, size: size, pageSize: meta.pageSize)
        used = Array(repeating: 0, count: Int(file.count + 63) / 64)
    }

    /// Checks a file that no process has open. One without bytes passes: LMDB makes an environment of it.
    ///
    /// - Returns: whether there was a commit.
    static func check(atRest descriptor: Int32) throws(PageDamage) -> Bool {
        let size = try size(descriptor)
        guard size > 0 else { return false }
        let (first, second) = try metas(descriptor)
        try Meta.check(first, second)
        let (older, newest) = first.transaction < second.transaction ? (first, second) : (second, first)
        var check = StructureCheck(descriptor, size: size, newest)
        try check.checkAll()
        // The pages of the commit before are never reused while it is the one before: with its number it vouches for the order of the two.
        var before = StructureCheck(descriptor, size: size, older)
        try before.checkMain()
        return newest.transaction > 0
    }

    /// Checks the commit `transaction` of a file in use, which a reader keeps from being overwritten.
    ///
    /// - Returns: false where the commit's meta page was replaced meanwhile, as two others followed.
    static func check(_ transaction: UInt64, of descriptor: Int32) throws(PageDamage) -> Bool {
        let (first, second) = try metas(descriptor)
        guard let meta = [first, second].first(where: { $0.transaction == transaction }) else { return false }
        var check = StructureCheck(descriptor, size: try size(descriptor), meta)
        try check.checkAll()
        return true
    }

    private static func size(_ descriptor: Int32) throws(PageDamage) -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw PageDamage(page: nil, reason: "its size cannot be told") }
        return Int(status.st_size)
    }

    private static func metas(_ descriptor: Int32) throws(PageDamage) -> (Meta, Meta) {
        let first = try Meta(Page(number: 0, bytes: try PageFile.read(descriptor, from: 0, count: Meta.prefix, page: 0)))
        let bytes = try PageFile.read(descriptor, from: first.pageSize, count: Meta.prefix, page: 1)
        return (first, try Meta(Page(number: 1, bytes: bytes)))
    }

    private mutating func checkAll() throws(PageDamage) {
        try checkMain()
        let main = named
        for (name, tree) in main { try walk(tree, .named, "database \(name)") }
        try walk(meta.free, .free, "list of free pages")
        try checkFree()
    }

    /// Checks the names of the databases and the number of the commit.
    private mutating func checkMain() throws(PageDamage) {
        try walk(meta.main, .main, "main database")
        guard commit == meta.transaction || meta.transaction == 0 else {
            let found = commit.map { "is \($0)" } ?? "is missing"
            throw PageDamage(
                page: UInt64(meta.page), reason: "it names transaction \(meta.transaction), and the number stored in that one \(found)")
        }
    }

    /// No page is free twice, or free and used, and the file has none that was never given out.
    private mutating func checkFree() throws(PageDamage) {
        var behindEnd: Set<UInt64> = []
        for page in freed {
            guard page < file.count else {
                guard behindEnd.insert(page).inserted else { throw PageDamage(page: page, reason: "it is free twice") }
                continue
            }
            guard mark(page) else { throw PageDamage(page: page, reason: "it is free and in use, or free twice") }
        }
        let end = max(file.count, (behindEnd.max() ?? 0) + 1)
        guard meta.lastPage < end else {
            throw PageDamage(page: UInt64(meta.page), reason: "it names page \(meta.lastPage) as the last, behind the end of the file")
        }
    }

    private mutating func mark(_ page: UInt64) -> Bool {
        let (word, bit) = (Int(page / 64), UInt64(1) << (page % 64))
        guard used[word] & bit == 0 else { return false }
        used[word] |= bit
        return true
    }

    private mutating func use(_ page: UInt64) throws(PageDamage) {
        guard page > 1, page <= meta.lastPage, page < file.count else {
            throw PageDamage(page: page, reason: "it is in use and lies behind the last page, \(min(meta.lastPage, file.count))")
        }
        guard mark(page) else { throw PageDamage(page: page, reason: "it is used twice") }
    }

    // MARK: - Trees

    private mutating func walk(_ tree: Meta.Tree, _ content: Content, _ name: String) throws(PageDamage) {
        var counts = Counts()
        if !tree.isEmpty {
            guard 1...StructureCheck.maximumDepth ~= tree.depth else {
                throw PageDamage(page: tree.root, reason: "the \(name) has a depth of \(tree.depth)")
            }
            try visit(tree.root, level: 1, tree.depth, content, from: nil, to: nil, &counts)
        } else if tree.depth != 0 {
            throw PageDamage(page: UInt64(meta.page), reason: "the \(name) has a depth of \(tree.depth) and no pages")
        }
        let expected = Counts(branches: tree.branches, leaves: tree.leaves, overflows: tree.overflows, entries: tree.entries)
        guard counts == expected else {
            let found = "\(counts.entries) entries on \(counts.branches)+\(counts.leaves)+\(counts.overflows) pages"
            let stated = "\(tree.entries) on \(tree.branches)+\(tree.leaves)+\(tree.overflows)"
            throw PageDamage(page: tree.isEmpty ? nil : tree.root, reason: "the \(name) has \(found), and its record says \(stated)")
        }
    }

    private mutating func visit(
        _ number: UInt64, level: Int, _ depth: Int, _ content: Content, from low: [UInt8]?, to high: [UInt8]?, _ counts: inout Counts
    ) throws(PageDamage) {
        try use(number)
        let page = try file.page(number)
        guard level < depth else { return try visitLeaf(page, content, from: low, to: high, &counts) }
        try page.check(.branch)
        counts.branches += 1
        // LMDB asserts it, but for the list of free pages.
        guard page.count > 1 || content == .free else { throw page.damage("it is a branch to one page only") }
        var children: [(page: UInt64, key: [UInt8])] = []
        var filled = 0
        for slot in 0..<page.count {
            let node = try page.node(slot)
            filled += node.footprint
            let key = Array(page.bytes[node.key])
            // The first key of a branch is not looked at: it stands for all that is smaller.
            if slot > 0 {
                let before = slot > 1 ? children[slot - 1].key : low
                try check(key, of: page, content, from: before, to: high, isStrict: slot > 1)
            }
            children.append((node.child, key))
        }
        try page.checkFilled(filled)
        for (slot, child) in children.enumerated() {
            let next = slot + 1 < children.count ? children[slot + 1].key : high
            try visit(child.page, level: level + 1, depth, content, from: slot == 0 ? low : child.key, to: next, &counts)
        }
    }

    private mutating func visitLeaf(
        _ page: Page, _ content: Content, from low: [UInt8]?, to high: [UInt8]?, _ counts: inout Counts
    ) throws(PageDamage) {
        try page.check(.leaf)
        counts.leaves += 1
        counts.entries += UInt64(page.count)
        var filled = 0
        var before: Range<Int>?
        for slot in 0..<page.count {
            let node = try page.node(slot)
            filled += node.footprint
            if let before {
                guard StructureCheck.isBefore(page.bytes, before, node.key, content) else {
                    throw page.damage("the key of node \(slot) does not follow the one before")
                }
            } else {
                try check(Array(page.bytes[node.key]), of: page, content, from: low, to: nil, isStrict: false)
            }
            before = node.key
            if content != .named || node.flags != 0 { try visit(node, of: page, content, &counts) }
        }
        if let before { try check(Array(page.bytes[before]), of: page, content, from: nil, to: high, isStrict: false) }
        try page.checkFilled(filled)
    }

    /// Looks at the value of a node where the structure goes on in it.
    private mutating func visit(_ node: Page.Node, of page: Page, _ content: Content, _ counts: inout Counts) throws(PageDamage) {
        switch (content, node.flags) {
        case (.named, Page.Node.bigFlag):
            _ = try overflow(node, of: page, &counts)
        case (.free, 0), (.free, Page.Node.bigFlag):
            guard node.key.count == 8 else { throw page.damage("the key of a list of free pages has \(node.key.count) bytes") }
            let isBig = node.flags == Page.Node.bigFlag
            let list =
                isBig ? try overflow(node, of: page, &counts, reads: true) : Page(number: page.number, bytes: Array(page.bytes[node.value]))
            try addFree(list)
        case (.main, 0):
            guard page.bytes[node.key].elementsEqual(StructureCheck.commitKey.utf8), node.size == 8 else { return }
            commit = page.long(node.value.lowerBound)
        case (.main, Page.Node.subDatabaseFlag):
            guard node.size == Meta.Tree.size else { throw page.damage("the record of a database has \(node.size) bytes") }
            let name = String(decoding: page.bytes[node.key], as: UTF8.self)
            let tree = Meta.Tree(page, at: node.value.lowerBound)
            guard tree.flags == 0, tree.pad == 0 else { throw page.damage("the flags of the database \(name) are not ours") }
            named.append((name, tree))
        default:
            throw page.damage("a node has the flags \(node.flags)")
        }
    }

    /// Takes the overflow pages of a value into account.
    ///
    /// - Returns: the value where `reads` asks for it.
    private mutating func overflow(
        _ node: Page.Node, of page: Page, _ counts: inout Counts, reads: Bool = false
    ) throws(PageDamage) -> Page {
        let number = page.long(node.value.lowerBound)
        try use(number)
        let first = try file.page(number)
        try first.check(.overflow)
        let pages = first.overflowPages
        // A value that became smaller keeps its pages.
        guard pages >= (Page.headerSize - 1 + node.size) / meta.pageSize + 1 else {
            throw first.damage("its value has \(node.size) bytes, too many for \(pages) pages")
        }
        guard UInt64(pages) <= file.count - number else { throw first.damage("its \(pages) pages go beyond the end of the file") }
        for page in (number + 1)..<(number + UInt64(pages)) { try use(page) }
        counts.overflows += UInt64(pages)
        guard reads else { return first }
        let start = Int(number) * meta.pageSize + Page.headerSize
        return Page(number: number, bytes: try PageFile.read(descriptor, from: start, count: node.size, page: number))
    }

    /// Notes the pages of a list: how many, then their numbers, the highest first (`MDB_IDL` in midl.h).
    private mutating func addFree(_ list: Page) throws(PageDamage) {
        guard list.bytes.count >= 8, list.bytes.count % 8 == 0, list.long(0) <= UInt64(list.bytes.count / 8 - 1) else {
            throw list.damage("a list of free pages has \(list.bytes.count) bytes and says another length")
        }
        var before = UInt64.max
        for index in 0..<Int(list.long(0)) {
            let page = list.long(8 + 8 * index)
            guard page < before, page > 1, page <= meta.lastPage else { throw list.damage("a list of free pages names page \(page)") }
            freed.append(page)
            before = page
        }
    }

    // MARK: - Keys

    private func check(
        _ key: [UInt8], of page: Page, _ content: Content, from low: [UInt8]?, to high: [UInt8]?, isStrict: Bool
    ) throws(PageDamage) {
        guard !key.isEmpty else { throw page.damage("a key is empty") }
        if let low {
            let isBehind = StructureCheck.isBefore(low, key, content) || (!isStrict && low == key)
            guard isBehind else { throw page.damage("a key lies before those that lead to the page") }
        }
        if let high, !StructureCheck.isBefore(key, high, content) { throw page.damage("a key lies behind those that lead to the page") }
    }

    private static func isBefore(_ left: [UInt8], _ right: [UInt8], _ content: Content) -> Bool {
        isBefore(left + right, 0..<left.count, left.count..<(left.count + right.count), content)
    }

    /// LMDB's order: by bytes, the shorter first; native numbers in the list of free pages.
    private static func isBefore(_ bytes: [UInt8], _ left: Range<Int>, _ right: Range<Int>, _ content: Content) -> Bool {
        if left.count == 8, right.count == 8 {
            let page = Page(number: 0, bytes: bytes)
            let (first, second) = (page.long(left.lowerBound), page.long(right.lowerBound))
            return content == .free ? first < second : first.byteSwapped < second.byteSwapped
        }
        return bytes[left].lexicographicallyPrecedes(bytes[right])
    }
}

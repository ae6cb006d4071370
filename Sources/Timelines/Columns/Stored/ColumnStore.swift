internal import EventLog
internal import FoundationEssentials
internal import Glibc
internal import JourneyModel

/// The directory that full segments of an ``EventTable`` are kept in, a file each, and when the daemon ends in good order the last one, too: after
/// the next start they are mapped, and only what came behind them is read from the log.
///
/// Derived, and never flushed: a file that is not what was written goes, with those behind it, and its events are read from the log again. Names
/// are those that records have, with pseudonyms for what is personal, so nothing has to be done when a journey is erased.
/// - Complexity: to open it, two small reads a segment; a descriptor is open only while a file is read or written.
struct ColumnStore: Sendable {
    private static let suffix = ".new"
    private static let digits = 5

    let directory: String
    /// What is in the files, without gaps.
    private(set) var feet: [SegmentFoot] = []
    /// Whether ``feet`` is known.
    private(set) var isOpen = false

    init(directory: String) {
        self.directory = directory
    }

    /// How many full segments there are.
    var fullCount: Int { feet.count - (feet.last.map { $0.rows < EventSegment.capacity } == true ? 1 : 0) }

    /// How many rows.
    var rowCount: Int { feet.last.map { $0.number << EventSegment.shift + $0.rows } ?? 0 }

    /// The checksum of the foot before that of segment `number`.
    func previous(_ number: Int) -> UInt32 { number == 0 ? 0 : feet[number - 1].stored.checksum }

    // MARK: - Reading

    /// Looks what there is; what is of something else than `origin` goes.
    ///
    /// - Parameter isOurs: whether the log has an event at a position.
    /// - Returns: what was thrown away and why, if so.
    mutating func open(
        _ origin: SegmentFoot.Origin, isOurs: (Position, SegmentFoot.Anchor) throws(LogError) -> Bool
    ) throws(LogError) -> String? {
        let files = numbers
        var found: [SegmentFoot] = []
        var previous: UInt32 = 0
        while let foot = foot(found.count), foot.origin == origin, foot.previous == previous {
            found.append(foot)
            previous = foot.stored.checksum
            // Behind one that is not full there can be none.
            guard foot.rows == EventSegment.capacity else { break }
        }
        if let last = found.last, try !isOurs(last.position, last.last) { found = [] }
        (feet, isOpen) = (found, true)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] where name.hasSuffix(ColumnStore.suffix) {
            unsafe unlink("\(directory)/\(name)")
        }
        guard let first = files.first(where: { $0 >= found.count }) else { return nil }
        for number in files where number >= found.count { unsafe unlink(path(number)) }
        return "\(path(first)) and what is behind it is not of this log, or not what was written"
    }

    /// Throws all away where it begins elsewhere than the log does: what retention took away is to stay in no file.
    mutating func dropStale(first: Position) {
        guard !isOpen else { return }
        for number in numbers {
            // One that is damaged does not tell.
            guard let foot = foot(number) else { continue }
            if foot.origin.first != first { discard() }
            return
        }
    }

    /// What is in the file of segment `number`; nil where that is not what was written.
    func content(_ number: Int) -> SegmentContent? {
        let foot = feet[number]
        guard let descriptor = openFile(number, size: foot.fileBytes) else { return nil }
        defer { close(descriptor) }
        guard let bytes = ColumnBytes.mapped(descriptor, count: foot.fileBytes) else { return nil }
        let content = SegmentContent(foot: foot, bytes: bytes)
        return content.isIntact ? content : nil
    }

    private func foot(_ number: Int) -> SegmentFoot? {
        guard let descriptor = openFile(number, size: nil) else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_size >= SegmentFoot.size else { return nil }
        var bytes = [UInt8](repeating: 0, count: SegmentFoot.size)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe pread(descriptor, buffer.baseAddress, buffer.count, status.st_size - off_t(SegmentFoot.size))
        }
        guard count == SegmentFoot.size, let foot = SegmentFoot(bytes.span, number: number), foot.fileBytes == Int(status.st_size) else {
            return nil
        }
        return foot
    }

    private func openFile(_ number: Int, size: Int?) -> Int32? {
        let descriptor = unsafe Glibc.open(path(number), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        // Behind the end of a file that is shorter a map has nothing.
        let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        guard isFile, size == nil || size == Int(status.st_size) else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    // MARK: - Writing

    /// Writes a piece; not the thread's business that holds the table's lock.
    ///
    /// - Returns: its foot, and its rows as they are in the file; nil where there is no room.
    func write(_ piece: SegmentPiece) -> (foot: SegmentFoot, rows: ColumnBytes)? {
        let rows = piece.segment.dense
        let foot = piece.foot(rows)
        let (path, draft) = (path(piece.number), path(piece.number) + ColumnStore.suffix)
        let descriptor = unsafe Glibc.open(draft, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let rest = piece.rest + foot.stored.bytes
        guard rows.write(foot.rowBytes, to: descriptor),
            unsafe rest.withUnsafeBytes({ unsafe WholeWrite.write($0, to: descriptor) }),
            let mapped = ColumnBytes.mapped(descriptor, count: foot.rowBytes), unsafe rename(draft, path) == 0
        else {
            unsafe unlink(draft)
            return nil
        }
        return (foot, mapped)
    }

    /// Counts a segment that was written as one that is there.
    mutating func add(_ foot: SegmentFoot) {
        if foot.number < feet.count { feet.removeLast(feet.count - foot.number) }
        feet.append(foot)
    }

    /// Throws the file of segment `number` away, and those behind it.
    mutating func cut(to number: Int) {
        for number in number..<max(number, feet.count) { unsafe unlink(path(number)) }
        feet.removeLast(max(0, feet.count - number))
    }

    /// Throws all files away.
    mutating func discard() {
        for number in numbers { unsafe unlink(path(number)) }
        (feet, isOpen) = ([], true)
    }

    /// Throws the file of a piece away, which was written of what is not kept any more.
    func drop(_ piece: SegmentPiece) {
        unsafe unlink(path(piece.number))
    }

    // MARK: - Names

    /// The segments that have files, in order.
    private var numbers: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.utf8.count == ColumnStore.digits }.compactMap { Int($0) }.sorted()
    }

    private func path(_ number: Int) -> String {
        let name = String(number)
        return directory + "/" + String(repeating: "0", count: max(0, ColumnStore.digits - name.utf8.count)) + name
    }
}

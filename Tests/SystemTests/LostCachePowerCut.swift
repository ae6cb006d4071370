import FoundationEssentials
import Glibc
import TestSupport

/// Takes back what a power cut would: of all that was not flushed, any part may be on the disk and any part not.
///
/// A sector (512 bytes) is as some write left it, or as the last flush did, whole. A file's length likewise. Changes of names are kept
/// up to some moment and lost from there on, as in a file system with a journal; one that was flushed stays in any case.
struct LostCachePowerCut {
    enum Mode: String, CaseIterable {
        case dropAll, keepAll
        /// Each write is kept or lost as a whole.
        case anyWrites
        /// Each sector is as any of its writes left it.
        case anySectors
        /// All is kept but for some sectors of the last write.
        case tearLast
    }

    static let sector = 512

    private let directory: String
    private let journal: LostCacheJournal
    private let mode: Mode
    private var random: Seeded
    /// How many writes and changes of names were not flushed, and how many sectors and names were taken back.
    private(set) var pending = 0
    private(set) var reverted = 0

    /// Cuts the power: changes the files, and empties the journal in `directory`. The program must have ended.
    @discardableResult
    init(journal directory: String, mode: Mode, random seed: inout Seeded) throws {
        self.directory = directory
        self.mode = mode
        journal = try LostCacheJournal(directory: directory)
        random = Seeded(seed: seed.next())
        var files: [UInt64: [Int]] = [:]
        for (index, record) in journal.records.enumerated() where record.isContent { files[record.file, default: []].append(index) }
        let last = journal.records.lastIndex { $0.isContent && !$0.isDurable }
        for (file, records) in files.sorted(by: { $0.key < $1.key }) { try revert(file, records, last) }
        try revertNames()
        try FileManager.default.removeItem(atPath: directory)
    }

    private mutating func revert(_ file: UInt64, _ indexes: [Int], _ last: Int?) throws {
        let records = indexes.map { journal.records[$0] }
        let waiting = records.count { !$0.isDurable }
        guard waiting > 0 else { return }
        pending += waiting
        let kept = choose(indexes, last)
        let descriptor = unsafe open("\(directory)/files/\(file)", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw Daemon.Failure(description: "the file \(file) is not in \(directory)") }
        defer { close(descriptor) }
        var status = stat()
        unsafe fstat(descriptor, &status)
        // A write that was cut short by the end of the program left another length than it would have.
        let sizes = records.indices.map { $0 + 1 < records.count ? records[$0 + 1].oldSize : Int(status.st_size) }
        let size = chooseSize(records, sizes, indexes, last)
        for number in records.indices.reversed() where !records[number].isDurable {
            for sector in sectors(records[number]) where (kept[sector] ?? -1) < number {
                revert(sector, of: records[number], descriptor)
                reverted += 1
            }
        }
        guard ftruncate(descriptor, size) == 0 else { throw Daemon.Failure(description: "cannot cut the file \(file)") }
    }

    /// For each sector, the number of the last write that it shows; absent where it shows none.
    private mutating func choose(_ indexes: [Int], _ last: Int?) -> [Int: Int] {
        var writers: [Int: [Int]] = [:]
        var isKept: [Bool] = []
        for (number, index) in indexes.enumerated() {
            let record = journal.records[index]
            isKept.append(record.isDurable || (mode == .anyWrites && Bool.random(using: &random)))
            for sector in sectors(record) { writers[sector, default: []].append(number) }
        }
        var kept: [Int: Int] = [:]
        for (sector, numbers) in writers.sorted(by: { $0.key < $1.key }) {
            let durable = numbers.lastIndex { journal.records[indexes[$0]].isDurable } ?? -1
            let chosen: Int
            switch mode {
            case .dropAll: chosen = durable
            case .keepAll: chosen = numbers.count - 1
            case .anyWrites: chosen = numbers.lastIndex { isKept[$0] } ?? -1
            case .anySectors: chosen = Int.random(in: durable..<numbers.count, using: &random)
            case .tearLast:
                let isLast = numbers.last.map { indexes[$0] } == last
                chosen = numbers.count - (isLast && durable < numbers.count - 1 && Bool.random(using: &random) ? 2 : 1)
            }
            if chosen >= 0 { kept[sector] = numbers[chosen] }
        }
        return kept
    }

    private mutating func chooseSize(_ records: [LostCacheJournal.Record], _ sizes: [Int], _ indexes: [Int], _ last: Int?) -> Int {
        let durable = records.lastIndex { $0.isDurable } ?? -1
        func size(_ number: Int) -> Int { number < 0 ? records[0].oldSize : sizes[number] }
        switch mode {
        case .dropAll: return size(durable)
        case .keepAll: return size(records.count - 1)
        case .tearLast:
            let isTorn = indexes.last == last && Bool.random(using: &random)
            return size(max(durable, records.count - (isTorn ? 2 : 1)))
        case .anyWrites, .anySectors: return size(Int.random(in: durable..<records.count, using: &random))
        }
    }

    private func sectors(_ record: LostCacheJournal.Record) -> Range<Int> {
        guard record.length > 0, record.kind == .write || record.newSize < record.oldSize else { return 0..<0 }
        return (record.offset / Self.sector)..<((record.offset + record.length + Self.sector - 1) / Self.sector)
    }

    /// Puts back what a write replaced in a sector: the bytes saved, and zeros where the file had ended.
    private func revert(_ sector: Int, of record: LostCacheJournal.Record, _ descriptor: Int32) {
        let start = max(record.offset, sector * Self.sector)
        let end = min(record.offset + record.length, (sector + 1) * Self.sector)
        let savedEnd = max(start, min(end, record.offset + record.saved.count))
        let from = record.saved.lowerBound + start - record.offset
        if savedEnd > start {
            _ = unsafe journal.bytes.withUnsafeBytes {
                unsafe pwrite(descriptor, $0.baseAddress.map { unsafe $0 + from }, savedEnd - start, start)
            }
        }
        let zeros = [UInt8](repeating: 0, count: end - savedEnd)
        if !zeros.isEmpty { _ = unsafe pwrite(descriptor, zeros, zeros.count, savedEnd) }
    }

    // MARK: - Names

    private mutating func revertNames() throws {
        let records = journal.records.filter { !$0.isContent && !$0.isDurable }
        pending += records.count
        let kept: Int =
            switch mode {
            case .dropAll: 0
            case .keepAll, .tearLast: records.count
            case .anyWrites, .anySectors: Int.random(in: 0...records.count, using: &random)
            }
        for record in records[kept...].reversed() {
            reverted += 1
            let isDone: Bool
            switch record.kind {
            case .create: isDone = unsafe unlink(record.first) == 0
            case .makeDirectory: isDone = (try? FileManager.default.removeItem(atPath: record.first)) != nil
            case .rename:
                isDone =
                    unsafe rename(record.second, record.first) == 0
                    && (record.other == 0 || link("\(directory)/files/\(record.other)", record.second) == 0)
            case .unlink: isDone = unsafe link("\(directory)/files/\(record.file)", record.first) == 0
            case .removeDirectory: isDone = unsafe mkdir(record.first, 0o700) == 0
            case .write, .cut: isDone = true
            }
            // What a later change that was flushed has taken away, or has put in its place, stays so.
            let code = errno
            guard isDone || code == ENOENT || code == EEXIST || code == ENOTEMPTY else {
                throw Daemon.Failure(description: "cannot take back \(record.kind) of \(record.first): error \(code)")
            }
        }
    }
}

internal import FoundationEssentials
internal import Glibc
internal import JourneyModel
internal import Synchronization

/// The epochs of a log, in order, the live one last.
///
///     DIR/format                 which log this is
///     DIR/log/0000000N/about     what the epoch says of itself
///     DIR/log/0000000N/data.mdb  its records and symbols
///     DIR/log/0000000N.seal      what is kept of it outside, once it is full
///     DIR/log/retained           the first epoch that retention left
final class EpochList: Sendable {
    let log: LogID
    private let root: String
    private let format: String
    private let epochs: Mutex<[Epoch]>
    /// Whether the log was noted to have keys for personal data.
    let hasKeys: Bool
    private let pins = Mutex(Pins())
    private static let openAtMost = 8
    private let opened = OpenEpochs(maximum: EpochList.openAtMost)
    /// Why no event can be taken: the end of the log is not there.
    let missingEnd: String?

    /// Finds the epochs below `directory`, or begins a log where there is none. What is missing, swapped or cut is noted at its epoch.
    ///
    /// - Parameter isReadOnly: whether all files must be left as they are.
    /// - Complexity: O(epochs): two small files of each.
    init(_ directory: DataDirectory, isReadOnly: Bool = false) throws(LogError) {
        root = isReadOnly ? directory.path + "/log" : try directory.directory("log")
        format = directory.path + "/format"
        let retained = try Retained.read(root)
        if !isReadOnly {
            for number in try EpochList.numbers(root) where number < retained.epoch { EpochList.remove(root, number) }
            // Names that a process killed before its flush has left may not be on the disk yet.
            try DataDirectory.flush(root)
            try DataDirectory.flush(directory.path)
        }
        let found = try EpochList.numbers(root).filter { $0 >= retained.epoch }
        let noted = try TextFile(path: format, kind: EpochList.formatKind)
        hasKeys = noted?["keys"] != nil
        if let file = noted {
            guard let id = LogID(file["log"]) else { throw .unusable("\(format) names no log; restore it from a backup") }
            guard !found.isEmpty else {
                throw .unusable("\(root) holds no epoch, and \(format) says that there was a log: restore it from a backup")
            }
            log = id
        } else {
            // `format` is written when the first epoch is there: a log without it is one that a crash stopped at its beginning.
            guard found.isEmpty || (found == [1] && EpochList.isEmpty(root, 1)) else {
                throw .unusable("\(format) is missing, and \(root) holds a log: restore it from a backup, or name another directory")
            }
            log = try EpochAbout.read("\(root)/\(EpochList.name(1))")?.log ?? LogID()
        }
        var epochs: [Epoch] = []
        if let last = found.last {
            for number in retained.epoch..<(last + 1) {
                let expected = epochs.isEmpty ? retained.first : nil
                let epoch = try EpochList.find(
                    root, number, log, after: epochs.last, begins: expected, isLast: number == last, isReadOnly, opened)
                epochs.append(epoch)
            }
        }
        let (end, path) = (epochs.last, root)
        missingEnd =
            end?.seal.map { seal in
                "the epoch behind \(EpochList.name(seal.number)) is missing, which took the events from position \(seal.last + 1) on;"
                    + " restore \(path)/\(EpochList.name(seal.number + 1)) from a backup"
            } ?? end?.damage
        self.epochs = Mutex(epochs)
    }

    var all: [Epoch] { epochs.withLock { $0 } }

    /// The first position that is there or should be.
    var first: Position { epochs.withLock { $0.first?.first ?? 1 } }

    /// The epoch that has or will have `position`. O(log epochs).
    func epoch(of position: Position) -> Epoch? {
        epochs.withLock { epochs in
            var (low, high) = (0, epochs.count)
            while low < high {
                let middle = (low + high) / 2
                if epochs[middle].first <= position { low = middle + 1 } else { high = middle }
            }
            return low > 0 ? epochs[low - 1] : nil
        }
    }

    /// Ends the live epoch at `last`, if there is one, and begins the next.
    ///
    /// The directory gets its name when all is in it: what a crash leaves under another name never had an event.
    /// - Parameter prepare: stores in the new epoch what an epoch begins with, durably.
    func roll(at last: Position, mapSize: Int, _ prepare: (Epoch.Storage) throws(LogError) -> Void) throws(LogError) {
        let live = all.last
        let about = EpochAbout(log: log, number: (live?.number ?? 0) + 1, first: last + 1)
        let directory = "\(root)/\(EpochList.name(about.number))"
        let draft = directory + ".new"
        for file in ["data.mdb", "lock.mdb", "about"] { unsafe unlink("\(draft)/\(file)") }
        try DataDirectory.make(draft)
        let storage = try Epoch.create(draft, mapSize: mapSize)
        try prepare(storage)
        try about.write(draft)
        guard unsafe rename(draft, directory) == 0 else { throw .unusable("cannot name \(directory): \(SystemError.last)") }
        try DataDirectory.flush(root)
        let next = Epoch(about, directory: directory, storage: storage, opened: opened)
        live?.end(at: last)
        epochs.withLock { $0.append(next) }
    }

    /// Notes that the log has begun: from now on a directory without epochs is one that lost them, and one without keys has lost those.
    func confirm(hasKeys: Bool) throws(LogError) {
        guard Epoch.size(format) == nil || hasKeys != self.hasKeys, hasKeys || !self.hasKeys else { return }
        try EpochList.format(of: log, hasKeys: hasKeys).write(to: format, kind: EpochList.formatKind)
    }

    /// Takes away the first `count` epochs, all below `number`, for good.
    func removeFirst(_ count: Int, upTo number: Int) throws(LogError) {
        let gone = try epochs.withLock { epochs throws(LogError) in
            guard count < epochs.count, epochs[count].number == number else {
                throw .unusable("the log has other epochs by now; ask for a plan again")
            }
            try Retained(epoch: number, first: epochs[count].first).write(root)
            let removed = Array(epochs.prefix(count))
            epochs.removeFirst(count)
            return removed
        }
        opened.remove(gone)
        let numbers = gone.map(\.number)
        let isPinned = pins.withLock { pins in
            if pins.count > 0 { pins.gone += numbers }
            return pins.count > 0
        }
        if !isPinned { try remove(numbers) }
    }

    private func remove(_ numbers: [Int]) throws(LogError) {
        for number in numbers { EpochList.remove(root, number) }
        try DataDirectory.flush(root)
    }

    // MARK: - Holding files

    private struct Pins {
        var count = 0
        var gone: [Int] = []
    }

    fileprivate func pin() {
        pins.withLock { $0.count += 1 }
    }

    fileprivate func unpin() {
        let gone = pins.withLock { pins in
            pins.count -= 1
            guard pins.count == 0 else { return [Int]() }
            defer { pins.gone = [] }
            return pins.gone
        }
        // What cannot be flushed now is seen at the next start.
        if !gone.isEmpty { try? remove(gone) }
    }

    // What cannot be removed now is removed at the next start.
    private static func remove(_ root: String, _ number: Int) {
        let directory = "\(root)/\(name(number))"
        for file in ["data.mdb", "lock.mdb", "about"] { unsafe unlink("\(directory)/\(file)") }
        unsafe rmdir(directory)
        unsafe unlink(directory + ".seal")
    }

    static let formatKind = "data"

    /// What `DIR/format` says.
    static func format(of log: LogID, hasKeys: Bool) -> TextFile {
        var file = TextFile()
        file.add("log", log.text)
        if hasKeys { file.add("keys", 1) }
        return file
    }

    func sealPath(_ number: Int) -> String { "\(root)/\(EpochList.name(number)).seal" }

    // MARK: - At the start

    private static func find(
        _ root: String, _ number: Int, _ log: LogID, after before: Epoch?, begins: Position?, isLast: Bool, _ isReadOnly: Bool,
        _ opened: OpenEpochs
    ) throws(LogError) -> Epoch {
        let directory = "\(root)/\(name(number))"
        let expected = begins ?? before.flatMap { $0.last.map { $0 + 1 } }
        var seal: EpochSeal?
        var about: EpochAbout?
        var damage: String?
        do throws(LogError) {
            seal = try EpochSeal.read(directory + ".seal")
            about = try EpochAbout.read(directory)
        } catch {
            damage = "\(error)"
        }
        let first = seal?.first ?? about?.first ?? expected ?? (before?.first ?? 0) + 1
        let range = seal.map { "positions \($0.first) to \($0.last)" } ?? "positions from \(first) on"
        let advice = "restore \(directory) from a backup"
        if damage == nil {
            if about == nil {
                let isThere = Epoch.size(directory) != nil
                damage = isThere ? "\(directory)/about is missing (\(range)); \(advice)" : "\(directory) is missing (\(range)); \(advice)"
            } else if let about, about.log != log || seal.map({ $0.log != log }) == true {
                damage = "\(directory) belongs to another log (\(range)); \(advice)"
            } else if let about, about.number != number || about.first != first {
                damage =
                    "\(directory) is epoch \(about.number) from position \(about.first), expected \(number) from \(first): was it swapped? \(advice)"
            } else if let expected, expected != first {
                damage = "\(directory) begins at position \(first), the one before ends at \(expected - 1); \(advice)"
            } else if let size = Epoch.size(directory + "/data.mdb"), let seal, seal.size != size {
                damage = "\(directory)/data.mdb has \(size) bytes and not the \(seal.size) of its seal (\(range)); \(advice)"
            } else if Epoch.size(directory + "/data.mdb") == nil {
                damage = "\(directory)/data.mdb is missing (\(range)); \(advice)"
            }
        }
        // An epoch that was full when the daemon stopped, and is not sealed yet, ends where the next begins.
        var last = seal?.last
        if last == nil, !isLast { last = try EpochAbout.following(root, number).map { $0.first - 1 } }
        return Epoch(
            number: number, directory: directory, first: first, last: last, seal: seal, damage: damage, isReadOnly: isReadOnly,
            opened: opened)
    }

    /// Whether epoch `number` is readable and has no event.
    private static func isEmpty(_ root: String, _ number: Int) -> Bool {
        let directory = "\(root)/\(name(number))"
        guard Epoch.size(directory + "/data.mdb") ?? 0 > 0 else { return true }
        let epoch = Epoch(number: number, directory: directory, first: 1, last: nil, seal: nil, opened: nil)
        do throws(LogError) {
            return try epoch.open(mapSize: 1 << 30).lastPosition() == nil
        } catch {
            return false
        }
    }

    private static func numbers(_ root: String) throws(LogError) -> [Int] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: root) else {
            throw .unusable("cannot read \(root): \(SystemError.last)")
        }
        var numbers: Set<Int> = []
        for name in names {
            let stem = name.hasSuffix(".seal") ? String(name.dropLast(5)) : name
            guard stem.utf8.count == 8, let number = Int(stem), number > 0 else { continue }
            numbers.insert(number)
        }
        return numbers.sorted()
    }

    static func name(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}

/// While it lives, retention takes epochs off the list and leaves their files. A crash in between leaves what the next start takes away.
final class EpochPin: Sendable {
    private let epochs: EpochList

    init(_ epochs: EpochList) {
        self.epochs = epochs
        epochs.pin()
    }

    deinit {
        epochs.unpin()
    }
}

extension EpochAbout {
    /// What the epoch behind `number` says, if it is readable.
    fileprivate static func following(_ root: String, _ number: Int) throws(LogError) -> EpochAbout? {
        do throws(LogError) {
            return try read("\(root)/\(EpochList.name(number + 1))")
        } catch {
            return nil
        }
    }
}

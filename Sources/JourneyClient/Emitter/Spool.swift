internal import FoundationEssentials
internal import Glibc

/// Events that wait on disk: files of lines, numbered in their order, and a file that says how far they were sent.
///
///     00000001.spool  00000002.spool  cursor  lock  rejected.ndjson
///
/// Every event is written here before it is sent, so what a process took outlives it. The cursor follows without a flush: should it be
/// behind after a crash, events are sent again, and the daemon knows them. Of events whose `emit` had not returned when the process
/// ended, some may be sent as well.
package struct Spool: EventQueue {
    private struct Segment {
        let number: Int
        let file: SpoolFile
        var size: Int
    }

    private let options: SpoolOptions
    private let lock: SpoolFile
    private let cursor: SpoolFile
    private var segments: [Segment] = []
    /// How much of the first segment was sent.
    private var offset = 0
    private var nextNumber = 1
    private var mustRotate = false
    package private(set) var load = DeliveryMachine.Load(events: 0, bytes: 0)
    private static let readSize = 256 << 10

    /// Opens the spool, with what waits in it from before.
    ///
    /// Reads all of it once, in linear time. A line that was being written when a process ended is cut off: its `emit` had not returned.
    package init(_ options: SpoolOptions) throws(EmitterError) {
        self.options = options
        guard unsafe mkdir(options.directory, 0o700) == 0 || errno == EEXIST else { throw SpoolFile.fault(options.directory) }
        lock = try SpoolFile(options.directory + "/lock")
        guard lock.lock() else { throw .spoolInUse(directory: options.directory) }
        cursor = try SpoolFile(options.directory + "/cursor")
        try recover()
    }

    // MARK: Taking in

    package func hasRoom(events: Int, bytes: Int) -> Bool {
        load.events == 0 || load.bytes + bytes + events * SpoolLine.overhead <= options.bytes
    }

    package mutating func append(_ lines: [[UInt8]]) throws(EmitterError) {
        var bytes: [UInt8] = []
        for line in lines { SpoolLine.write(line, to: &bytes) }
        if mustRotate || segments.last.map({ $0.size >= options.segmentBytes }) ?? true { try addSegment() }
        let last = segments.count - 1
        let segment = segments[last]
        do throws(EmitterError) {
            try segment.file.write(bytes, at: segment.size)
            if options.flush == .eachEmit { try segment.file.flush() }
        } catch {
            // None of it may be sent: its caller is told that it was not taken. After a failed flush nothing more goes into this file.
            mustRotate = true
            try segment.file.truncate(to: segment.size)
            throw error
        }
        segments[last].size += bytes.count
        load.events += lines.count
        load.bytes += bytes.count
    }

    private mutating func addSegment() throws(EmitterError) {
        let number = nextNumber
        nextNumber += 1
        let file = try SpoolFile(path(number))
        try file.truncate(to: 0)
        if options.flush == .eachEmit { try flushDirectory() }
        segments.append(Segment(number: number, file: file, size: 0))
        mustRotate = false
    }

    private func path(_ number: Int) -> String {
        let digits = String(number)
        return "\(options.directory)/\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).spool"
    }

    /// A new file's name must be on the device, too.
    private func flushDirectory() throws(EmitterError) {
        let descriptor = unsafe open(options.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SpoolFile.fault(options.directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SpoolFile.fault(options.directory) }
    }

    // MARK: Giving out

    package func first(_ limit: DeliveryMachine.Load) throws(EmitterError) -> QueuedBatch {
        guard let segment = segments.first else { return QueuedBatch() }
        var batch = QueuedBatch()
        var count = limit.bytes + Spool.readSize
        while true {
            let bytes = try segment.file.read(min(count, segment.size - offset), at: offset)
            batch = Spool.batch(bytes, limit)
            // A line that is longer than what was read.
            guard batch.length == 0, bytes.count < segment.size - offset else { return batch }
            count *= 2
        }
    }

    /// The lines of a file's bytes, as far as they are whole and within the limit.
    private static func batch(_ bytes: [UInt8], _ limit: DeliveryMachine.Load) -> QueuedBatch {
        var batch = QueuedBatch()
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let isRoom = batch.lines.count + batch.damaged.count < limit.events && end + 1 <= limit.bytes
            guard batch.length == 0 || isRoom else { break }
            if let event = SpoolLine.read(bytes[start..<end]) {
                batch.lines.append(event)
            } else {
                batch.damaged.append(Array(bytes[start..<end]))
            }
            start = end + 1
            batch.length = start
        }
        return batch
    }

    package mutating func remove(_ batch: QueuedBatch) throws(EmitterError) {
        offset += batch.length
        load.events -= batch.lines.count + batch.damaged.count
        load.bytes -= batch.length
        while let first = segments.first, offset >= first.size, segments.count > 1 {
            unsafe unlink(first.file.path)
            segments.removeFirst()
            offset = 0
        }
        try writeCursor()
    }

    /// The position stands in one line with a checksum, always of the same length, so that it is whole or known not to be.
    private func writeCursor() throws(EmitterError) {
        guard let first = segments.first else { return }
        var line: [UInt8] = []
        SpoolLine.write(Array("\(first.number) \(offset)".utf8), to: &line)
        line += [UInt8](repeating: UInt8(ascii: " "), count: max(0, 64 - line.count))
        try cursor.write(line, at: 0)
    }

    // MARK: Beginning

    private mutating func recover() throws(EmitterError) {
        let (sent, position) = try readCursor()
        let numbers = try numbers()
        for number in numbers {
            guard number >= sent else {
                unsafe unlink(path(number))
                continue
            }
            let file = try SpoolFile(path(number))
            let start = number == sent ? min(position, try file.size()) : 0
            if segments.isEmpty { offset = start }
            let end = try count(file, from: start)
            segments.append(Segment(number: number, file: file, size: end))
        }
        while let first = segments.first, load.events == 0 || offset >= first.size {
            unsafe unlink(first.file.path)
            segments.removeFirst()
            offset = 0
        }
        // The next file's number must not be one that the cursor says was sent.
        nextNumber = max(sent, numbers.last ?? 0) + 1
        // What this process writes begins a file of its own.
        mustRotate = true
    }

    private func readCursor() throws(EmitterError) -> (number: Int, offset: Int) {
        let line = try cursor.read(64, at: 0)
        guard let end = line.firstIndex(of: UInt8(ascii: "\n")), let text = SpoolLine.read(line[..<end]) else { return (0, 0) }
        let numbers = String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
    }

    private func numbers() throws(EmitterError) -> [Int] {
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: options.directory)
            return names.filter { $0.hasSuffix(".spool") }.compactMap { Int($0.dropLast(6)) }.filter { $0 > 0 }.sorted()
        } catch {
            throw .spool(path: options.directory, reason: "\(error)")
        }
    }

    /// Counts the lines behind `start`, and cuts off what stands behind the last line feed.
    ///
    /// - Returns: where the last line ends.
    private mutating func count(_ file: SpoolFile, from start: Int) throws(EmitterError) -> Int {
        var (position, end) = (start, start)
        while case let bytes = try file.read(Spool.readSize, at: position), !bytes.isEmpty {
            for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
                load.events += 1
                end = position + index + 1
            }
            position += bytes.count
        }
        if end < position { try file.truncate(to: end) }
        load.bytes += end - start
        return end
    }
}

internal import JourneyModel

/// A summary in few bytes: numbers as varints (LEB128, signed ones zigzagged), times as the differences from one to the next.
///
/// A hundred bytes for a journey of five stages, where its arrays would take five hundred.
extension JourneySummary {
    /// Writes the summary in its short form, in place of what `bytes` holds. O(visits).
    package func pack(into bytes: inout [UInt8]) {
        var writer = PackedWriter(&bytes)
        writer.add(firstEntries.count)
        for (stage, time) in firstEntries {
            writer.add(stage)
            writer.add(time: time)
        }
        writer.add(visits.count)
        for visit in visits {
            writer.add(visit.stage)
            writer.add(time: visit.entered)
            switch visit.end {
            case .open: writer.add(0)
            case .advanced(let stage): writer.add(1 + 3 * stage)
            case .returned(let stage): writer.add(2 + 3 * stage)
            case .exited(let outcome): writer.add(3 + 3 * outcome)
            }
            writer.add(visit.left == nil ? 0 : 1)
            if let left = visit.left { writer.add(time: left) }
        }
        writer.add(Int(reworkBase))
        writer.add(Int(reworkAgain))
        // One number for both: a journey without a snooze pays nothing for it.
        writer.add((hasHolders ? 1 : 0) | (snoozed == nil ? 0 : 2))
        if let snoozed {
            writer.add(time: snoozed.from)
            writer.add(time: snoozed.until)
            writer.add(Int(truncatingIfNeeded: snoozed.position))
        }
        writer.add(bounces.count)
        for bounce in bounces {
            writer.add(Int(bounce.first.rawValue))
            writer.add(Int(bounce.second.rawValue))
            writer.add(bounce.count)
        }
        for dimension in dimensions { writer.add(Int(dimension)) }
        writer.add(Int(currency))
        if currency != 0 { writer.add(time: minor) }
        bytes = writer.take()
    }

    /// Reads what ``pack(into:)`` wrote.
    ///
    /// - Parameter dimensions: how many dimensions the map has.
    package init(packed bytes: [UInt8], dimensions count: Int) {
        self.init(dimensionCount: count)
        var reader = PackedReader(bytes)
        let entered = reader.next()
        firstEntries.reserveCapacity(entered)
        for _ in 0..<entered { firstEntries.append((reader.next(), reader.nextTime())) }
        let stays = reader.next()
        visits.reserveCapacity(stays)
        for _ in 0..<stays {
            var visit = Visit(stage: reader.next(), entered: reader.nextTime())
            let end = reader.next()
            switch (end, (end - 1) % 3) {
            case (0, _): break
            case (_, 0): visit.end = .advanced(to: (end - 1) / 3)
            case (_, 1): visit.end = .returned(to: (end - 2) / 3)
            default: visit.end = .exited(outcome: (end - 3) / 3)
            }
            if reader.next() == 1 { visit.left = reader.nextTime() }
            visits.append(visit)
        }
        reworkBase = UInt32(truncatingIfNeeded: reader.next())
        reworkAgain = UInt32(truncatingIfNeeded: reader.next())
        let flags = reader.next()
        hasHolders = flags & 1 != 0
        if flags & 2 != 0 {
            let (from, until) = (reader.nextTime(), reader.nextTime())
            snoozed = Snoozed(position: Position(truncatingIfNeeded: reader.next()), from: from, until: until)
        }
        for _ in 0..<reader.next() {
            let (first, second, count) = (reader.next(), reader.next(), reader.next())
            guard let first = Department(rawValue: UInt8(first)), let second = Department(rawValue: UInt8(second)) else { continue }
            bounces.append(Bounce(first: first, second: second, count: count))
        }
        for index in dimensions.indices { dimensions[index] = UInt32(truncatingIfNeeded: reader.next()) }
        currency = UInt32(truncatingIfNeeded: reader.next())
        if currency != 0 { minor = reader.nextTime() }
    }
}

private struct PackedWriter: ~Copyable {
    private var bytes: [UInt8] = []
    private var last: Int64 = 0

    /// Takes over the memory of `bytes`.
    init(_ bytes: inout [UInt8]) {
        swap(&self.bytes, &bytes)
        self.bytes.removeAll(keepingCapacity: true)
    }

    consuming func take() -> [UInt8] { bytes }

    mutating func add(_ number: Int) {
        var rest = UInt64(truncatingIfNeeded: number)
        while rest > 127 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func add(time: Int64) {
        let difference = time &- last
        last = time
        add(Int((difference << 1) ^ (difference >> 63)))
    }
}

private struct PackedReader {
    private let bytes: [UInt8]
    private var place = 0
    private var last: Int64 = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func next() -> Int {
        var (number, shift): (UInt64, UInt64) = (0, 0)
        while true {
            let byte = bytes[place]
            place += 1
            number |= UInt64(byte & 127) << shift
            if byte < 128 { return Int(truncatingIfNeeded: number) }
            shift += 7
        }
    }

    mutating func nextTime() -> Int64 {
        let zigzag = UInt64(bitPattern: Int64(next()))
        last = last &+ (Int64(bitPattern: zigzag >> 1) ^ -Int64(zigzag & 1))
        return last
    }
}

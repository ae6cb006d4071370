package import JourneyModel

extension Timelines {
    /// What has changed since the last checkpoint, in its stored form, each under its number.
    package struct Changes: Sendable {
        package let position: Position
        package fileprivate(set) var subjects: [(number: UInt64, bytes: [UInt8])] = []
        package fileprivate(set) var links: [(number: UInt64, bytes: [UInt8])] = []
        package fileprivate(set) var values: [(number: UInt64, bytes: [UInt8])] = []
        package fileprivate(set) var sets: [(number: UInt64, bytes: [UInt8])] = []
    }

    /// Takes the changes since the last call. A subject is its name's length (u16), its name, and its entries.
    package mutating func takeChanges() -> Changes {
        var changes = Changes(position: position)
        for subject in changedSubjects.sorted() {
            let name = Array(name(subject).utf8)
            var bytes: [UInt8] = []
            bytes.reserveCapacity(2 + name.count + entries[Int(subject)].count * Entry.size)
            bytes.append(littleEndian: UInt16(name.count))
            bytes.append(contentsOf: name)
            for entry in entries[Int(subject)] { entry.encode(into: &bytes) }
            changes.subjects.append((UInt64(subject), bytes))
        }
        for pair in changedLinks.sorted(by: { $0.key < $1.key }) {
            guard let assertions = links.assertions[pair] else { continue }
            var bytes: [UInt8] = []
            bytes.append(littleEndian: assertions.linkedTime)
            bytes.append(littleEndian: assertions.linkedPosition)
            bytes.append(littleEndian: assertions.unlinkedTime)
            bytes.append(littleEndian: assertions.unlinkedPosition)
            changes.links.append((pair.key, bytes))
        }
        changes.values = Timelines.added(values, from: savedValues)
        changes.sets = Timelines.added(sets, from: savedSets)
        forgetChanges()
        return changes
    }

    /// Takes back changes that could not be stored: the next call of ``takeChanges()`` has them again.
    package mutating func keep(_ changes: Changes) {
        changedSubjects.formUnion(changes.subjects.map { UInt32($0.number) })
        changedLinks.formUnion(changes.links.map { LinkGraph.Pair(key: $0.number) })
        savedValues -= changes.values.count
        savedSets -= changes.sets.count
    }

    /// Looks up in the map the types that restored entries have.
    package mutating func learnTypes(_ name: (UInt32) -> String) {
        for column in entries {
            for entry in column where facts(entry.type) == nil { _ = learn(entry.type, name) }
        }
    }

    private mutating func forgetChanges() {
        changedSubjects.removeAll(keepingCapacity: true)
        changedLinks.removeAll(keepingCapacity: true)
        (savedValues, savedSets) = (values.count, sets.count)
    }

    private static func added(_ table: SymbolTable, from first: Int) -> [(number: UInt64, bytes: [UInt8])] {
        (first..<table.count).map { (UInt64($0), table.withBytes(UInt32($0)) { $0.bytes() }) }
    }

    /// Takes a stored dimension value back in. All `restore` calls return whether the stored form can be read.
    package mutating func restore(value: Span<UInt8>) -> Bool {
        values.intern(value) != nil
    }

    /// Takes a stored set of dimension values back in.
    package mutating func restore(set: Span<UInt8>) -> Bool {
        sets.intern(set) != nil
    }

    /// Takes a stored subject back in; in the order of their numbers.
    package mutating func restore(subject stored: Span<UInt8>) -> Bool {
        let length = Int(stored.load(0, as: UInt16.self))
        guard subjects.intern(stored.extracting(2..<(2 + length))) != nil else { return false }
        let count = (stored.count - 2 - length) / Entry.size
        var column: [Entry] = []
        column.reserveCapacity(count)
        for index in 0..<count { column.append(Entry(stored, at: 2 + length + index * Entry.size)) }
        entries.append(column)
        return true
    }

    /// Takes a stored link back in, after all subjects.
    package mutating func restore(link key: UInt64, _ stored: Span<UInt8>) -> Bool {
        let assertions = LinkGraph.Assertions(
            linkedTime: stored.load(0, as: Int64.self), linkedPosition: stored.load(8, as: UInt64.self),
            unlinkedTime: stored.load(16, as: Int64.self), unlinkedPosition: stored.load(24, as: UInt64.self))
        links.restore(LinkGraph.Pair(key: key), assertions)
        return true
    }

    /// The timelines when all is back in.
    package consuming func restored(at position: Position) -> Timelines {
        self.position = position
        forgetChanges()
        return self
    }
}

extension Entry {
    func encode(into bytes: inout [UInt8]) {
        bytes.append(littleEndian: time)
        bytes.append(littleEndian: position)
        bytes.append(littleEndian: minor)
        bytes.append(littleEndian: type)
        bytes.append(littleEndian: dimensions)
        bytes.append(littleEndian: currency)
        bytes.append(contentsOf: [holder, rule, 0, 0])
    }

    init(_ bytes: Span<UInt8>, at offset: Int) {
        time = bytes.load(offset, as: Int64.self)
        position = bytes.load(offset + 8, as: UInt64.self)
        minor = bytes.load(offset + 16, as: Int64.self)
        type = bytes.load(offset + 24, as: UInt32.self)
        dimensions = bytes.load(offset + 28, as: UInt32.self)
        currency = bytes.load(offset + 32, as: UInt32.self)
        holder = bytes[offset + 36]
        rule = bytes[offset + 37]
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian number: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: number.littleEndian) { unsafe append(contentsOf: $0) }
    }
}

extension Span<UInt8> {
    fileprivate func load<Number: FixedWidthInteger>(_ offset: Int, as type: Number.Type) -> Number {
        precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= count)
        return unsafe withUnsafeBytes { unsafe Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }
}

package import EventLog
package import JourneyModel

extension Timelines {
    /// What has changed since the last checkpoint, in its stored form, each under its number.
    package struct Changes: Sendable {
        package let position: Position
        /// How many entries the file must have.
        package let entries: Int
        /// What ``Timelines/restore(parked:)`` reads, all of it.
        package let parked: String
        package fileprivate(set) var subjects: [(number: UInt64, bytes: [UInt8])] = []
        package fileprivate(set) var links: [(number: UInt64, bytes: [UInt8])] = []
        package fileprivate(set) var values: [(number: UInt64, bytes: [UInt8])] = []
        package fileprivate(set) var sets: [(number: UInt64, bytes: [UInt8])] = []
        package fileprivate(set) var assertions: [(number: UInt64, bytes: [UInt8])] = []
        package fileprivate(set) var compensations: [(number: UInt64, bytes: [UInt8])] = []
        fileprivate let file: EntryFile?

        /// The name of the file that the entries are in; empty where there is none.
        package var fileName: String { file?.name ?? "" }

        /// Flushes the entries that the changes speak of.
        ///
        /// - Returns: false where the device failed.
        package func flush() -> Bool { file?.flush() ?? true }
    }

    /// Takes the changes since the last call; the entries themselves are in their file.
    ///
    /// - Returns: nil where entries could not be written, as the disk is full.
    package mutating func takeChanges() -> Changes? {
        guard entries.spill() else { return nil }
        var changes = Changes(position: position, entries: entries.count, parked: parkedText, file: entries.file)
        changes.subjects = Timelines.added(subjects, from: savedSubjects)
        for (pair, latest) in links.takeChanges() {
            var bytes: [UInt8] = []
            bytes.append(littleEndian: latest.linkedTime)
            bytes.append(littleEndian: latest.linkedPosition)
            bytes.append(littleEndian: latest.unlinkedTime)
            bytes.append(littleEndian: latest.unlinkedPosition)
            changes.links.append((pair.key, bytes))
        }
        changes.values = Timelines.added(values, from: savedValues)
        changes.sets = Timelines.added(sets, from: savedSets)
        changes.assertions = (savedAssertions..<assertions.count).map { (UInt64($0), assertions[$0].stored) }
        changes.compensations = changedCompensations.sorted().map { (UInt64($0), ledger.all[$0].stored) }
        forgetChanges()
        return changes
    }

    /// Takes back changes that could not be stored: the next call of ``takeChanges()`` has them again.
    package mutating func keep(_ changes: Changes) {
        savedSubjects -= changes.subjects.count
        for link in changes.links { links.markChanged(LinkGraph.Pair(key: link.number)) }
        savedValues -= changes.values.count
        savedSets -= changes.sets.count
        savedAssertions -= changes.assertions.count
        changedCompensations.formUnion(changes.compensations.map { Int($0.number) })
    }

    /// Has the next call of ``takeChanges()`` give all there is: the checkpoint has become one of something else meanwhile.
    package mutating func keepAll() {
        (savedSubjects, savedValues, savedSets, savedAssertions) = (0, 0, 0, 0)
        links.markAllChanged()
        changedCompensations = Set(ledger.all.indices)
    }

    private mutating func forgetChanges() {
        changedCompensations.removeAll(keepingCapacity: true)
        (savedSubjects, savedValues, savedSets, savedAssertions) = (subjects.count, values.count, sets.count, assertions.count)
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

    /// Takes a stored subject's name back in; in the order of their numbers.
    package mutating func restore(subject name: Span<UInt8>) -> Bool {
        guard subjects.intern(name)?.isNew == true else { return false }
        entries.addSubject()
        return true
    }

    /// Takes the entries back in, after all subjects, and looks up in the map what types they have.
    ///
    /// - Returns: false where an entry is not what was written.
    package mutating func restore(entries count: Int, _ log: EventLog) -> Bool {
        // By type, whether its events set definitions.
        var types: [UInt32: Bool] = [:]
        var definitions: [Position] = []
        let isIntact = entries.restore(count) { entry in
            let isDefinition = types[entry.type] ?? (log.symbol(entry.type) == TypeFacts.definitionSet)
            types[entry.type] = isDefinition
            if isDefinition { definitions.append(entry.position) }
        }
        guard isIntact else { return false }
        // One that could not be read at first came behind others.
        self.definitions = definitions.sorted()
        for type in types.keys { _ = learn(type) { log.symbol($0) } }
        return true
    }

    /// Takes a stored link back in, after all subjects.
    package mutating func restore(link key: UInt64, _ stored: Span<UInt8>) -> Bool {
        let assertions = LinkGraph.Assertions(
            linkedTime: stored.load(0, as: Int64.self), linkedPosition: stored.load(8, as: UInt64.self),
            unlinkedTime: stored.load(16, as: Int64.self), unlinkedPosition: stored.load(24, as: UInt64.self))
        _ = links.set(LinkGraph.Pair(key: key), assertions)
        return true
    }

    /// Takes a stored assertion back in, after all entries.
    package mutating func restore(assertion stored: Span<UInt8>) -> Bool {
        guard let assertion = LinkAssertion(stored), assertion.entry < entries.count else { return false }
        assertions.append(assertion)
        return true
    }

    /// Takes a stored compensation back in, after all entries.
    package mutating func restore(compensation stored: Span<UInt8>) -> Bool {
        guard let compensation = CompensationLedger.Compensation(stored, entries) else { return false }
        _ = ledger.add(compensation)
        return true
    }

    /// The timelines when all is back in.
    ///
    /// - Throws: where a correction cannot be read.
    package consuming func restored(at position: Position, _ log: EventLog) throws(LogError) -> Timelines {
        self.position = position
        // The links are as compensations left them, and as they are stored.
        _ = links.takeChanges()
        for entry in ledger.voided.union(ledger.corrections.keys).sorted() { try mark(entry, log) }
        forgetChanges()
        return self
    }
}

extension [UInt8] {
    mutating func append(littleEndian number: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: number.littleEndian) { unsafe append(contentsOf: $0) }
    }
}

extension Span<UInt8> {
    func load<Number: FixedWidthInteger>(_ offset: Int, as type: Number.Type) -> Number {
        precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= count)
        return unsafe withUnsafeBytes { unsafe Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }
}

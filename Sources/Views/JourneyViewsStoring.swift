internal import Crypto
internal import EventLog
internal import FoundationEssentials
internal import Glibc
internal import JourneyModel
internal import Questions
internal import Synchronization
internal import Timelines

extension JourneyViews {
    /// A new file for entries; nil where there can be none.
    func newEntries() -> EntryFile? {
        let number = entryFiles.add(1, ordering: .relaxed).newValue
        return try? EntryFile(path: "\(directory)/\(ViewStore.entriesName(number))", isNew: true)
    }

    /// Goes on from the checkpoint, or begins anew where there is none that can be used.
    func resume(from store: ViewStore) {
        removeEntries(but: store.fileName)
        guard let loaded = try? store.load(log: log, definition: identity, anchor: anchor) else {
            // Another format, another log or damage: what is there would mix with what comes.
            begin()
            try? store.clear()
            return
        }
        // Folded before it is put in place: questions are answered meanwhile.
        var resumed = JourneyState(timelines: loaded)
        // What cannot be read now is tried again with the next events.
        try? resumed.follow(log)
        put(resumed)
        release()
    }

    /// Removes the files of entries that no checkpoint speaks of: what a daemon that was killed worked at.
    private func removeEntries(but kept: String?) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] where name != kept {
            if ViewStore.number(ofEntries: name) != nil { unsafe unlink("\(directory)/\(name)") }
        }
        entryFiles.store(kept.flatMap { ViewStore.number(ofEntries: $0) } ?? 0, ordering: .relaxed)
    }

    /// A state without events, whose entries go to a new file; to memory where there can be none.
    func begin() {
        // Mostly the map that was in force is the one that will be.
        put(JourneyState(map: state.withLock { $0.timelines.map }, file: newEntries()))
    }

    /// Has another state answer from now on.
    func put(_ new: JourneyState) {
        state.withLock { state in
            let generation = state.generation + 1
            state = new
            state.generation = generation
        }
        definition.withLock { $0 = new.definition }
        parkedNow.withLock { $0 = new.timelines.parked }
        seen.store(new.timelines.position, ordering: .releasing)
    }

    /// Begins to write a checkpoint of the views that answer.
    func save(by checkpoints: CheckpointWriter) {
        let (changes, map, parked) = state.withLock { ($0.takeChanges(), $0.timelines.map, $0.timelines.parked) }
        guard let changes else { return }
        write(changes, map, parked, checkpoints) { [self] changes in state.withLock { $0.keep(changes) } }
    }

    /// Begins to write a checkpoint.
    func write(
        _ changes: Timelines.Changes, _ map: StageMap, _ parked: [ParkedEvent], _ checkpoints: CheckpointWriter,
        failed: @escaping @Sendable (Timelines.Changes) -> Void
    ) {
        checkpoints.write(
            changes, map: map.canonicalText, definition: identity(map), anchor: anchor(changes.position, parked) ?? "", failed: failed)
    }

    /// What a checkpoint is of: what older versions of data are read as is in the entries, too.
    private func identity(_ map: StageMap) -> String {
        let text = map.canonicalText + log.options.upcasters.canonicalText
        return "sha256:" + SHA256.hash(data: text).hexadecimal
    }

    /// What the log holds at `position`, or at the last before it that is not parked: enough to tell this log from another one.
    private func anchor(_ position: Position, _ parked: [ParkedEvent]) -> String? {
        var position = position
        for event in parked.reversed() where event.position == position { position -= 1 }
        guard let event = try? log.event(at: position) else { return nil }
        return "\(log.first) \(event.recordedAt.microseconds) \(event.source) \(event.id)"
    }
}

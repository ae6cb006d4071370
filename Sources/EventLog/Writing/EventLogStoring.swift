internal import JourneyModel
internal import Synchronization

/// How commits get to the disk: small ones by way of the journal, others into the live epoch at once. Runs on the writer's thread.
extension EventLog {
    /// Opens the journal, as far as there can be one: without it every commit takes two flushes, which is slower, and right.
    func openJournal(_ found: JournalContent, _ state: inout CommitState) {
        var found = found
        if !found.chunks.isEmpty, Epoch.size(journalPath) != Journal.capacity {
            // One of an older version will be made anew, so what it has goes into the epoch first.
            storeAtLeisure(&state)
            guard recent.bytes == 0 else { return }
            found = found.emptied
        }
        state.journal = try? Journal(path: journalPath, key: epochs.log.hashKey.0, found, epochBytes: options.epochBytes)
    }

    /// Writes a commit durably.
    func write(_ chunk: RecordChunk, _ state: inout CommitState) throws(LogError) {
        guard chunk.count > 0 else { return }
        let known = state.journaledSymbols
        if try writeToJournal(chunk, &state) {
            state.journaledSymbols = state.symbols.count
            recent.append(chunk)
        } else {
            try store(chunk, &state)
        }
        if state.symbols.count > known { symbols.withLock { $0 = state.symbols } }
    }

    /// - Returns: false where the journal has no room for it.
    private func writeToJournal(_ chunk: RecordChunk, _ state: inout CommitState) throws(LogError) -> Bool {
        guard state.journal?.takes(chunk) == true else { return false }
        let names = (state.journaledSymbols..<state.symbols.count).map { (UInt32($0), state.symbols.withBytes(UInt32($0)) { $0.bytes() }) }
        if try state.journal?.write(chunk, names: names) == true { return true }
        // Where the other half is still being moved, there is nowhere to go on.
        try takeMoved(&state, waits: true)
        guard moveOn(&state) else { return false }
        return try state.journal?.write(chunk, names: names) == true
    }

    /// Has what is in the journal moved into the live epoch, and goes on in its other half.
    ///
    /// - Returns: false where the other half is not free.
    func moveOn(_ state: inout CommitState) -> Bool {
        guard state.moving == nil, state.journal?.canTurn == true, let live = epochs.all.last else { return false }
        state.journal?.turn()
        state.moving = mover.move(
            JournalMover.Load(epoch: live, chunks: recent.chunks, symbols: state.symbols, storedSymbols: state.storedSymbols))
        return true
    }

    /// Takes note of what was moved.
    ///
    /// - Parameter waits: whether to wait for what is still being moved.
    /// - Throws: ``LogError/readOnly(_:)`` where the device failed. What found no room is in the journal as before.
    func takeMoved(_ state: inout CommitState, waits: Bool) throws(LogError) {
        guard let moving = state.moving, waits || moving.isHere, let result = moving.wait() else { return }
        state.moving = nil
        switch result {
        case .success(let symbols):
            state.storedSymbols = symbols
            state.journal?.freeOther()
        case .failure(.readOnly(let reason)): throw .readOnly(reason)
        case .failure: break
        }
    }

    /// Moves what is in the journal, and `chunk` behind it, into the live epoch, durably.
    func store(_ chunk: RecordChunk?, _ state: inout CommitState) throws(LogError) {
        try takeMoved(&state, waits: true)
        let chunks = recent.chunks + [chunk].compactMap(\.self)
        guard let last = chunks.last?.last else { return }
        guard let live = epochs.all.last else { throw .closed }
        try store(JournalMover.Load(epoch: live, chunks: chunks, symbols: state.symbols, storedSymbols: state.storedSymbols))
        precondition(recent.stored == last)
        (state.storedSymbols, state.journaledSymbols) = (state.symbols.count, state.symbols.count)
        state.journal?.restart()
    }

    /// Has the journal moved on, as nothing else comes.
    func moveOnAtLeisure(_ state: inout CommitState) {
        if let moving = state.moving, !moving.isHere { return }
        do throws(LogError) { try takeMoved(&state, waits: false) } catch { return latch(error) }
        if recent.bytes > 0, !moveOn(&state) { storeAtLeisure(&state) }
    }

    /// Moves the journal on while nobody waits. What cannot be done now, as the disk is full, is tried again.
    func storeAtLeisure(_ state: inout CommitState) {
        do throws(LogError) {
            // Whoever has it moved on relies on it that nothing is being moved any more.
            try takeMoved(&state, waits: true)
            if readOnlyReason == nil { try store(nil, &state) }
        } catch {
            latch(error)
        }
    }

    /// Takes no more events where the device failed.
    func latch(_ error: LogError) {
        if case .readOnly(let reason) = error { latched.withLock { $0 = reason } }
    }
}

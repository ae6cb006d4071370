internal import JourneyModel

/// What a journal holds that is in no epoch yet.
struct JournalContent {
    private(set) var chunks: [RecordChunk] = []
    private(set) var names: [(number: UInt32, text: [UInt8])] = []
    /// Where in the file the half begins that was written last, where in it the next frame goes, and of which generation that is.
    private(set) var start = 0
    private(set) var end = 0
    private(set) var generation: UInt64 = 1
    /// Whether the other half has nothing of it.
    private(set) var isInOneHalf = true
    /// What of it cannot be read, if so, and what to do.
    private(set) var damage: String?

    /// Frames of one generation from the beginning of a half on.
    private struct Run {
        let start: Int
        var frames: [JournalFrame] = []
        var generation: UInt64 { frames.first?.generation ?? 0 }

        init(_ bytes: [UInt8], at start: Int, key: UInt64) {
            self.start = start
            var offset = start
            while let frame = JournalFrame(bytes, at: offset, key: key), frames.isEmpty || frame.generation == generation {
                frames.append(frame)
                offset += frame.size
            }
        }
    }

    /// A journal that is not there.
    init() {}

    /// Reads the journal at `path`.
    ///
    /// A frame that is not whole is the end: a crash cut it off before it was acknowledged. One that is followed by others is damage.
    /// - Parameter stored: the last position that is in an epoch.
    init(path: String, key: UInt64, after stored: Position) throws(LogError) {
        guard let bytes = try Descriptor(path)?.readAll() else { return }
        // Journals had one half once.
        let starts = bytes.count > Journal.half ? [0, Journal.half] : [0]
        let runs = starts.map { Run(bytes, at: $0, key: key) }.sorted { $0.generation < $1.generation }
        var last = stored
        // By half, what was walked.
        var ends: [Int: Int] = [:]
        for run in runs {
            let (before, begin) = (chunks.count, last)
            var end = 0
            for frame in run.frames {
                if frame.chunk.first == last + 1 {
                    chunks.append(frame.chunk)
                    names += frame.names
                    last = frame.chunk.last
                } else if frame.chunk.last > stored {
                    break
                }
                end += frame.size
            }
            ends[run.start] = end
            generation = max(generation, run.generation)
            if chunks.count > before {
                isInOneHalf = begin == stored
                (start, self.end) = (run.start, end)
            }
        }
        findDamage(path, bytes, key, ends, behind: last)
        // What is begun anew must not be taken for what was there.
        if chunks.isEmpty { (start, end, generation) = (0, 0, generation + 1) }
    }

    /// Looks for commits behind those that were read: an older generation ends before what is stored, and whatever is beyond was acknowledged
    /// behind something that is not there.
    private mutating func findDamage(_ path: String, _ bytes: [UInt8], _ key: UInt64, _ ends: [Int: Int], behind last: Position) {
        for (start, end) in ends {
            let limit = ends.count > 1 ? start + Journal.half : bytes.count
            for offset in stride(from: start + end, to: limit, by: JournalFrame.alignment) {
                guard let frame = JournalFrame(bytes, at: offset, key: key) else { continue }
                if frame.chunk.last > last {
                    damage =
                        "\(path) is damaged: position \(last + 1) is missing, and \(frame.chunk.first) to \(frame.chunk.last) are there;"
                        + " keep a copy of it, and restore the log from a backup"
                }
                generation = max(generation, frame.generation)
            }
        }
    }

    /// What is left when all of it was moved into an epoch.
    var emptied: JournalContent {
        var content = JournalContent()
        content.generation = generation + 1
        return content
    }
}

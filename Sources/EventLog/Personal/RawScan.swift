internal import FoundationEssentials
internal import Glibc
internal import JourneyModel

/// Looks for texts in the raw bytes of every file below a directory: the proof that what was erased is nowhere left.
///
/// About a nanosecond a byte; memory is the patterns and one buffer.
package struct RawScan: Sendable {
    /// Shorter texts are not looked for: they would be found by chance.
    package static let minimumLength = 5
    private static let maximumPatterns = 100_000
    private static let bufferSize = 1 << 20

    /// What a text is.
    package enum Kind: String, Sendable {
        case value, name, key
    }

    /// Texts to look for.
    package struct Patterns: Sendable {
        fileprivate var byStart: [UInt32: [(bytes: [UInt8], kind: Kind)]] = [:]
        fileprivate var starts = [Bool](repeating: false, count: 1 << 16)
        fileprivate var longest = 0
        private var known: Set<[UInt8]> = []

        /// How many there are.
        package var count: Int { known.count }

        package init() {}

        /// Adds a text, unless it is too short to mean anything.
        package mutating func add(_ bytes: [UInt8], _ kind: Kind) {
            guard bytes.count >= RawScan.minimumLength, known.count < RawScan.maximumPatterns, known.insert(bytes).inserted else { return }
            let start = RawScan.start(bytes.span, 0)
            byStart[start, default: []].append((bytes, kind))
            starts[RawScan.slot(start)] = true
            longest = max(longest, bytes.count)
        }

        /// Adds the texts in a JSON value: its strings, or itself where it is a number.
        mutating func add(json: Span<UInt8>) {
            var index = 0
            // Both were checked when they came in.
            switch json[0] {
            case UInt8(ascii: "{"):
                try? JSONScanner.members(json, &index, depth: 0) { (_, index) throws(JSONFault) in try add(next: json, &index) }
            case UInt8(ascii: "["):
                try? JSONScanner.elements(json, &index, depth: 0) { (_, index) throws(JSONFault) in try add(next: json, &index) }
            case UInt8(ascii: "\""): add(json.extracting(1..<(json.count - 1)).bytes(), .value)
            default: add(json.bytes(), .value)
            }
        }

        private mutating func add(next json: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
            let start = index
            try JSONScanner.skipValue(json, &index)
            // Numbers and words inside of an object are found by chance.
            if json[start] == UInt8(ascii: "\"") || json[start] == UInt8(ascii: "{") || json[start] == UInt8(ascii: "[") {
                add(json: json.extracting(start..<index))
            }
        }
    }

    /// A text that was found.
    package struct Find: Equatable, Sendable {
        package let file: String
        package let offset: Int
        package let kind: Kind

        package init(file: String, offset: Int, kind: Kind) {
            (self.file, self.offset, self.kind) = (file, offset, kind)
        }
    }

    private let patterns: Patterns

    package init(_ patterns: Patterns) {
        self.patterns = patterns
    }

    /// Reads every file below `directory` but LMDB's lock files, which hold nothing of the data and must not be opened beside it.
    ///
    /// - Parameter progress: called after each file with its path, its size and what was found in it; returns whether to go on.
    package func run(_ directory: String, _ progress: (_ file: String, _ bytes: Int, _ finds: [Find]) -> Bool) {
        guard let files = try? FileManager.default.subpathsOfDirectory(atPath: directory) else { return }
        for file in files.sorted() where !file.hasSuffix("lock.mdb") {
            var finds: [Find] = []
            // What is removed meanwhile is not there any more.
            guard let size = read(directory + "/" + file, { offset, kind in finds.append(Find(file: file, offset: offset, kind: kind)) })
            else { continue }
            guard progress(file, size, finds) else { return }
        }
    }

    private func read(_ path: String, _ found: (Int, Kind) -> Void) -> Int? {
        var status = stat()
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let overlap = max(patterns.longest, 4) - 1
        var buffer = [UInt8](repeating: 0, count: RawScan.bufferSize + overlap)
        var (kept, offset) = (0, 0)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe pread(descriptor, bytes.baseAddress.map { unsafe $0 + kept }, RawScan.bufferSize, off_t(offset + kept))
            }
            let end = kept + max(0, count)
            // At the end of the file the rest is looked at as well; before it, what begins there is seen whole with the next bytes.
            let isLast = count <= 0
            look(buffer.span.extracting(0..<end), starts: isLast ? end : max(0, end - overlap)) { place, kind in found(offset + place, kind)
            }
            guard !isLast else { return offset + end }
            kept = min(overlap, end)
            offset += end - kept
            for place in 0..<kept { buffer[place] = buffer[end - kept + place] }
        }
    }

    private func look(_ bytes: Span<UInt8>, starts end: Int, _ found: (Int, Kind) -> Void) {
        let last = min(end, bytes.count - 3)
        guard last > 0 else { return }
        let table = patterns.starts.span
        var window = RawScan.start(bytes, 0) << 8
        for place in 0..<last {
            window = window >> 8 | UInt32(bytes[place + 3]) << 24
            guard table[RawScan.slot(window)], let candidates = patterns.byStart[window] else { continue }
            for (pattern, kind) in candidates where place + pattern.count <= bytes.count {
                let isSame = pattern.indices.allSatisfy { pattern[$0] == bytes[place + $0] }
                if isSame { found(place, kind) }
            }
        }
    }

    private static func start(_ bytes: Span<UInt8>, _ place: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
    }

    private static func slot(_ start: UInt32) -> Int { Int((start &* 0x9E37_79B1) >> 16) }
}

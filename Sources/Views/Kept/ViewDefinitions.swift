internal import EventLog
internal import FoundationEssentials
internal import Glibc
internal import JourneyModel
internal import Questions

/// The definitions of kept views in `DIR/definitions`: a JSON file a view, replaced in one step, which a crash leaves as it was or as it is to be.
///
/// They are no derived data: unlike all in `DIR/views` they cannot be made again from the log.
struct ViewDefinitions: Sendable {
    /// A view as it is stored.
    struct Stored: Sendable {
        struct Version: Sendable {
            let number: Int
            let created: Timestamp
            /// The question as it was put.
            let question: JSONValue
        }

        var name: String
        /// The version that answers; zero where none has been live yet.
        var current: Int
        var versions: [Version]
        /// As they were put; null for none.
        var alerts = JSONValue.null
    }

    private let directory: String

    init(_ directory: DataDirectory) throws(LogError) {
        self.directory = try directory.directory("definitions")
    }

    /// All that are stored.
    ///
    /// - Throws: where one cannot be read: what it says must not be lost by writing it anew.
    func load() throws(LogError) -> [Stored] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw .unusable("cannot read \(directory)")
        }
        var all: [Stored] = []
        for name in names.sorted() where name.hasSuffix(".json") {
            let path = "\(directory)/\(name)"
            guard let bytes = FileManager.default.contents(atPath: path), let value = ViewDefinitions.json(Array(bytes)),
                let stored = Stored(value, name: String(name.dropLast(5)))
            else { throw .unusable("\(path) is not the definition of a view; put it aside to start without it") }
            all.append(stored)
        }
        return all
    }

    private static func json(_ bytes: [UInt8]) -> JSONValue? { try? JSONValue(bytes.span) }

    /// Stores a view durably.
    func save(_ view: Stored) throws(LogError) {
        let path = "\(directory)/\(view.name).json"
        let bytes = view.json
        let descriptor = unsafe open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable("cannot write \(path).new: \(unsafe String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count, fsync(descriptor) == 0 else {
            throw .full("\(path).new: \(unsafe String(cString: strerror(errno)))")
        }
        guard unsafe rename(path + ".new", path) == 0 else {
            throw .unusable("cannot write \(path): \(unsafe String(cString: strerror(errno)))")
        }
        try DataDirectory.flush(directory)
    }

    /// Forgets a view, durably.
    func remove(_ name: String) throws(LogError) {
        unsafe unlink("\(directory)/\(name).json")
        try DataDirectory.flush(directory)
    }
}

extension ViewDefinitions.Stored {
    init?(_ value: JSONValue, name: String) {
        guard let current = value["current"]?.integer, let list = value["versions"]?.elements, !list.isEmpty else { return nil }
        var versions: [Version] = []
        for element in list {
            guard let number = element["version"]?.integer, let created = element["created"]?.text.flatMap({ Timestamp($0) }),
                let question = element["question"]
            else { return nil }
            versions.append(Version(number: number, created: created, question: question))
        }
        self.init(name: name, current: current, versions: versions, alerts: value["alerts"] ?? .null)
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("current", current)
            writer.key("alerts")
            alerts.write(to: &writer)
            writer.key("versions")
            writer.array { writer in
                for version in versions {
                    writer.object { writer in
                        writer.member("version", version.number)
                        writer.member("created", version.created.text)
                        writer.key("question")
                        version.question.write(to: &writer)
                    }
                }
            }
        }
        return writer.bytes + [10]
    }
}

internal import Glibc
internal import JourneyModel

/// The events of a spool that the daemon will never take, one JSON text a line, for a person to look at.
///
///     {"at":"…","code":"invalid-event","detail":"…","event":{…}}
///
/// After a crash an event may stand in it twice.
struct RejectedFile: Sendable {
    private let path: String
    private let oldPath: String
    private let limit: Int
    private var file: SpoolFile
    private var size: Int

    init(_ options: SpoolOptions) throws(EmitterError) {
        path = options.directory + "/rejected.ndjson"
        oldPath = options.directory + "/rejected.old.ndjson"
        limit = options.rejectedBytes
        file = try SpoolFile(path)
        size = try file.size()
    }

    mutating func append(_ events: [RejectedEvent]) throws(EmitterError) {
        var bytes: [UInt8] = []
        for event in events { bytes += RejectedFile.line(event) }
        if size > 0, size + bytes.count > limit {
            guard unsafe rename(path, oldPath) == 0 else { throw SpoolFile.fault(path) }
            file = try SpoolFile(path)
            size = 0
        }
        try file.write(bytes, at: size)
        size += bytes.count
    }

    private static func line(_ event: RejectedEvent) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("at", Timestamp.now.text)
            writer.member("code", event.code)
            writer.member("detail", event.detail)
            writer.key("event")
            let isJSON = (try? JSONValue(event.json.span)) != nil
            if isJSON { writer.raw(event.json.span) } else { writer.string(String(decoding: event.json, as: UTF8.self)) }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

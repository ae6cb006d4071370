internal import JourneyModel

/// Writes OCEL 2.0 as JSON: subjects and accounts are the objects, their kinds the types of objects.
///
/// Events are written as they come; the types and the objects behind them, when all are known. Memory: some 100 bytes an object.
struct OCELWriter: ExportWriter {
    var bytes: [UInt8] = []
    private var isFirst = true
    private var objects: Set<String> = []
    // By type of event, by attribute, its type.
    private var types: [String: [String: String]] = [:]

    mutating func begin() {
        write("{\"events\":[\n")
    }

    mutating func add(_ journey: String, _ events: [ExportedEvent]) {
        for event in events {
            if !isFirst { write(",\n") }
            isFirst = false
            let related = [(id: event.stored.subject, qualifier: "subject")] + (event.stored.account.map { [($0, "account")] } ?? [])
            for (id, _) in related { objects.insert(id) }
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("id", String(event.stored.position))
                writer.member("type", event.activity)
                writer.member("time", event.stored.time.text)
                writer.key("attributes")
                writer.array { writer in
                    if let resource = event.resource { add("resource", .text(resource), of: event, to: &writer) }
                    add("source", .text(event.stored.source), of: event, to: &writer)
                    add("sourceId", .text(event.stored.id), of: event, to: &writer)
                    for (name, value) in event.attributes { add("data.\(name)", value, of: event, to: &writer) }
                }
                writer.key("relationships")
                writer.array { writer in
                    for (id, qualifier) in related {
                        writer.object { writer in
                            writer.member("objectId", id)
                            writer.member("qualifier", qualifier)
                        }
                    }
                }
            }
            bytes += writer.bytes
        }
    }

    mutating func end() {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("eventTypes")
            writer.array { writer in
                for (name, attributes) in types.sorted(by: { $0.key < $1.key }) {
                    OCELWriter.write(type: name, attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: &writer)
                }
            }
            writer.key("objectTypes")
            writer.array { writer in
                for kind in Set(objects.map(OCELWriter.kind)).sorted() { OCELWriter.write(type: kind, [], to: &writer) }
            }
            writer.key("objects")
            writer.array { writer in
                for id in objects.sorted() {
                    writer.object { writer in
                        writer.member("id", id)
                        writer.member("type", OCELWriter.kind(id))
                    }
                }
            }
        }
        write("\n],")
        // The members of one object: the events were its first.
        bytes += writer.bytes.dropFirst()
        write("\n")
    }

    private mutating func add(_ name: String, _ value: ExportedEvent.Value, of event: ExportedEvent, to writer: inout JSONWriter) {
        let type: String =
            switch value {
            case .text: "string"
            case .integer: "integer"
            case .number: "float"
            case .bool: "boolean"
            }
        let known = types[event.activity, default: [:]][name]
        types[event.activity, default: [:]][name] = known == nil || known == type ? type : OCELWriter.wider(known, type)
        writer.object { writer in
            writer.member("name", name)
            writer.key("value")
            switch value {
            case .text(let text): writer.string(text)
            case .integer(let integer): writer.number(integer)
            case .number(let number): writer.number(number)
            case .bool(let flag): writer.bool(flag)
            }
        }
    }

    private static func wider(_ left: String?, _ right: String) -> String {
        Set([left, right]) == ["integer", "float"] ? "float" : "string"
    }

    private static func kind(_ subject: String) -> String {
        String(subject.prefix { $0 != ":" })
    }

    private static func write(type name: String, _ attributes: [(name: String, type: String)], to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", name)
            writer.key("attributes")
            writer.array { writer in
                for (name, type) in attributes {
                    writer.object { writer in
                        writer.member("name", name)
                        writer.member("type", type)
                    }
                }
            }
        }
    }
}

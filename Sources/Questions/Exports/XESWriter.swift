internal import JourneyModel

/// Writes XES, IEEE 1849-2016: a trace a journey, with the activity as `concept:name`.
struct XESWriter: ExportWriter {
    var bytes: [UInt8] = []

    mutating func begin() {
        write(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
            <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
            <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
            <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
            <global scope="trace"><string key="concept:name" value=""/></global>
            <global scope="event"><string key="concept:name" value=""/><date key="time:timestamp" value="1970-01-01T00:00:00Z"/></global>
            <classifier name="Activity" keys="concept:name"/>

            """)
    }

    mutating func add(_ journey: String, _ events: [ExportedEvent]) {
        write("<trace>")
        attribute("string", "concept:name", journey)
        for event in events {
            write("<event>")
            attribute("string", "concept:name", event.activity)
            attribute("date", "time:timestamp", event.stored.time.text)
            if let resource = event.resource { attribute("string", "org:resource", resource) }
            attribute("int", "position", String(event.stored.position))
            attribute("string", "type", event.stored.type)
            attribute("string", "subject", event.stored.subject)
            if let account = event.stored.account { attribute("string", "account", account) }
            attribute("string", "source", event.stored.source)
            attribute("string", "id", event.stored.id)
            for (name, value) in event.attributes { attribute(XESWriter.kind(value), "data.\(name)", value.text) }
            write("</event>")
        }
        write("</trace>\n")
    }

    mutating func end() {
        write("</log>\n")
    }

    private static func kind(_ value: ExportedEvent.Value) -> String {
        switch value {
        case .text: "string"
        case .integer: "int"
        case .number: "float"
        case .bool: "boolean"
        }
    }

    private mutating func attribute(_ kind: String, _ key: String, _ value: String) {
        write("<\(kind) key=\"")
        escape(key)
        write("\" value=\"")
        escape(value)
        write("\"/>")
    }

    /// Writes text as the value of an XML attribute. What XML 1.0 has no way to write becomes U+FFFD.
    private mutating func escape(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": write("&amp;")
            case "<": write("&lt;")
            case ">": write("&gt;")
            case "\"": write("&quot;")
            // Unescaped, a reader makes spaces of these.
            case "\t", "\n", "\r": write("&#\(scalar.value);")
            default:
                let isWritable = scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
                bytes.append(contentsOf: String(isWritable ? scalar : "\u{FFFD}").utf8)
            }
        }
    }
}

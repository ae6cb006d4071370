/// The upcasters of the event types whose `data` has had more than one version.
///
/// An event says the version of its data by CloudEvents' attribute `dataschema`: `urn:journeyd:event:TYPE:N`. One that names none of
/// these is of version 1, for ever: what was stored before there was a second version must not become one of it.
package struct Upcasters: Sendable {
    private let byType: [String: Upcaster]
    /// What they are declared as, to tell whether two programs read alike.
    package let canonicalText: [UInt8]

    /// None: every type has one version.
    package init() {
        byType = [:]
        canonicalText = []
    }

    /// - Parameter declared: what the schemas of types declare as `x-upcasts`.
    /// - Throws: a ``Violation`` that points at what is not a step, or would leave something personal in the clear.
    package init(_ declared: [(type: String, value: JSONValue, schema: Schema)]) throws(Violation) {
        var byType: [String: Upcaster] = [:]
        for (type, value, schema) in declared {
            let upcaster = try Upcaster(value, at: "\(type)/x-upcasts")
            try upcaster.checkPersonal(schema, at: "\(type)/x-upcasts")
            byType[type] = upcaster
        }
        self.byType = byType
        canonicalText = JSONValue.object(declared.map { JSONValue.Member(name: $0.type, value: $0.value) }).canonicalText
    }

    /// Whether there are none.
    package var isEmpty: Bool { byType.isEmpty }

    /// The upcaster of a type, or nil where its data has one version only.
    package subscript(type: String) -> Upcaster? { byType[type] }

    /// The name of a version of a type's data.
    package static func name(_ type: String, version: Int) -> String {
        "urn:journeyd:event:\(type)" + (version == 1 ? "" : ":\(version)")
    }

    /// The version that `dataschema` names; nil where it names none of the type's.
    package static func version(_ dataschema: String?, of type: String) -> Int? {
        guard let dataschema, dataschema.hasPrefix(name(type, version: 1)) else { return nil }
        let rest = dataschema.dropFirst(name(type, version: 1).count)
        if rest.isEmpty { return 1 }
        guard rest.first == ":", let version = Int(rest.dropFirst()), version > 0 else { return nil }
        return version
    }
}

extension Upcaster {
    /// The extension attributes and the data of a stored event in the current version.
    ///
    /// - Parameters:
    ///   - extensions: JSON members with commas between them.
    ///   - data: a JSON object, or nothing.
    /// - Returns: nil where it is of the current version already, or of one that this program does not know.
    /// - Complexity: O(bytes), a few microseconds.
    package func current(_ type: String, extensions: [UInt8], data: [UInt8]) -> (extensions: [UInt8], data: [UInt8])? {
        let members = [UInt8(ascii: "{")] + extensions + [UInt8(ascii: "}")]
        let object = data.isEmpty ? Array("{}".utf8) : data
        // Both are JSON: they passed the reader before they were stored.
        guard let attributes = try? JSONValue(members.span), let value = try? JSONValue(object.span) else { return nil }
        let stored = Upcasters.version(attributes["dataschema"]?.text, of: type) ?? 1
        guard stored < version else { return nil }
        let name = JSONValue.Member(name: "dataschema", value: .string(Upcasters.name(type, version: version)))
        let others = attributes.members?.filter { $0.name != name.name } ?? []
        var writer = JSONWriter()
        JSONValue.object(others + [name]).write(to: &writer)
        var dataWriter = JSONWriter()
        current(value, from: stored).write(to: &dataWriter)
        let isNothing = data.isEmpty && dataWriter.bytes == object
        return (Array(writer.bytes.dropFirst().dropLast()), isNothing ? [] : dataWriter.bytes)
    }
}

/// How `data` of an older version of an event type is turned into the current version's, as the type's schema declares it:
///
///     "x-upcasts": [
///       [{"move": "/prev_owner", "to": "/owner/previous"}, {"default": "/channel", "value": "unknown"}],
///       [{"set": "/unit", "value": "seat"}, {"remove": "/legacy"}]
///     ]
///
/// The first list leads from version 1 to 2, the second from 2 to 3: the current version is one more than there are lists. Places are
/// JSON Pointers (RFC 6901) to members of objects. `move` takes a value elsewhere, which renames or nests it; `default` adds one where there is
/// none; `set` makes it this one; `remove` leaves it out. What is stored never changes.
package struct Upcaster: Sendable {
    /// One change, in the order of the list.
    private enum Step: Sendable {
        case move([String], to: [String])
        case setDefault([String], JSONValue)
        case set([String], JSONValue)
        case remove([String])
    }

    private static let maximumVersions = 100
    private static let maximumSteps = 64
    private static let maximumDepth = 8

    /// The version that events are turned into.
    package let version: Int
    private let upcasts: [[Step]]

    /// Reads what a schema declares.
    ///
    /// - Throws: a ``Violation`` that points at what is not a step.
    package init(_ value: JSONValue, at pointer: String) throws(Violation) {
        guard let lists = value.elements, 1..<Upcaster.maximumVersions ~= lists.count else {
            throw Violation(pointer: pointer, detail: "is not a list of fewer than \(Upcaster.maximumVersions) versions")
        }
        var upcasts: [[Step]] = []
        for (index, list) in lists.enumerated() {
            guard let elements = list.elements, elements.count <= Upcaster.maximumSteps else {
                throw Violation(pointer: "\(pointer)/\(index)", detail: "is not a list of at most \(Upcaster.maximumSteps) steps")
            }
            var steps: [Step] = []
            for (number, element) in elements.enumerated() { steps.append(try Upcaster.step(element, at: "\(pointer)/\(index)/\(number)")) }
            upcasts.append(steps)
        }
        self.upcasts = upcasts
        version = lists.count + 1
    }

    private static func step(_ value: JSONValue, at pointer: String) throws(Violation) -> Step {
        let names = Set(value.members?.map(\.name) ?? [])
        func path(_ name: String) throws(Violation) -> [String] {
            guard let text = value[name]?.text, text.hasPrefix("/"), text.utf8.count > 1 else {
                throw Violation(pointer: "\(pointer)/\(name)", detail: "is not a JSON Pointer such as /owner/name")
            }
            let path = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(unescaped)
            guard path.count <= maximumDepth else {
                throw Violation(pointer: "\(pointer)/\(name)", detail: "is deeper than \(maximumDepth) members")
            }
            return path
        }
        switch (names, value["value"]) {
        case (["move", "to"], _): return .move(try path("move"), to: try path("to"))
        case (["default", "value"], .some(let value)): return .setDefault(try path("default"), value)
        case (["set", "value"], .some(let value)): return .set(try path("set"), value)
        case (["remove"], _): return .remove(try path("remove"))
        default:
            throw Violation(pointer: pointer, detail: "is none of {move, to}, {default, value}, {set, value}, {remove}")
        }
    }

    private static func unescaped(_ segment: Substring) -> String {
        segment.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
            .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
    }

    /// What is personal is sealed when it is stored, under the name that it has then: the schema must go on declaring old names as personal.
    func checkPersonal(_ schema: Schema, at pointer: String) throws(Violation) {
        for (index, steps) in upcasts.enumerated() {
            for (number, step) in steps.enumerated() {
                guard case .move(let from, let to) = step, schema.isPersonal(at: to), !schema.isPersonal(at: from) else { continue }
                throw Violation(
                    pointer: "\(pointer)/\(index)/\(number)",
                    detail: "moves something personal from a place that the schema does not declare as x-personal")
            }
        }
    }

    /// The data of an event of `version` as that of the current one. O(data).
    package func current(_ data: JSONValue, from version: Int) -> JSONValue {
        var data = data
        for steps in upcasts.dropFirst(version - 1) {
            for step in steps {
                switch step {
                case .move(let from, let to):
                    guard let value = data[path: from] else { continue }
                    data = data.replacing(from[...], with: nil).replacing(to[...], with: value)
                case .setDefault(let path, let value): if data[path: path] == nil { data = data.replacing(path[...], with: value) }
                case .set(let path, let value): data = data.replacing(path[...], with: value)
                case .remove(let path): data = data.replacing(path[...], with: nil)
                }
            }
        }
        return data
    }
}

extension JSONValue {
    fileprivate subscript(path path: [String]) -> JSONValue? {
        path.reduce(self) { (value: JSONValue?, name) in value?[name] }
    }

    /// This value with another one, or none, at a place; objects on the way are made. What is not an object has no such place and stays.
    fileprivate func replacing(_ path: ArraySlice<String>, with value: JSONValue?) -> JSONValue {
        guard let name = path.first else { return value ?? self }
        guard case .object(var members) = self else { return self }
        let place = members.firstIndex { $0.name == name }
        let isLast = path.count == 1
        switch (place, value) {
        case (nil, nil): return self
        case (let place?, nil) where isLast: members.remove(at: place)
        case (let place?, _):
            members[place] = Member(name: name, value: members[place].value.replacing(path.dropFirst(), with: value))
        case (nil, let value?):
            members.append(Member(name: name, value: isLast ? value : JSONValue.object([]).replacing(path.dropFirst(), with: value)))
        }
        return .object(members)
    }
}

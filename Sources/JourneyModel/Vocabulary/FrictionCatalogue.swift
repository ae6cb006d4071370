/// Frictions between events of the catalogue, beside those that the stage map tells: the shipped `schemas/frictions.json`.
package struct FrictionCatalogue: Sendable {
    /// What both kinds have.
    package struct Place: Sendable {
        package let name: String
        /// The departments between which it is, and what it is about.
        package let from: Department
        package let to: Department
        package let stage: String
        package let side: StageMap.Side
    }

    /// The time from one kind of event to another.
    package struct Wait: Sendable {
        package let place: Place
        /// Whether both must be of one subject, or only of one journey.
        package let isOfSubject: Bool
        /// Kinds of events as questions have them: `type`, `where` or both.
        package let starts: JSONValue
        package let ends: JSONValue
        package let cancels: JSONValue?
    }

    /// Of the journeys with one kind of event those that have another from then on.
    package struct Rate: Sendable {
        package let place: Place
        package let base: JSONValue
        package let again: JSONValue
    }

    package let waits: [Wait]
    package let rates: [Rate]

    /// The one the program was built with.
    ///
    /// - Throws: where the shipped file cannot be read, which the tests rule out.
    package static func shipped() throws(Violation) -> FrictionCatalogue {
        guard let file = EmbeddedSchemas.files.first(where: { $0.path == "frictions.json" }) else {
            throw Violation(pointer: "", detail: "frictions.json is missing")
        }
        do throws(JSONFault) {
            return try FrictionCatalogue(JSONValue(text: file.text))
        } catch {
            throw Violation(pointer: "", detail: "frictions.json, byte \(error.offset): \(error.reason)")
        }
    }

    /// Reads a catalogue; what cannot be understood is left out, which ``shipped()``'s tests rule out.
    package init(_ value: JSONValue) {
        waits = (value["waits"]?.elements ?? []).compactMap { wait in
            guard let place = Place(wait), let starts = wait["starts"], let ends = wait["ends"], let of = wait["of"]?.text else {
                return nil
            }
            return Wait(place: place, isOfSubject: of == "subject", starts: starts, ends: ends, cancels: wait["cancels"])
        }
        rates = (value["rates"]?.elements ?? []).compactMap { rate in
            guard let place = Place(rate), let base = rate["base"], let again = rate["again"] else { return nil }
            return Rate(place: place, base: base, again: again)
        }
    }
}

extension FrictionCatalogue.Place {
    fileprivate init?(_ value: JSONValue) {
        guard let name = value["name"]?.text, let stage = value["stage"]?.text,
            let from = value["from"]?.text.flatMap({ Department(name: $0) }), let to = value["to"]?.text.flatMap({ Department(name: $0) }),
            let side = value["side"]?.text.flatMap(StageMap.Side.init(rawValue:))
        else { return nil }
        self.init(name: name, from: from, to: to, stage: stage, side: side)
    }
}
